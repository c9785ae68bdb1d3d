"""`citewell redact` and `citewell guard`: the running bot's guardrails on lines of JSON."""

import asyncio
import json
import re
import sys
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import Annotated, BinaryIO

import typer

from bot.cli.options import JsonOption
from bot.cli.standard_input import awaited_input, opened_input
from bot.guarding import Guards, guards_of
from bot.settings import load_settings
from guardrails.hidden import hidden_spans, without_spans
from guardrails.placeholders import mask
from guardrails.types import Placeholders

Line = dict[str, object]
Work = Callable[[Guards, Line, str], Awaitable[Line]]

_FORM = '{"id": "…", "text": "…"}'
_MAX_LINE_BYTES = 8 << 20
_MAX_TEXT_CHARS = 1_000_000  # spaCy's own limit, and minutes of work
_NO_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON may hold half of a pair; UTF-8 may not
_BOM = b"\xef\xbb\xbf"


class BadLineError(ValueError):
    """A line of standard input has not the form that is wanted; the message says which."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(redact)
    app.command()(guard)


def redact(*, as_json: JsonOption = False) -> None:
    """Mask personal data and secrets in standard input, line by line.

    With --json each line is {"id", "text"} and may have "names", a list of people who are known
    to take part, and "workspace", whose policy is meant; written are {"id", "text", "spans":
    [{"type", "start", "end"}]} with the masked text and offsets into the given one.
    """
    _run(_redacted, as_json=as_json, plain=lambda line: str(line["text"]))


def guard(
    *,
    as_json: JsonOption = False,
    document: Annotated[
        bool, typer.Option("--document", help="Judge the texts as passages of documents.")
    ] = False,
) -> None:
    """Say what the guardrails make of each line of standard input, as a question to the bot.

    With --json each line is {"id", "text"} and may have "document": true; written are
    {"id", "verdicts": [{"kind", "action", "reason"}]}.
    """

    async def judged(guards: Guards, line: Line, text: str) -> Line:
        is_document = bool(line.get("document", document))
        verdicts = await guards.judge(text, is_document=is_document, workspace=_workspace(line))
        return {
            "verdicts": [{"kind": v.kind, "action": v.action, "reason": v.reason} for v in verdicts]
        }

    _run(judged, as_json=as_json, plain=_said)


def _said(line: Line) -> str:
    verdicts = line["verdicts"]
    if not isinstance(verdicts, list) or not verdicts:
        return "nothing"
    return "; ".join(f"{v['action']} {v['kind']} ({v['reason']})" for v in verdicts)


def _run(work: Work, *, as_json: bool, plain: Callable[[Line], str]) -> None:
    bad = asyncio.run(_lines(work, as_json=as_json, plain=plain))
    raise typer.Exit(1 if bad else 0)


async def _lines(work: Work, *, as_json: bool, plain: Callable[[Line], str]) -> int:
    """Work through standard input, each line as it comes; return how many lines were bad."""
    guards = guards_of(load_settings())
    given = opened_input()
    bad = 0
    try:
        number = 0
        while raw := await awaited_input(partial(_next_line, given)):
            number += 1
            if not raw.strip():
                continue
            try:
                line, text = _read(raw, as_json=as_json)
            except BadLineError as error:
                bad += 1
                sys.stderr.write(f"citewell: line {number}: {error}\n")
                continue
            made = await work(guards, line, text)
            kept = {"id": line["id"]} if "id" in line else {}
            out = json.dumps({**kept, **made}, ensure_ascii=False) if as_json else plain(made)
            sys.stdout.buffer.write(_written(out) + b"\n")
            sys.stdout.flush()
    finally:
        await guards.detector.close()
    return bad


def _next_line(given: BinaryIO) -> bytes:
    """Return the next line with its end; of one that is too long only as much as shows that."""
    raw = given.readline(_MAX_LINE_BYTES + 1)
    rest = raw
    while len(rest) > _MAX_LINE_BYTES and not rest.endswith(b"\n"):
        rest = given.readline(_MAX_LINE_BYTES + 1)
    return raw


def _written(line: str) -> bytes:
    """Return UTF-8, with what it can't hold as the escape that JSON has for it."""
    return _NO_CHARACTER.sub(lambda found: f"\\u{ord(found[0]):04x}", line).encode()


def _read(raw: bytes, *, as_json: bool) -> tuple[Line, str]:
    """Return the line and its text.

    Raises:
        BadLineError: It has not the form that is wanted.
    """
    if len(raw) > _MAX_LINE_BYTES:
        raise BadLineError(f"is longer than {_MAX_LINE_BYTES >> 20} MiB; split it")
    try:
        words = raw.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        raise BadLineError("is no UTF-8; convert it, and unpack what is gzipped") from None
    line = _object(words) if as_json else {}
    text = line.get("text") if as_json else words.rstrip("\r\n")
    if not isinstance(text, str):
        raise BadLineError(f"has no text; wanted is {_FORM}")
    if len(text) > _MAX_TEXT_CHARS:
        raise BadLineError(f"has more than {_MAX_TEXT_CHARS:,} characters of text; split it")
    return line, text


def _object(words: str) -> Line:
    try:
        line = json.loads(words, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadLineError(f"is no JSON; wanted is {_FORM}") from None
    if not isinstance(line, dict):
        raise BadLineError(f"has no text; wanted is {_FORM}")
    names = line.get("names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadLineError('"names" must be a list of strings')
    if not isinstance(line.get("workspace", ""), str):
        raise BadLineError('"workspace" must be a string')
    if not isinstance(line.get("document", False), bool):
        raise BadLineError('"document" must be true or false')
    return line


def _no_constant(name: str) -> object:
    raise ValueError(name)


async def _redacted(guards: Guards, line: Line, text: str) -> Line:
    hidden = hidden_spans(text)
    visible = without_spans(text, hidden)
    names = line.get("names")
    findings = await guards.detector.detect(
        visible, names=[str(name) for name in names] if isinstance(names, list) else ()
    )
    findings = guards.policies.of(_workspace(line)).masked(findings)
    place = _places(hidden)
    spans = [
        {"type": f.type, "start": place(f.start), "end": place(f.end - 1) + 1} for f in findings
    ]
    return {"text": mask(visible, findings, Placeholders()).text, "spans": spans}


def _workspace(line: Line) -> str:
    return str(line.get("workspace", ""))


def _places(hidden: Sequence[tuple[int, int]]) -> Callable[[int], int]:
    """Return what maps a place in the visible text to its place in the whole one."""
    removed = [0, *accumulate(end - start for start, end in hidden)]
    begins = [start - before for (start, _), before in zip(hidden, removed, strict=False)]
    return lambda place: place + removed[bisect_right(begins, place)]
