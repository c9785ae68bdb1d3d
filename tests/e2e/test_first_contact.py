"""What people see first: a welcome that is true for them, and prompts that are answered."""

from pathlib import Path

from bot.loading import Models
from tests.running import Running, ingested, running
from tests.servers.slack import ANN, BEN, CHANNEL, DIRECT, SlackServer

GUEST = "U0GUEST"


async def greeted(citewell: Running, user: str) -> tuple[list[dict[str, str]], str]:
    """Open the pane for the first time; return the prompts and the words of the welcome."""
    workspace = citewell.slack.workspace
    before = len(workspace.messages)
    await citewell.people.open_pane(user=user)
    await citewell.slack.until(lambda: len(workspace.messages) > before)
    return workspace.prompts[DIRECT], workspace.messages[-1].words


async def test_who_opens_the_pane_reads_once_what_may_be_asked_and_what_is_kept(
    citewell: Running,
) -> None:
    workspace = citewell.slack.workspace
    prompts, welcome = await greeted(citewell, ANN)
    workspace.prompts.clear()
    await citewell.people.open_pane()
    await citewell.slack.until(lambda: DIRECT in workspace.prompts)
    (message,) = workspace.messages

    assert "I'm Citewell" in welcome
    assert "documents that you may read: files (" in welcome
    assert "remembered for 7 days" in welcome
    assert "forget me" in welcome
    assert message.thread_ts == ""
    assert len(prompts) == 4
    assert workspace.prompts[DIRECT] == prompts


async def test_each_prompt_is_made_of_a_document_and_answered_from_it(citewell: Running) -> None:
    prompts, _ = await greeted(citewell, ANN)
    for number, prompt in enumerate(prompts[:3], start=1):
        ts = await citewell.people.tell(prompt["message"])
        (reply,) = await citewell.slack.replies(ts)

        assert reply.links, f"prompt {number} has no source"
    help_ts = await citewell.people.tell(prompts[-1]["message"])
    (told,) = await citewell.slack.replies(help_ts)

    assert "documents that you may read" in told.words


async def test_nobody_is_shown_the_titles_of_what_they_may_not_read(
    tmp_path: Path, models: Models, slack: SlackServer
) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    secret = (
        "---\nreaders: [group:leadership]\n---\n# Project Falcon\n\n## Layoffs\n\nTen people.\n"
    )
    (folder / "falcon.md").write_text(secret)
    (folder / "leave.md").write_text(
        "# Leave\n\n## Carrying over\n\nFive days of leave carry over.\n"
    )
    (folder / "open.md").write_text(
        "---\nreaders: [public]\n---\n# Parking\n\n## Where to park\n\nGuests park in row C.\n"
    )
    await ingested(folder, tmp_path / "data", models)
    slack.workspace.users[GUEST] = {"is_restricted": True}
    async with running(tmp_path / "data", models, slack) as citewell:
        colleague, told = await greeted(citewell, BEN)
        guest, guest_told = await greeted(citewell, GUEST)

    shown = f"{colleague} {told} {guest} {guest_told}"
    assert "Falcon" not in shown
    assert "Layoffs" not in shown
    assert "2 documents that you may read" in told
    assert {prompt["title"] for prompt in colleague} == {"Leave", "Parking", "Help"}
    assert [prompt["title"] for prompt in guest] == ["Parking", "Help"]
    assert "1 document that you may read" in guest_told


async def test_a_channel_is_greeted_when_the_bot_is_added_and_not_when_others_are(
    citewell: Running,
) -> None:
    workspace = citewell.slack.workspace
    await citewell.people.add_us(whom=BEN)
    await citewell.people.add_us()
    await citewell.slack.until(lambda: workspace.messages)
    await citewell.people.add_us()
    ts = await citewell.people.mention("What can you do?")
    await citewell.slack.replies(ts)
    welcome, told = workspace.messages

    assert (welcome.channel, welcome.thread_ts) == (CHANNEL, "")
    assert "that everyone here may read" in welcome.words
    assert "Mention me with a question" in welcome.words
    assert told.thread_ts == ts
