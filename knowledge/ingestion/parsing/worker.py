"""The process that parses: requests on standard input, results on standard output, JSON lines."""

import dataclasses
import json
import os
import resource
import sys
from pathlib import Path
from typing import TextIO

from knowledge.ingestion.parsing.formats import parser_of

MAX_MEMORY_BYTES = 2 * 1024**3


def main() -> None:
    """Answer requests until standard input ends; what a library prints goes nowhere."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for line in sys.stdin:
            _answer(json.loads(line), out)


def _answer(request: dict[str, str], out: TextIO) -> None:
    path = Path(request["path"])
    try:
        parsed = parser_of(path.name)(path.read_bytes())
        result: dict[str, object] = {"parsed": dataclasses.asdict(parsed)}
    except MemoryError:
        result = {"error": "needs more memory than a document may"}
    except ValueError as error:
        result = {"error": str(error)}
    except OSError as error:
        result = {"error": f"can't be read ({error.strerror})"}
    except Exception as error:  # noqa: BLE001 - a parser may raise anything on a hostile file
        result = {"error": f"is damaged ({type(error).__name__})"}
    out.write(json.dumps(result) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
