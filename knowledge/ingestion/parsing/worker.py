"""The process that parses: requests on standard input, results on standard output, JSON lines."""

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import TextIO

from knowledge.ingestion.parsing.confinement import allow_cpu, confine
from knowledge.ingestion.parsing.formats import parser_of
from knowledge.types import ParsedFile

_MAX_TEXT_CHARS = 20_000_000
_MAX_SECTIONS = 100_000


def main() -> None:
    """Answer requests until standard input ends; what a library prints goes nowhere."""
    confine()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for line in sys.stdin:
            _answer(json.loads(line), out)


def _answer(request: dict[str, str], out: TextIO) -> None:
    path = Path(request["path"])
    allow_cpu(int(request["cpu_s"]))
    try:
        parsed = parser_of(path.name)(path.read_bytes())
        _check_size(parsed)
        result: dict[str, object] = {"parsed": dataclasses.asdict(parsed)}
    except MemoryError:
        result = {"error": "needs more memory than a document may"}
    except RecursionError:
        result = {"error": "is nested too deeply"}
    except ValueError as error:
        result = {"error": str(error)}
    except OSError as error:
        result = {"error": f"can't be read ({error.strerror or type(error).__name__})"}
    except Exception as error:  # noqa: BLE001 - a parser may raise anything on a hostile file
        result = {"error": f"is damaged ({type(error).__name__})"}
    out.write(json.dumps(result) + "\n")
    out.flush()


def _check_size(parsed: ParsedFile) -> None:
    if sum(len(section.text) for section in parsed.sections) > _MAX_TEXT_CHARS:
        raise ValueError(f"holds more than {_MAX_TEXT_CHARS // 1_000_000} million characters")
    if len(parsed.sections) > _MAX_SECTIONS:
        raise ValueError(f"has more than {_MAX_SECTIONS:,} sections")


if __name__ == "__main__":
    main()
