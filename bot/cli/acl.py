"""`citewell acl check`: which documents a person's question is answered from, and why."""

import asyncio
import json
import re
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from adapters.types import (
    Addressed,
    Audience,
    IncomingMessage,
    Person,
    ThreadId,
    Visibility,
)
from bot.cli.options import JsonOption
from bot.platforms import connect_slack
from bot.settings import Settings, load_settings
from bot.steps.access import Access, Judged, access_of
from bot.steps.readers import Readers
from bot.steps.sets import KnowledgeSets, sets_in
from bot.types import Question
from bot.wiring import Parts, open_parts
from guardrails.types import Placeholders

acl = typer.Typer(no_args_is_help=True, help="Ask who may read what.")
_ACCOUNT = re.compile(r"([A-Za-z0-9._-]+):([A-Za-z0-9._-]+)")
_CHANNEL = re.compile(r"([a-z]+):([A-Za-z0-9._-]+):([A-Za-z0-9._-]+)")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(acl, name="acl")


@acl.callback()
def _acl() -> None: ...


@acl.command()
def check(
    person: Annotated[str, typer.Argument(help="An e-mail address, or WORKSPACE:ID.")],
    question: Annotated[str, typer.Argument(help="What the person asks.")],
    *,
    channel: Annotated[
        str,
        typer.Option("--channel", help="Ask in this channel: PLATFORM:WORKSPACE:ID."),
    ] = "",
    email: Annotated[
        str, typer.Option("--email", help="The verified address of a person named WORKSPACE:ID.")
    ] = "",
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="The person is in this group: PLATFORM:WORKSPACE:ID."),
    ] = None,
    guest: Annotated[bool, typer.Option("--guest", help="The person is a guest.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many passages to look at.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show which documents a person's question is answered from, and which are withheld.

    Without --channel the person asks in a direct message. The channel's members are asked for on
    its platform; where that is not connected, it counts as read by outsiders.
    """
    asks = person_of(person, email=email, groups=frozenset(group or ()), is_guest=guest)
    if channel and not _CHANNEL.fullmatch(channel):
        raise typer.BadParameter("--channel must be PLATFORM:WORKSPACE:ID, as slack:T012:C034")
    found = asyncio.run(_check(load_settings(), asks, question, channel, limit))
    if as_json:
        sys.stdout.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
    else:
        _print(found)


def person_of(name: str, *, email: str, groups: frozenset[str], is_guest: bool) -> Person:
    """Return who is meant.

    Raises:
        typer.BadParameter: It is neither an address nor an account.
    """
    if "@" in name:
        return Person(id="-", workspace="email", email=name, groups=groups, is_guest=is_guest)
    account = _ACCOUNT.fullmatch(name)
    if account is None:
        raise typer.BadParameter("PERSON must be an e-mail address or WORKSPACE:ID, as T012:U034")
    workspace, account_id = account.groups()
    return Person(id=account_id, workspace=workspace, email=email, groups=groups, is_guest=is_guest)


async def _check(settings: Settings, person: Person, text: str, channel: str, limit: int) -> Access:
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(open_parts(settings))
        audience = Audience(visibility=Visibility.PERSON, person=person)
        if channel:
            await stack.enter_async_context(connect_slack(settings, parts.durable, receives=False))
            audience = await audience_in(parts, person, channel)
        redaction = await parts.redactor.redact(text, Placeholders())
        return await access_of(
            Question(text=redaction.text, standalone=redaction.text),
            audience,
            finder=parts.finder,
            readers=Readers(parts.durable.directory),
            limit=limit,
            scope=await KnowledgeSets(
                parts.durable.administration.store, sets_in(settings.named_sources_file)
            ).scope_of(audience),
        )


async def audience_in(parts: Parts, person: Person, channel: str) -> Audience:
    """Return who would see the reply if `person` asked in `channel`."""
    platform, workspace, place = channel.split(":")
    audience = Audience(visibility=Visibility.CHANNEL, person=person)
    adapter = parts.durable.adapters.get(platform)
    if adapter is None:
        return Audience(visibility=Visibility.CHANNEL, person=person, has_outsiders=True)
    thread = ThreadId(platform=platform, workspace=workspace, channel=place, thread="0")
    message = IncomingMessage(
        event_id="acl",
        message_id="0",
        thread=thread,
        person=person,
        audience=audience,
        addressed=Addressed.MENTION,
        text="",
        sent_at_s=time.time(),
    )
    return await adapter.audience_of(message)


def _print(found: Access) -> None:
    console = Console(highlight=False)
    console.print(f"asked as: {', '.join(found.readers)}", markup=False)
    for heading, judged in (("used", found.used), ("withheld", found.withheld)):
        console.print(f"\n{heading} ({len(judged)})", style="bold")
        for each in judged:
            console.print(f"  {each.title}  {each.url}", markup=False)
            console.print(f"      {_why(each)}", style="dim", markup=False)


def _why(each: Judged) -> str:
    if each.because:
        return f"as {', '.join(each.because)}"
    needs = ", ".join(each.needs)
    if each.why == "not_the_audience":
        return f"the person may read it, not everyone who sees the reply; needs one of: {needs}"
    return f"needs one of: {needs}"
