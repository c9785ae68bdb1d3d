"""Plays the administrator's words, and writes down what the chat answered."""

import asyncio
import json
import re
from pathlib import Path

from bot.loading import Models
from tests.running import Running, running
from tests.servers.slack import ANN, BEN, CHANNEL, Message, SlackServer
from tests.servers.slack.gestures import modal_of, press, submit
from tests.servers.slack.workspace import Ephemeral

PAGE = Path(__file__).parents[2] / "docs" / "walkthrough.md"
ASKED = "When does the car park close?"
RIGHT = {
    "answer": "Since May the car park closes at 22:00.",
    "title": "Notice of the facilities team",
    "url": "https://docs.brindlemoor.example/notices/",
}
_URL = "https://docs.brindlemoor.example/{page}/"
_HEAD = """# A walk through, for a new administrator

Ann owns the Slack workspace and has read [admin.md](admin.md). She binds a channel to a source, \
sets a limit, finds out why an answer was wrong, puts it right, and takes her changes back, \
without leaving the chat. Written by `python -m tests.walkthrough`, which plays these words \
through a strict stand-in for Slack; the suite fails while this page says something else. Times \
and ids are left out (`…`).
"""
_CHANGING = re.compile(
    r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?|\d+(?= ms)|[0-9a-f]{8}-[0-9a-f-]{27}"
    r"|\b[0-9a-f]{24}\b|\b\d{10}\.\d{6}\b|(?<=/p)\d{16}"
)


class Player:
    """Ann and Ben at their keyboards, and the page that grows."""

    def __init__(self, citewell: Running) -> None:
        self.citewell = citewell
        self.people = citewell.people
        self.slack = citewell.slack
        self.page = [_HEAD]

    def tell(self, words: str) -> None:
        """Write a line of ours."""
        self.page.append(words)

    async def command(self, text: str) -> Ephemeral:
        """Use a command as Ann, and write down both."""
        shown = self.people.shown(await self.people.command(text))
        plain = text.replace(f"<@{BEN}>", "@ben").replace(f"<#{CHANNEL}|general>", "#general")
        self._both("Ann", f"/citewell {plain}", shown.words)
        return shown

    async def ask(self) -> Message:
        """Ask as Ben in the channel, and write down both."""
        ts = await self.people.mention(ASKED, user=BEN)
        (reply,) = await self.slack.replies(ts)
        async with asyncio.timeout(60):
            while (await self.citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        self._both("Ben in #general", f"@Citewell {ASKED}", reply.words)
        return reply

    def _both(self, who: str, said: str, answered: str) -> None:
        lines = [line.rstrip() for line in answered.strip().splitlines()]
        text = re.sub(r"\n{2,}", "\n", "\n".join(lines))
        self.page.append(_still(f"**{who}:** `{said}`\n\n```\n{text}\n```\n"))


async def played(models: Models, scratch: Path) -> str:
    """Return the page, from what was seen."""
    file = _company(scratch)
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(scratch / "data", models, slack, sources_file=file, limits_factor=1000) as citewell,
    ):
        slack.workspace.users[ANN] = {
            **slack.workspace.users.get(ANN, {}),
            "is_admin": True,
            "is_owner": True,
        }
        ledger = citewell.parts.syncing.ledger
        async with asyncio.timeout(60):
            for name in ("handbook", "kitchen"):
                while not (await ledger.run(name)).finished_s:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        player = Player(citewell)
        await _bind_and_limit(player)
        await _look_into_it(player, await _wrong_answer(player))
        await _put_right(player)
        await _roll_back(player)
        assert slack.violations == []
    return "\n".join(player.page)


async def _bind_and_limit(player: Player) -> None:
    player.tell("## Bind a channel to a source\n\nShe sees what is read, and mistypes a word.\n")
    await player.command("sources")
    await player.command(f"chanel sets office <#{CHANNEL}|general>")
    await player.command(f"channel sets ofice <#{CHANNEL}|general>")
    await player.command(f"channel sets office <#{CHANNEL}|general>")
    player.tell("## Set a limit\n")
    await player.command("help limits")
    await player.command("limits person messages 100")


async def _wrong_answer(player: Player) -> Message:
    player.tell("## Find out why an answer was wrong\n")
    reply = await player.ask()
    player.tell("Ben presses the lower thumb and says: *Its source is outdated.*\n")
    await press(player.people, reply, "down", user=BEN)
    modal = await modal_of(player.people)
    assert await submit(player.people, modal, {"reason": "outdated"}, user=BEN) == {}
    return reply


async def _look_into_it(player: Player, reply: Message) -> None:
    await player.command("review")
    player.tell("She copies the link of his message (`audit` lists the newest as well).\n")
    digits = reply.thread_ts.replace(".", "")
    await player.command(f"why https://brindlemoor.slack.com/archives/{CHANNEL}/p{digits}")
    player.tell("Two passages were shown, one was followed. Is anything withheld there?\n")
    await player.command(f'acl <@{BEN}> <#{CHANNEL}|general> "{ASKED}"')


async def _put_right(player: Player) -> None:
    player.tell(
        "The page itself is outdated. Until its owners mend it:\n\n## Put it right\n\nShe uses "
        "`review` again, presses *Put 1 right*, and fills in the form: the answer "
        f"*{RIGHT['answer']}*, and its source.\n"
    )
    queue = player.people.shown(await player.people.command("review"))
    await press(player.people, queue, "Put 1 right")
    assert await submit(player.people, await modal_of(player.people, 2), RIGHT) == {}
    await player.ask()


async def _roll_back(player: Player) -> None:
    player.tell("## Take changes back\n\nThe page is mended, and the limit was not needed.\n")
    listed = await player.command("verified")
    (name,) = re.findall(r"\b[0-9a-f]{24}\b", listed.words)
    await player.command(f"verified remove {name}")
    await player.command("config history")
    await player.command("config undo 2")
    await player.command("limits")
    await player.ask()


def _company(scratch: Path) -> Path:
    for name, text in (
        ("handbook", "# Parking\n\nThe car park behind the office closes at 20:00.\n"),
        ("kitchen", "# Menu\n\nThe kitchen serves soup on Monday.\n"),
    ):
        (scratch / name).mkdir()
        (scratch / name / f"{name}.md").write_text(text)
    # The page that the expert names: only who may read it is shown what stands on it.
    (scratch / "handbook" / "notices.md").write_text("# Notices\n\nFrom the facilities team.\n")
    file = scratch / "sources.yaml"
    folders = {
        name: {"kind": "folder", "path": str(scratch / name), "every": "1d", "url_template": _URL}
        for name in ("handbook", "kitchen")
    }
    sets = {"office": ["handbook"], "food": ["kitchen"]}
    file.write_text(json.dumps({"sources": folders, "sets": sets}))
    return file


def _still(text: str) -> str:
    """Return `text` without what is another time another."""
    return _CHANGING.sub("…", text)
