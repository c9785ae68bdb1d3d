"""Values that many tests need, with sensible parts where a test doesn't care."""

from adapters.types import (
    Addressed,
    Audience,
    IncomingMessage,
    Person,
    ThreadId,
    Visibility,
)

ANN = Person(id="U_ANN", workspace="T1")


def a_thread(thread: str = "1.0", *, platform: str = "slack") -> ThreadId:
    return ThreadId(platform=platform, workspace="T1", channel="C1", thread=thread)


def a_message(
    text: str = "How many days of leave do I have?",
    *,
    message_id: str = "1.0",
    event_id: str = "",
    thread: ThreadId | None = None,
    addressed: Addressed = Addressed.MENTION,
    visibility: Visibility = Visibility.CHANNEL,
    person: Person = ANN,
    sent_at_s: float = 1_700_000_000.0,
) -> IncomingMessage:
    return IncomingMessage(
        event_id=event_id or f"Ev{message_id}",
        message_id=message_id,
        thread=thread or a_thread(),
        person=person,
        audience=Audience(visibility=visibility, person=person),
        addressed=addressed,
        text=text,
        sent_at_s=sent_at_s,
    )
