"""Somebody who reads German meets German wherever they meet Citewell, and others do not."""

from pathlib import Path

import pytest

from bot.loading import Models
from tests.running import Running, running
from tests.servers.slack import ANN, BEN, DIRECT, SlackServer
from tests.servers.slack.blocks import words_of
from tests.servers.slack.gestures import modal_of, press, press_home, submit, use_shortcut

LEAVE = "How many days of annual leave do I get?"
THREAD = (
    (BEN, "Wir müssen entscheiden, wann das neue Intranet von Brindlemoor online geht."),
    (ANN, "Ich schlage vor, dass das Intranet am 4. Mai online geht, nach den Tests."),
    (BEN, "Einverstanden: Das Intranet geht am 4. Mai online, und alle erfahren es."),
)
ENGLISH = ("Your", "What you", "Left for", "Help\n", "nothing found", "ago")
GROUP = "slack:T0BRINDLE:S0PEOPLE"


async def home_of(citewell: Running, user: str = ANN) -> str:
    """Open the home tab and return its words."""
    workspace = citewell.slack.workspace
    before = workspace.homes.get(user)
    await citewell.people.open_home(user=user)
    await citewell.slack.until(lambda: workspace.homes.get(user) is not before)
    return words_of(workspace.homes[user]["blocks"])


async def told(citewell: Running, words: str) -> str:
    """Return what somebody was told privately that has `words` in it."""
    seen = citewell.slack.workspace.ephemerals
    await citewell.slack.until(lambda: any(words in each.words for each in seen), timeout_s=30)
    return next(each.words for each in seen if words in each.words)


async def met_before_a_word(citewell: Running) -> None:
    """Let Ann see what is shown to who wrote nothing: in the language of her Slack."""
    people, slack = citewell.people, citewell.slack
    await people.open_pane()
    await slack.until(lambda: DIRECT in slack.workspace.prompts)
    await slack.until(lambda: slack.workspace.messages)
    greeted, home = slack.workspace.messages[-1].words, await home_of(citewell)
    asked = await people.tell(slack.workspace.prompts[DIRECT][-1]["message"])
    (helped,) = await slack.replies(asked)

    assert "Hallo, ich bin Citewell" in greeted
    assert "Wie du fragst" in helped.words
    for title in ("Deine Fragen", "Was du lesen darfst", "Heute noch übrig", "Deine Sprache"):
        assert title in home
    assert not [word for word in ENGLISH if word in home]
    assert "Your questions" in await home_of(citewell, BEN)


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_a_german_person_is_met_in_german_and_nobody_else_is(
    transport: str, sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with running(
        sample_dir, models, slack, has_socket=transport == "socket", human_group=GROUP,
        limits_factor=1000,
    ) as citewell:  # fmt: skip
        people, workspace = citewell.people, slack.workspace
        workspace.users[ANN]["locale"] = "de-DE"
        await met_before_a_word(citewell)
        await press_home(people, "Deutsch")
        chosen = words_of((await modal_of(people)).view["blocks"])
        ts = await people.mention(LEAVE)
        (answer,) = await slack.replies(ts)
        await press(people, answer, "down")
        why = await modal_of(people, 2)
        sent = await submit(people, why, {"reason": "outdated"})
        noted = await told(citewell, "Notiert: nicht hilfreich")
        await press(people, answer, "Einen Menschen fragen")
        _, post = await slack.replies(ts, 2)
        await press(people, post, "Ich übernehme", user=BEN)
        await slack.until(lambda: "Übernommen von Ben Okafor" in post.words)
        await press(people, answer, "up", user=BEN)
        bens = await told(citewell, "Noted: helpful")
        kept = people.shown(await people.command("my-data"))
        unknown = people.shown(await people.command("language klingonisch"))

        assert "Ich spreche mit dir Deutsch" in chosen
        assert "Quellen" in answer.words
        assert why.view["title"]["text"] == "Was war falsch?"
        assert why.view["close"]["text"] == "Abbrechen"
        assert "Ihre Quelle ist veraltet" in str(why.view["blocks"])
        assert sent == {}
        assert "Jemand wird es prüfen" in noted
        assert "Thank you" in bens
        assert "die Sprache, die du gewählt hast: 1" in kept.words
        assert "Ich kenne diese Sprachen" in unknown.words
        assert slack.violations == []


async def test_a_thread_is_summed_up_and_kept_in_the_language_that_it_is_in(
    sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with running(sample_dir, models, slack, limits_factor=1000) as citewell:
        people, root = citewell.people, ""
        for user, words in THREAD:
            ts = await people.say(words, user=user, thread_ts=root)
            root = root or ts
        await use_shortcut(people, "summarize-thread", THREAD[0][1], ts=root, thread_ts=root)
        summary = await told(citewell, "Aus dem Thread, wörtlich")
        await people.command("language es")
        await use_shortcut(people, "summarize-thread", "?", ts=root, thread_ts=root)
        chosen = await told(citewell, "Del hilo, palabra por palabra")
        await use_shortcut(people, "keep-answer", THREAD[1][1], ts=root, thread_ts=root)
        keeping = await modal_of(people)
        missing = await submit(people, keeping, {"question": " "})
        question = people.shown(await people.command("forget me"))
        await press(people, question, "Sí, hazlo")
        receipt = await told(citewell, "Recibo")

        assert "3 Nachrichten" in summary
        assert "3 mensajes" in chosen
        assert keeping.view["title"]["text"] == "Guardar esta respuesta"
        assert missing == {"question": "Rellena esto, por favor."}
        assert "Se borraría todo" in question.words
        assert "el idioma que elegiste: 1" in receipt
        assert slack.violations == []
