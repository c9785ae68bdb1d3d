"""The program `citewell`; also `python -m bot`."""

import sys

import typer

from bot.cli import asking, checking, evaluating, ingesting, serving
from bot.errors import SettingsError, StartError
from bot.observability.logs import configure_logs
from knowledge.errors import IndexMismatchError, KnowledgeUnavailableError

citewell = typer.Typer(
    name="citewell",
    help="Answers from your own documents, with a source behind every claim.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for commands in (serving, asking, ingesting, checking, evaluating):
    commands.register(citewell)


def main() -> None:
    """Run the command line; what an operator can mend ends in one line each, never a traceback."""
    configure_logs("auto", "warning")
    try:
        citewell()
    except SettingsError as error:
        _end(*error.problems)
    except (StartError, IndexMismatchError) as error:
        _end(str(error))
    except KnowledgeUnavailableError:
        _end("the index did not answer; `citewell doctor` says what is wrong")
    except KeyboardInterrupt:
        sys.exit(130)


def _end(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(f"citewell: {line}\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
