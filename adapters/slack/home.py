"""The home tab of the app, published for one person alone, and what is read in a dialog there."""

from adapters.ports import MessageHandlers
from adapters.slack.calls import SLACK, SlackCalls
from adapters.slack.people import SlackPeople
from adapters.slack.rendering import Json, messages_of
from adapters.slack.views import home_blocks
from adapters.types import Home, Person, Reply

_MAX_BLOCKS = 100


class SlackHomes:
    """Publishes homes; best effort, nobody waits for it: the last one stands until then."""

    def __init__(
        self, calls: SlackCalls, people: SlackPeople, handlers: MessageHandlers, *, workspace: str
    ) -> None:
        self._calls = calls
        self._people = people
        self._handlers = handlers
        self._workspace = workspace

    async def show(self, user: str, seen: str) -> None:
        """Publish the home of `user`, who looks at the one with the hash `seen`.

        Slack keeps a newer one that somebody published meanwhile.
        """
        person = await self._people.known(Person(id=user, workspace=self._workspace))
        home = await self._handlers.on_home(SLACK, self._workspace, person)
        view = home_view(home)
        await self._calls.attempted(
            "views.publish",
            lambda slack: slack.views_publish(user_id=user, view=view, hash=seen or None),
        )


def home_view(home: Home) -> Json:
    """Return `home` as the view of the home tab."""
    return {"type": "home", "blocks": home_blocks(home)}


def reading_view(reply: Reply) -> Json:
    """Return `reply` as a dialog in which there is nothing to fill in."""
    blocks = [block for message in messages_of(reply) for block in message.blocks]
    return {
        "type": "modal",
        "callback_id": "reading",
        "title": _plain("Citewell"),
        "close": _plain("Close"),
        "blocks": blocks[:_MAX_BLOCKS],
    }


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
