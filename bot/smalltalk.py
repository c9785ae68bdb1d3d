"""Recognises messages that are no question: greetings, thanks, emoji."""

import re

_EMOJI_CODE = re.compile(r":[a-z0-9_+'-]+:", re.IGNORECASE)
_GREETING = re.compile(
    r"(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening)|guten (?:morgen|tag|abend)|moin)"
    r"(?: (?:there|all|everyone|citewell|zusammen))?",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:(?:many )?thanks(?: a lot| so much)?|thank you(?: (?:very|so) much)?|thx|ty|danke"
    r"(?: schön| sehr)?|great|perfect|cool|nice|ok|okay|got it)",
    re.IGNORECASE,
)

ASK_ME = (
    "Ask me something about the company's documents, in your own words. For example: "
    "_How many days of leave do I have?_ I answer with links to the sources."
)
WELCOME = "You're welcome. Ask me anything else about the company's documents."


def small_talk_reply(text: str) -> str | None:
    """Return the reply to a message that asks nothing; None for anything else."""
    words = re.sub(r"[\W_]+", " ", _EMOJI_CODE.sub(" ", text)).strip()
    if not words:
        return ASK_ME
    if _GREETING.fullmatch(words):
        return f"Hello! {ASK_ME}"
    if _THANKS.fullmatch(words):
        return WELCOME
    return None
