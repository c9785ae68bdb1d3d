"""Whatever stands in an activity that is believed, it is taken or refused: nothing breaks."""

import asyncio
import copy
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from bot.loading import Models
from tests.running_teams import running_teams
from tests.servers.teams import CHANNEL, GROUP, PERSONAL, TeamsPeople, TeamsServer
from tests.servers.teams.gestures import card_invoke, message_action
from tests.servers.teams.workspace import Message

AT_ONCE = 20
TAKEN = {200, 400, 403, 501}
HOSTILE: list[Any] = [
    None, True, -1, 1e308, "", "\ud800", "\0", "0001-01-01T00:00:00+23:59", "29:", ";messageid=",
    "<" * 5_000, "x" * 60_000, [], [None], [[]], {}, {"id": {}}, {"type": 7, "id": []},
]  # fmt: skip
EVERYWHERE = ("\ud800", "")
FILE = {
    "contentType": "application/vnd.microsoft.teams.file.download.info",
    "contentUrl": "https://a.example/b",
    "name": "a.txt",
    "content": {"downloadUrl": "https://a.example/b", "fileType": "txt", "uniqueId": "1"},
}
LOOK = {"name": "n", "title": "t", "fields": [{"name": "a", "label": "A", "kind": "text"}]}
FORM = {"form": "keep-propose", "state": "x", "again": LOOK}
PRESS = {"action": "review-answer", "value": "x"}
THUMB = {"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": "{}"}}


def bodies(people: TeamsPeople) -> Iterator[dict[str, Any]]:
    """Yield one activity of each kind that we take, in good order."""
    us = {"id": people.teams.workspace.bot, "name": "Citewell"}
    mention = {"type": "mention", "mentioned": us, "text": "<at>Citewell</at>"}
    said = people.activity("/citewell help")
    asked = people.activity("<at>Citewell</at> /citewell help", conversation=CHANNEL)
    yield {**asked, "entities": [mention], "attachments": [FILE]}
    yield {**said, "value": {"citewell": PRESS}}
    yield {**said, "value": {"citewell": FORM, "question": "x"}}
    changed = {**said["channelData"], "eventType": "editMessage"}
    yield {**said, "type": "messageUpdate", "channelData": changed}
    yield {**asked, "type": "messageDelete"}
    yield {**said, "type": "conversationUpdate", "membersAdded": [us]}
    yield {**said, "type": "installationUpdate", "action": "add"}
    invoke = {**said, "type": "invoke", "name": "message/submitAction", "replyToId": "1"}
    yield {**invoke, "value": THUMB}
    message = Message(conversation=PERSONAL, root="", id="1")
    yield card_invoke(people, message, "task/fetch", {"citewell": PRESS})
    yield card_invoke(people, message, "task/submit", {"citewell": FORM, "a": "x"})
    yield message_action(people, "ask-about", "<p>hello</p>", conversation=GROUP)
    yield message_action(people, "keep-answer", "", kind="submitAction", data={"citewell": FORM})


def places(node: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value in `node`."""
    inner: Any = enumerate(node) if isinstance(node, list) else ()
    for key, value in node.items() if isinstance(node, dict) else inner:
        yield (*before, key)
        yield from places(value, (*before, key))


def hostile(people: TeamsPeople) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield activities with one value each that has no business there, and where it is."""
    others = cycle(HOSTILE)
    for body in bodies(people):
        for place in places(body):
            if place[0] in {"serviceUrl", "channelId"}:  # then it is not believed
                continue
            for value in (*EVERYWHERE, next(others)):
                changed = copy.deepcopy({**body, "id": people.teams.workspace.next_id()})
                node: Any = changed
                for key in place[:-1]:
                    node = node[key]
                node[place[-1]] = value
                about = f"{body['type']} {body.get('name', '')} {place} {str(value)[:20]!r}"
                yield about, changed


async def test_no_value_in_a_believed_activity_breaks_us(sample_dir: Path, models: Models) -> None:
    teams = TeamsServer(has_rate_limits=False)
    async with teams, running_teams(sample_dir, models, teams, limits_factor=1000) as citewell:
        found: dict[str, int] = {}
        room = asyncio.Semaphore(AT_ONCE)

        async def try_one(about: str, body: dict[str, Any]) -> None:
            async with room:
                found[about] = (await citewell.people.deliver(body)).status

        async with asyncio.TaskGroup() as group:
            for about, body in hostile(citewell.people):
                group.create_task(try_one(about, body))
        # What comes after them is served as ever.
        before = len(teams.messages(conversation="a:after"))
        await citewell.people.tell("/citewell help", conversation="a:after")
        await teams.until(lambda: len(teams.messages(conversation="a:after")) > before)

    broken = {about: status for about, status in found.items() if status not in TAKEN}
    assert broken == {}
    assert set(found.values()) == TAKEN
