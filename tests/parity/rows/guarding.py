"""What of an answer is in doubt, and who hears of a document that gives orders."""

from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.types import Reply
from bot.controls.reporting import AttackReports
from bot.steps.citing import Unsupported
from tests.parity.registry import behaviour, scripted
from tests.parity.sides import Seen, Side
from tests.parity.slack_side import SlackSide
from tests.servers.openai import Answer, ModelServer
from tests.writing import evidence, written

OLD = "The barrier of the car park closes at 19 hours on every working day."
NEW = "The barrier of the car park closes at 21 hours on every working day."
BARRIER = "When does the barrier of the car park close?"
REPORT = "seems to give the language model orders"


@behaviour("Sources that contradict each other are both quoted and linked under the answer")
async def _(side: Side, model: ModelServer) -> str:
    with TemporaryDirectory() as folder:
        for name, text in (("garage", OLD), ("parking", NEW)):
            (Path(folder) / f"{name}.md").write_text(f"# The {name}\n\n{text}\n", encoding="utf-8")
        await side.parts.ingest([Path(folder)], "https://docs.example/{page}", lambda *_: None)
    with scripted(model, lambda _: Answer(text=f"{OLD} [1]")):
        place = await side.ask(BARRIER, side.fresh_channel(), mention=True)
        await side.settled()
    (seen,) = await side.replies(place)
    assert "contradict each other" in seen.words
    assert "21 hours" in seen.words
    assert {"https://docs.example/garage", "https://docs.example/parking"} <= set(seen.links)
    return "yes"


@behaviour("A sentence that no source carries can be shown with a mark (`CITEWELL_UNSUPPORTED`)")
async def _(side: Side, model: ModelServer) -> str:
    answer, _ = await written(
        "You have 30 days of leave a year. [1] The office has a swimming pool. [1]",
        evidence(1, "Everyone has 30 days of leave a year."),
        unsupported=Unsupported.MARK,
    )
    place = await side.ask("Thank you!", side.fresh_channel(), mention=True)
    await side.replies(place)
    reply = Reply(text=answer.text, citations=answer.citations)
    await side.adapter.send(side.thread(place), reply)
    seen = next(each for each in await side.replies(place, 2) if "swimming pool" in each.words)
    assert "swimming pool. \u26a0" in seen.words
    assert "not found in the sources" in seen.words
    return "yes"


@behaviour("Who administers is told, alone and by its link, of a document that gives orders")
async def _(side: Side, model: ModelServer) -> str:
    await side.meet()
    durable, ann, url = side.parts.durable, side.person(), "https://docs.example/notes"
    owner = f"user:{side.name.lower()}:{ann.workspace}:{ann.id}"
    store = durable.administration.store
    reports = AttackReports(durable.redis, durable.adapters, store, owners=frozenset({owner}))
    reports.seen("file:///notes.md", url, "override", is_dropped=False)
    await side.server.until(lambda: bool(_told(side)))
    await reports.stop()
    (seen,) = _told(side)
    assert seen.links == (url,)
    return "in the direct chat"


def _told(side: Side) -> list[Seen]:
    if isinstance(side, SlackSide):
        sent = (m for m in side.slack.workspace.messages if m.channel.startswith("D"))
        return [side.seen(m) for m in sent if REPORT in m.words]
    return [side.seen(m) for m in side.told(REPORT)]
