"""All limits in one form: what is wrong is said by field, and no change of another's is lost."""

import pytest
from docket import Docket
from redis.asyncio import Redis

from adapters.types import Form, IncomingAction, IncomingSubmission, Person
from bot.controls.chatconfig import Limit
from bot.crypto import Cipher
from tests.builders import a_thread
from tests.integration.bot.test_commands import ADA, ANN, OLA, Office


@pytest.fixture
def office(redis: Redis, cipher: Cipher, docket: Docket) -> Office:
    office = Office(redis, cipher, docket)
    office.adapter.has_forms = True
    return office


async def opened(office: Office, person: Person = ADA) -> Form:
    """Press the button below `limits`, as `person`."""
    (button,) = (await office.say("limits")).buttons
    await office.it.interactions.press(
        IncomingAction(
            event_id=f"press-{person.id}",
            action=button.action,
            value=button.value,
            platform="slack",
            workspace="T1",
            person=person,
            thread=a_thread(),
            message_id="1.1",
            trigger="trigger",
        )
    )
    return await office.adapter.forms.get()


async def sent(
    office: Office, form: Form, values: dict[str, str], *, person: Person = ADA
) -> dict[str, str]:
    """Fill in some fields of `form`, leave the others as they are, and send it."""
    filled = {field.name: field.initial for field in form.fields} | values
    submission = IncomingSubmission(
        event_id="sent",
        form=form.name,
        state=form.state,
        values=filled,
        platform="slack",
        workspace="T1",
        person=person,
        trigger="",
    )
    return dict(await office.it.interactions.submit(submission))


async def test_all_limits_are_set_at_once_and_taken_back_at_once(office: Office) -> None:
    await office.say("limits person messages 5")
    form = await opened(office)
    problems = await sent(office, form, {"person_tokens": "9000", "channel_messages": "700"})
    limits = (await office.it.store.current()).config.limits
    told = (await office.adapter.private.get()).text
    await office.say("config undo 2", OLA)
    before = (await office.it.store.current()).config.limits

    assert problems == {}
    assert {f.name: f.initial for f in form.fields if f.initial} == {"person_messages": "5"}
    assert (limits.person, limits.channel) == (Limit(messages=5, tokens=9000), Limit(messages=700))
    assert "limits > channel > messages: default \u2192 700" in told
    assert (before.person, before.channel) == (Limit(messages=5), Limit())


async def test_what_is_wrong_is_said_in_its_field_and_nothing_changes(office: Office) -> None:
    form = await opened(office)
    wrong = {"person_messages": "-1", "channel_tokens": "many", "workspace_usd": "nan"}
    problems = await sent(office, form, wrong)
    unpriced = await sent(office, form, {"workspace_usd": "5"})

    assert set(problems) == set(wrong)
    assert "prices openai:m" in unpriced["workspace_usd"]
    assert await office.version() == 0


async def test_a_change_of_another_meanwhile_is_not_lost(office: Office) -> None:
    form = await opened(office)
    await office.say("limits person messages 7")
    problems = await sent(office, form, {"person_messages": "9"})

    assert "changed the limits meanwhile" in problems["person_messages"]
    assert (await office.it.store.current()).config.limits.person.messages == 7


async def test_who_lost_the_right_meanwhile_changes_nothing(office: Office) -> None:
    form = await opened(office)
    form_of_ann = await sent(office, form, {"person_messages": "9"}, person=ANN)

    assert form_of_ann
    assert await office.version() == 0
