"""`citewell ingest` and `citewell search`: documents in, passages out."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.cli.options import JsonOption, ReaderOption, principals
from bot.settings import Settings, load_settings
from bot.steps.searching import READERS_IN_TERMINAL
from bot.types import Turn
from bot.wiring import Parts, open_parts
from guardrails.types import Placeholders
from knowledge.ingestion.pipeline import IngestReport
from knowledge.types import Passage, PersonalData, Principal

_PLAIN_EVERY = 25


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(ingest)
    app.command()(search)


def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH…", exists=True, readable=True, help="Files or folders."),
    ],
    *,
    url_template: Annotated[
        str | None,
        typer.Option(
            help="Where readers open a document, e.g. https://handbook.example/{page}/ "
            "({path}: the path below the given folder; {page}: the same without suffix and "
            "final index). Default: a file: link."
        ),
    ] = None,
    personal: Annotated[
        PersonalData,
        typer.Option(
            help="Personal data in the texts: mask it for good, flag it (masked on its way to a "
            "model), or keep it."
        ),
    ] = PersonalData.FLAG,
) -> None:
    """Index documents; files that did not change are skipped, those that are gone are removed."""
    report = asyncio.run(_ingest(load_settings(), paths, url_template, personal))
    print_report(report)
    raise typer.Exit(1 if report.failed else 0)


def search(
    question: Annotated[
        str | None, typer.Argument(help="Left out: questions as JSON lines on standard input.")
    ] = None,
    *,
    as_json: JsonOption = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many passages.")] = 6,
    reader: ReaderOption = None,
) -> None:
    """Show the passages that a question finds."""
    asyncio.run(_search(load_settings(), question, principals(reader), limit, as_json=as_json))


async def _ingest(
    settings: Settings, paths: list[Path], url_template: str | None, treat: PersonalData
) -> IngestReport:
    async with open_parts(settings) as parts:
        return await ingest_with_progress(parts, paths, url_template, treat=treat)


async def ingest_with_progress(
    parts: Parts,
    paths: list[Path],
    url_template: str | None,
    *,
    treat: PersonalData = PersonalData.FLAG,
) -> IngestReport:
    """Ingest with a progress bar on a terminal, and plain lines elsewhere."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        return await parts.ingest(paths, url_template, _plain_progress, treat=treat)
    columns = (TextColumn("Indexing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Indexing", total=None)
        return await parts.ingest(
            paths,
            url_template,
            lambda done, total, _: bar.update(task, completed=done, total=total),
            treat=treat,
        )


def _plain_progress(done: int, total: int, _document_id: str) -> None:
    if done == total or done % _PLAIN_EVERY == 0:
        sys.stderr.write(f"indexed {done} of {total}\n")


def print_report(report: IngestReport) -> None:
    """Print what was done, and one line for each file that could not be indexed."""
    for document_id, reason in report.failed:
        sys.stderr.write(f"not indexed: {document_id}: {reason}\n")
    for document_id in report.unsupported:
        sys.stderr.write(f"not supported: {document_id}\n")
    for document_id in report.empty:
        sys.stderr.write(f"nothing to index in: {document_id}\n")
    for document_id, chars in report.unseen:
        sys.stderr.write(f"{chars} characters that nobody sees left out: {document_id}\n")
    sys.stdout.write(
        f"{report.indexed} indexed, {report.unchanged} unchanged, {report.removed} removed, "
        f"{len(report.failed)} failed, {len(report.unsupported)} not supported, "
        f"{len(report.empty)} empty; "
        f"{report.chunks} passages in {report.seconds:.1f} s\n"
    )


async def _search(
    settings: Settings,
    question: str | None,
    also: frozenset[Principal],
    limit: int,
    *,
    as_json: bool,
) -> None:
    async with open_parts(settings, also=also) as parts:
        asked = _from_stdin() if question is None else iter([(None, question, ())])
        for name, text, history in asked:
            redaction = await parts.redactor.redact(text, Placeholders())
            rewritten = await parts.rewriter.rewrite(redaction.text, history)
            found = await parts.finder.find(
                rewritten.searched, readers=READERS_IN_TERMINAL | also, limit=limit
            )
            passages = found.passages
            if as_json:
                _print_json(name, text, passages)
            else:
                _print_passages(passages)


def _from_stdin() -> Iterator[tuple[str | None, str, tuple[Turn, ...]]]:
    """Yield id, question and history of each JSON line.

    Raises:
        typer.BadParameter: A line is neither a JSON string nor an object with a question.
    """
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            if isinstance(asked, str):
                yield None, asked, ()
            else:
                yield asked.get("id"), str(asked["question"]), turns(asked.get("history") or [])
        except (ValueError, KeyError, AttributeError) as error:
            raise typer.BadParameter(
                f'line {number} is not of the form {{"question": "…"}}'
            ) from error


def turns(history: list[dict[str, str]]) -> tuple[Turn, ...]:
    """Return a history of messages with `role` and `content` as turns."""
    paired: list[Turn] = []
    for message in history:
        if message["role"] == "user":
            paired.append(Turn(question=message["content"], answer=""))
        elif paired:
            paired[-1] = Turn(question=paired[-1].question, answer=message["content"])
    return tuple(paired)


def _print_json(name: str | None, question: str, passages: tuple[Passage, ...]) -> None:
    found = [
        {
            "document_id": passage.document_id,
            "url": passage.url,
            "title": passage.title,
            "heading": " > ".join(passage.heading_path),
            "score": round(passage.score, 4),
            "text": passage.text,
        }
        for passage in passages
    ]
    line: dict[str, object] = {"question": question, "passages": found}
    if name is not None:
        line = {"id": name, **line}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _print_passages(passages: tuple[Passage, ...]) -> None:
    console = Console(highlight=False)
    if not passages:
        console.print("Nothing was found.")
    for number, passage in enumerate(passages, start=1):
        path = " \u203a ".join((passage.title, *passage.heading_path))
        console.print(f"[{number}] {path}  ({passage.score:.3f})", style="bold", markup=False)
        console.print(f"    {passage.url}", style="dim", markup=False)
        console.print(f"    {' '.join(passage.text.split())[:200]}\n", markup=False)
