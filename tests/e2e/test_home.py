"""The home shows a person what is theirs, and an administrator what waits for them."""

from bot.controls.chatconfig import Limit, Limits, Role
from tests.running import Running
from tests.servers.slack import ANN, BEN
from tests.servers.slack.blocks import words_of
from tests.servers.slack.gestures import modal_of, press, press_home

LEAVE = "I am Ann Reed: how many days of annual leave do I get?"
NOTHING = "Which colour has the moon of Brindlemoor's canteen?"


async def opened(citewell: Running, user: str = ANN) -> str:
    """Open the home tab and return its words."""
    workspace = citewell.slack.workspace
    before = workspace.homes.get(user)
    await citewell.people.open_home(user=user)
    await citewell.slack.until(lambda: workspace.homes.get(user) is not before)
    return words_of(workspace.homes[user]["blocks"])


async def has_limit_and_roles(citewell: Running) -> None:
    """Let everyone ask five times a day, and Ben look after Citewell."""
    ben = f"user:slack:{citewell.slack.workspace.team}:{BEN}"
    limits = Limits(person=Limit(messages=5))
    await citewell.parts.durable.administration.store.change(
        "test",
        "limits",
        lambda c: c.model_copy(update={"limits": limits, "rights": {ben: Role.ADMIN}}),
    )


async def test_a_home_shows_what_is_the_persons_and_to_who_looks_after_it_what_waits(
    citewell: Running,
) -> None:
    people, slack, workspace = citewell.people, citewell.slack, citewell.slack.workspace
    await has_limit_and_roles(citewell)
    first = await opened(citewell)
    (reply,) = await slack.replies(await people.mention(LEAVE))
    await slack.replies(await people.tell(NOTHING))
    await press(people, reply, "down")
    await modal_of(people)
    await slack.until(lambda: workspace.ephemerals)
    while (await citewell.parts.durable.mailbox.counts())["open"]:
        await slack.until(lambda: True)
    anns, bens = await opened(citewell), await opened(citewell, BEN)
    await press_home(people, "What is kept of you")
    kept = await modal_of(people, 2)
    before = len(workspace.messages)
    await press_home(people, "Review", user=BEN)
    await slack.until(lambda: len(workspace.messages) > before)
    queue = workspace.messages[-1]
    await press(people, queue, "Dismiss 1", user=BEN)
    await slack.until(lambda: workspace.ephemerals[-1].words.strip() == "Dismissed.")
    command = people.shown(await people.command("home"))

    assert "None in the last 7 days" in first
    assert "files" in first
    assert "5 of 5 questions" in first
    assert LEAVE in anns
    assert "answered, you found it not helpful" in anns
    assert f"{NOTHING}  just now, nothing found" in anns
    assert "3 of 5 questions" in anns
    assert "0 helpful, 1 not helpful" in anns
    assert not {"For review", "How Citewell is"} & set(anns.splitlines())
    assert LEAVE not in bens
    assert "1 answer that people found wrong" in bens
    assert "Old documents" in bens
    assert "not changed for a year" in bens
    assert "last changed 202" in bens
    assert "Well: redis, index, slack" in bens
    assert "Kept of you" in words_of(kept.view["blocks"])
    assert queue.channel == f"D{BEN[1:]}"
    assert "annual leave" in queue.words
    assert LEAVE in command.words


async def test_an_older_view_does_not_take_the_place_of_a_newer_one(citewell: Running) -> None:
    workspace = citewell.slack.workspace
    await opened(citewell)
    stale = workspace.homes[ANN]
    await opened(citewell)
    newer = workspace.homes[ANN]
    event = {"type": "app_home_opened", "user": ANN, "channel": "D0ANN", "tab": "home"}
    await citewell.people.deliver({**event, "view": stale})
    await citewell.slack.until(lambda: citewell.slack.methods().count("views.publish") == 3)

    assert citewell.slack.calls[-1].error == "hash_conflict"
    assert workspace.homes[ANN] is newer
