"""The program `citewell`; also `python -m bot`."""

import importlib
import sys

import typer

from bot.errors import SettingsError, StartError
from bot.observability.logs import configure_logs
from knowledge.errors import IndexMismatchError, KnowledgeUnavailableError, SourceError

citewell = typer.Typer(
    name="citewell",
    help="Answers from your own documents, with a source behind every claim.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_HOMES = {
    "run": "running",
    "serve": "serving",
    "worker": "serving",
    "chat": "asking",
    "ask": "asking",
    "ingest": "ingesting",
    "search": "ingesting",
    "index": "indexing",
    "sources": "sources",
    "teams": "teams",
    "acl": "acl",
    "inbox": "inbox",
    "audit": "auditing",
    "why": "auditing",
    "forget": "forgetting",
    "config": "config",
    "doctor": "checking",
    "redact": "guarding",
    "guard": "guarding",
    "eval": "evaluating",
}


def main() -> None:
    """Run the command line; what an operator can mend ends in one line each, never a traceback."""
    configure_logs("auto", "warning")
    _add_commands(sys.argv[1:])
    try:
        citewell()
    except SettingsError as error:
        _end(*error.problems)
    except (StartError, IndexMismatchError, SourceError) as error:
        _end(str(error))
    except KnowledgeUnavailableError:
        _end("the index did not answer; `citewell doctor` says what is wrong")
    except KeyboardInterrupt:
        sys.exit(130)


def _add_commands(words: list[str]) -> None:
    """Add the command that is called, or all of them: the others' imports cost seconds."""
    citewell.callback()(lambda: None)  # a single command would have no name of its own
    called = _HOMES.get(words[0]) if words else None
    for home in [called] if called else dict.fromkeys(_HOMES.values()):
        importlib.import_module(f"bot.cli.{home}").register(citewell)


def _end(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"citewell: {line}\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
