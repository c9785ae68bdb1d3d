"""An expert's answer comes first for those who may read its source, in other words as well."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.types import Reply
from bot.controls.chatconfig import ChannelConfig
from bot.evaluation.cases import read_cases
from bot.feedback.store import Vote
from bot.feedback.verified import Verified
from bot.loading import Models
from tests.builders import a_message
from tests.processes import environment, run
from tests.running import URL, Running, ingested, running
from tests.servers.slack import ANN, BEN, CHANNEL, SlackServer

PAGES = {
    "python.md": "# Python\n\nOur software runs on the version of Python that the page names.\n",
    "board.md": (
        "---\nreaders: ['user:email:ann@brindlemoor.example']\n---\n"
        "# Data protection\n\nThe board names the data protection officer each year.\n"
    ),
}
VERSIONS = "Which version of Python do we support?"
OFFICER = "Who is our data protection officer?"
OTHER = {VERSIONS: "What Python versions are supported?", OFFICER: "Who is the DPO here?"}


@pytest.fixture
async def citewell(tmp_path: Path, models: Models) -> AsyncIterator[Running]:
    pages = tmp_path / "pages"
    pages.mkdir()
    for name, text in PAGES.items():
        (pages / name).write_text(text)
    await ingested(pages, tmp_path / "data", models)
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(tmp_path / "data", models, slack, limits_factor=1000) as citewell,
    ):
        yield citewell
        assert slack.violations == []


async def verified(citewell: Running, question: str, answer: str, url: str, title: str) -> None:
    """Let an expert verify an answer."""
    await citewell.parts.durable.administration.verified.store.verify(
        f"slack:{citewell.slack.workspace.team}",
        Verified(
            question=question,
            answer=answer,
            title=title,
            url=url,
            expert="Ben Okafor",
            at_s=time.time(),
            expires_s=time.time() + 86_400,
            wordings=("Who is the DPO here?",) if question == OFFICER else (),
        ),
    )


async def told(citewell: Running, question: str, *, user: str = ANN) -> str:
    """Ask directly, and return what is answered."""
    ts = await citewell.people.tell(question, user=user)
    (reply,) = await citewell.slack.replies(ts)
    return reply.words


async def test_an_expert_answers_other_wordings_for_who_may_read_the_source(
    citewell: Running,
) -> None:
    await verified(citewell, VERSIONS, "3.11 to 3.13.", "https://wiki.example/python", "Wiki")
    await verified(citewell, OFFICER, "Dora Weber.", f"{URL.format(page='board')}#top", "Board")
    near = await told(citewell, OTHER[VERSIONS])
    named = await told(citewell, OTHER[OFFICER])
    bens = await told(citewell, OFFICER, user=BEN)
    ts = await citewell.people.mention(OFFICER)
    (public,) = await citewell.slack.replies(ts)
    await citewell.parts.durable.administration.store.change(
        "test",
        "sets",
        lambda c: c.model_copy(
            update={"channels": {f"slack:T0BRINDLE:{CHANNEL}": ChannelConfig(sets=("hr",))}}
        ),
    )
    bound = await citewell.people.mention(VERSIONS)
    (elsewhere,) = await citewell.slack.replies(bound)
    another = await told(citewell, "Which version of Java do we support?")

    assert "3.11 to 3.13." in near
    assert f"answered the question \u201c{VERSIONS}\u201d" in near
    assert "Verified by Ben Okafor on" in near
    assert "Dora Weber." in named
    assert "Dora Weber" not in bens
    assert "Dora Weber" not in public.words
    assert "3.11" not in elsewhere.words
    assert "3.11" not in another


async def test_what_experts_and_people_said_becomes_evaluation_cases(
    citewell: Running, tmp_path: Path
) -> None:
    out = tmp_path / "cases.jsonl"
    await verified(
        citewell, OFFICER, "Dora Weber, dora@example.org.", URL.format(page="board"), "Board"
    )
    asked = a_message("Is jane.roe@example.com the DPO?", message_id="1.1")
    feedback = citewell.parts.durable.administration.feedback
    await feedback.keep(asked, Reply(text="No."), who="p-ann")
    await feedback.vote(asked.thread, "1.1", who="p-ann", vote=Vote.DOWN)
    code, told, error = await run(
        "eval",
        "cases",
        "export",
        "--out",
        str(out),
        cwd=tmp_path,
        env=environment(citewell.settings.data_dir),
    )
    officer, wording, down = read_cases(out)

    assert (code, told.strip()) == (0, f"{out}: 2 verified, 1 down-voted"), error
    assert (officer.question, wording.question) == (OFFICER, OTHER[OFFICER])
    assert officer.relevant == wording.relevant == {"board.md"}
    assert officer.is_ranked
    assert not down.is_ranked
    assert "jane.roe" not in out.read_text()
    assert "dora@" not in out.read_text()
