"""Renders replies as Teams takes them: Markdown, citations as entities, sources as a card."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from botbuilder.schema import Activity, Attachment, ChannelAccount, ConversationAccount
from markdown_it.tree import SyntaxTreeNode

from adapters.formatting import plain_text, split_markdown, tree_of
from adapters.sensitivity import highest
from adapters.teams.cards import card_of, fits, source_cards, uncalling
from adapters.teams.controls import button_actions
from adapters.teams.home import home_cards
from adapters.teams.mends import Json, OpenEntity
from adapters.teams.references import Reference
from adapters.types import Citation, Reply

MAX_MESSAGE_CHARS = 12_000
"""A message takes about 100 KB, entities and cards counted, two bytes a character or more."""
_MAX_CITATIONS = 20
_MAX_NAME_CHARS = 80
_MAX_ABSTRACT_CHARS = 160
_MAX_SUMMARY_CHARS = 200
_MAX_TABLE_WIDTH = 76
_BUTTONS_A_CARD = 6
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_IMAGE = re.compile(r"!(?=\[)")
_FEEDBACK: Json = {"feedbackLoop": {"type": "default"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsMessage:
    """One message: Markdown, and what stands around it."""

    text: str
    entities: tuple[Json, ...] = ()
    cards: tuple[Json, ...] = ()
    has_feedback: bool = False


def messages_of(reply: Reply) -> list[TeamsMessage]:
    """Return `reply` as one message, or several where it is longer than one may be."""
    if reply.home is not None:
        return [TeamsMessage(text="", cards=(card,)) for card in home_cards(reply.home)]
    pieces = split_markdown(reply.text, MAX_MESSAGE_CHARS) or ["\u2026"]
    *first, last = [
        TeamsMessage(text=markdown_of(piece), entities=(_label(piece, reply.citations),))
        for piece in pieces
    ]
    cards = closing_cards(reply)
    final = TeamsMessage(
        text=last.text,
        entities=last.entities,
        cards=cards[:1],
        has_feedback=bool(reply.feedback),
    )
    more = [TeamsMessage(text="", cards=(card,)) for card in cards[1:]]
    return [*first, final, *more]


def calling(message: TeamsMessage, people: Sequence[tuple[str, str]]) -> TeamsMessage:
    """Return `message` with a mention of `people` (ids and names) before its words."""
    if not people:
        return message
    marks = [f"<at>{_plain(name)}</at>" for _, name in people]
    mentions: tuple[Json, ...] = tuple(
        {"type": "mention", "text": mark, "mentioned": {"id": each, "name": name}}
        for mark, (each, name) in zip(marks, people, strict=True)
    )
    return replace(
        message,
        text=f"{' '.join(marks)}\n\n{message.text}",
        entities=(*message.entities, *mentions),
    )


def closing_cards(reply: Reply) -> tuple[Json, ...]:
    """Return what stands under the words: the sources, and below them buttons in rows of six.

    The first row stands on the last card of sources where that holds it: each further card is a
    message of its own.
    """
    actions = button_actions(reply.buttons)
    rows = [
        actions[start : start + _BUTTONS_A_CARD]
        for start in range(0, len(actions), _BUTTONS_A_CARD)
    ]
    *sources, last = source_cards(reply) or (None,)
    if last is None:
        return tuple(card_of([], row) for row in rows)
    if rows and fits(both := {**last, "actions": rows[0]}):
        last, rows = both, rows[1:]
    return (*filter(None, sources), last, *(card_of([], row) for row in rows))


def markdown_of(text: str) -> str:
    """Return Markdown that Teams shows as meant: tables in columns, HTML as words, no images."""
    lines = text.split("\n")
    blocks: list[str] = []
    done = 0
    for node in tree_of(text).children:
        if node.map is None:
            continue
        begin, end = node.map
        blocks += lines[done:begin]
        if node.type == "table":
            blocks += _table(node)
        elif node.type in {"fence", "code_block"}:
            blocks += lines[begin:end]
        else:
            blocks += _without_html("\n".join(lines[begin:end])).split("\n")
        done = end
    return "\n".join([*blocks, *lines[done:]]).strip("\n")


def streamed_markdown_of(text: str) -> str:
    """Return the same for a text that still grows, without what may look different when whole."""
    nodes = tree_of(text).children
    if nodes and nodes[-1].type == "table" and nodes[-1].map is not None:
        text = "\n".join(text.split("\n")[: nodes[-1].map[0]])
    return markdown_of(text)


def activity_of(message: TeamsMessage, reference: Reference, *, stream_id: str = "") -> Activity:
    """Return `message` as the Connector takes it, the end of a stream where one is named."""
    entities = list(message.entities)
    if stream_id:
        entities.append({"type": "streaminfo", "streamId": stream_id, "streamType": "final"})
    return Activity(
        type="message",
        text=message.text or None,
        text_format="markdown" if message.text else None,
        summary=plain_text(message.text)[:_MAX_SUMMARY_CHARS] or None,
        entities=[OpenEntity(entity) for entity in entities] or None,
        attachments=[
            Attachment(content_type="application/vnd.microsoft.card.adaptive", content=card)
            for card in message.cards
        ]
        or None,
        channel_data=_FEEDBACK if message.has_feedback else None,
        **_addressed(reference),
    )


def stream_activity_of(
    text: str, reference: Reference, *, kind: str, number: int, stream_id: str
) -> Activity:
    """Return one part of a stream: `informative` or `streaming`, with the whole text so far."""
    info: Json = {"type": "streaminfo", "streamType": kind, "streamSequence": number}
    if stream_id:
        info["streamId"] = stream_id
    return Activity(
        type="typing",
        text=text,
        text_format="markdown",
        entities=[OpenEntity(info)],
        **_addressed(reference),
    )


def typing_activity(reference: Reference) -> Activity:
    """Return the sign that something is being written."""
    return Activity(type="typing", **_addressed(reference))


def prompts_activity(
    welcome: str, head: str, prompts: Sequence[tuple[str, str]], ours: Reference
) -> Activity:
    """Return a greeting in Markdown with questions to press under `head`: title and message."""
    card = card_of(
        [{"type": "TextBlock", "text": head, "wrap": True}],
        [
            {
                "type": "Action.Submit",
                "title": title,
                "data": {"msteams": {"type": "imBack", "value": message}},
            }
            for title, message in prompts
        ],
    )
    return activity_of(TeamsMessage(text=markdown_of(welcome), cards=(card,)), ours)


def _addressed(reference: Reference) -> dict[str, object]:
    recipient = {"recipient": ChannelAccount(id=reference.person)} if reference.person else {}
    return {
        "channel_id": "msteams",
        "from_property": ChannelAccount(id=reference.bot, name=reference.bot_name or None),
        "conversation": ConversationAccount(id=reference.conversation),
        **recipient,
    }


def _label(text: str, citations: Sequence[Citation]) -> Json:
    """Return the entity that says the text is a machine's, and what its `[n]` point to."""
    claims = [
        {
            "@type": "Claim",
            "position": citation.number,
            "appearance": {
                "@type": "DigitalDocument",
                "name": _cut(uncalling(citation.title or citation.url), _MAX_NAME_CHARS),
                "abstract": _cut(_abstract(citation), _MAX_ABSTRACT_CHARS),
                **({"url": citation.url} if _is_link(citation.url) else {}),
                **_usage(citation.sensitivity, "The label of this source."),
            },
        }
        for citation in citations
        if f"[{citation.number}]" in text
    ]
    return {
        "type": "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "@id": "",
        "additionalType": ["AIGeneratedContent"],
        **({"citation": claims[:_MAX_CITATIONS]} if claims else {}),
        **_usage(highest(citations), "The highest label among the sources of this answer."),
    }


