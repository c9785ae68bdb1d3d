"""The files that people attach."""

from tests.parity.registry import LEAVE, behaviour
from tests.parity.sides import Place, Side
from tests.parity.slack_side import SlackSide
from tests.parity.teams_side import TeamsSide
from tests.servers.openai import ModelServer
from tests.servers.slack.files import upload
from tests.servers.teams.files import attach, referred

LEASE = b"# Bicycles\n\nThe lease of a company bicycle ends after 36 months.\n"
ENDS = "After how many months does the lease of a company bicycle end?"


async def _asked(side: Side, text: str, place: Place, name: str, content: bytes = LEASE) -> Place:
    """Ask with a file beside the question; in a channel by a mention."""
    is_direct = place.channel.startswith(("a:", "D"))
    if isinstance(side, SlackSide):
        say = side.people.say if is_direct else side.people.mention
        files = [upload(side.slack, name, content)]
        ts = await say(text, channel=place.channel, thread_ts=place.root, files=files)
        return Place(channel=place.channel, root=place.root or ts)
    assert isinstance(side, TeamsSide)
    if not is_direct:
        root = await side.people.mention(text, conversation=place.channel, attachments=referred())
        return Place(channel=place.channel, root=root)
    picture = {"contentType": "image/png", "name": name}
    files = [picture] if name.endswith(".png") else attach(side.teams, name, content)
    activity = side.people.activity(text, conversation=place.channel)
    await side.people.deliver({**activity, "attachments": files})
    return place


@behaviour("A file that is attached to a question is read for it, and for what is asked next")
async def _(side: Side, model: ModelServer) -> str:
    place = await _asked(side, ENDS, side.fresh_direct(), "lease.md")
    (first,) = await side.replies(place)
    await side.ask("And after how many months does that bicycle lease end?", place, mention=False)
    second = (await side.replies(place, 2))[-1]
    for seen in (first, second):
        assert "36 months" in seen.words
        assert any(link.endswith("lease.md") for link in seen.links)
    return "yes, and cited by its name"


@behaviour("An image is said to be unread, and the words are answered")
async def _(side: Side, model: ModelServer) -> str:
    place = await _asked(side, LEAVE, side.fresh_direct(), "screen.png")
    (seen,) = await side.replies(place)
    assert "30 days" in seen.words
    assert "I can't read images" in seen.words
    return "yes"


@behaviour(
    "A file that is attached in a channel is read",
    why="Teams hands files to a bot in its personal chat only; the reply says so, and answers.",
)
async def _(side: Side, model: ModelServer) -> str:
    question, answer = (ENDS, "36 months") if side.name == "Slack" else (LEAVE, "30 days")
    place = await _asked(side, question, side.fresh_channel(), "lease.md")
    (seen,) = await side.replies(place)
    assert answer in seen.words
    is_told = "files reach me in our personal chat only" in seen.words
    assert is_told is (side.name == "Teams")
    return "the person is told where to send it" if is_told else "yes"