def _usage(label: str, description: str) -> Json:
    """Return what says how sensitive a text is, as Teams shows it: a shield and its words."""
    about = {
        "type": "https://schema.org/Message",
        "@type": "CreativeWork",
        "name": label,
        "description": description,
    }
    return {"usageInfo": about} if label else {}


def _abstract(citation: Citation) -> str:
    return citation.quote or citation.heading or citation.title or citation.url


def _cut(text: str, max_chars: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= max_chars else f"{words[: max_chars - 1]}\u2026"


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _without_html(text: str) -> str:
    """Return `text` with HTML as words and images as links, except in code."""
    parts: list[str] = []
    done = 0
    for code in _CODE_SPAN.finditer(text):
        parts += [_plain(text[done : code.start()]), code[0]]
        done = code.end()
    return "".join([*parts, _plain(text[done:])])


def _plain(text: str) -> str:
    return _IMAGE.sub("", text).replace("<", "&lt;")


def _table(node: SyntaxTreeNode) -> Iterator[str]:
    """Yield a narrow table in columns, a wide one as a list of its rows."""
    rows = [
        ["".join(_texts(cell)) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    widths = [max(len(row[n]) if n < len(row) else 0 for row in rows) for n in range(len(rows[0]))]
    head, *body = rows
    if sum(widths) + 2 * len(widths) <= _MAX_TABLE_WIDTH:
        yield "```"
        yield _columns(head, widths)
        yield "  ".join("\u2500" * width for width in widths)
        yield from (_columns(row, widths) for row in body)
        yield "```"
        return
    for row in body:
        cells = (f"{name}: {value}" for name, value in zip(head, row, strict=False))
        yield _without_html(f"- {'; '.join(cells)}")


def _columns(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()


def _texts(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.walk(include_self=False):
        if child.type in {"text", "code_inline"}:
            yield child.content
        elif child.type in {"softbreak", "hardbreak"}:
            yield " "
