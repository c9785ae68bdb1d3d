"""Recognises messages that are no question: greetings, thanks, emoji, a wish for a human."""

import re

from bot.language.texts import said

_EMOJI_CODE = re.compile(r":[a-z0-9_+'-]+:", re.IGNORECASE)
_GREETING = re.compile(
    r"(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening)|guten (?:morgen|tag|abend)|moin"
    r"|servus|bonjour|bonsoir|salut|hola|buen(?:os d\u00edas|as tardes|as noches|as))"
    r"(?: (?:there|all|everyone|citewell|zusammen|alle|tous|toutes|\u00e0 tous|a todos|a todas))?",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:(?:many )?thanks(?: a lot| so much)?|thank you(?: (?:very|so) much)?|thx|ty"
    r"|(?:vielen )?danke?(?: schön| sehr)?|merci(?: beaucoup| bien)?|(?:muchas )?gracias"
    r"|great|perfect|cool|nice|ok|okay|got it|super|alles klar|parfait|perfecto|vale)",
    re.IGNORECASE,
)
_HUMAN = re.compile(
    r"(?:(?:can|could|may) i |i(?: would|'d)? (?:like|want|need)(?: to)? |please )?"
    r"(?:(?:speak|talk) (?:to|with) |get |ask )?(?:a human|a person|somebody real|a real person)"
    r"(?:,? please)?"
    r"|(?:bitte )?(?:einen? )?mensch(?:en)?(?:,? bitte)?"
    r"|(?:kann|könnte) ich (?:bitte )?mit (?:einem menschen|jemandem) (?:sprechen|reden)"
    r"|ich (?:möchte|will|würde gern(?:e)?) (?:bitte )?mit (?:einem menschen|jemandem)"
    r" (?:sprechen|reden)"
    r"|un humain(?:,? s'il (?:vous|te) pla\u00eet)?"
    r"|(?:je (?:voudrais|veux)|puis-je|est-ce que je peux)"
    r" parler (?:à|avec) (?:un humain|quelqu'un)"
    r"(?:,? s'il (?:vous|te) pla\u00eet)?"
    r"|una persona(?:,? por favor)?"
    r"|(?:¿?puedo|quiero|quisiera|me gustaría) hablar con (?:una persona|alguien)(?:,? por favor)?",
    re.IGNORECASE,
)


def small_talk_reply(text: str) -> str | None:
    """Return the reply to a message that asks nothing; None for anything else."""
    words = re.sub(r"[\W_]+", " ", _EMOJI_CODE.sub(" ", text)).strip()
    if not words:
        return said("ask_me")
    if _GREETING.fullmatch(words):
        return said("hello", ask_me=said("ask_me"))
    if _THANKS.fullmatch(words):
        return said("welcome")
    return None


def asks_for_human(text: str) -> bool:
    """Return whether a message asks for a human, and nothing else."""
    return bool(_HUMAN.fullmatch(" ".join(text.split()).strip("?!. \u00bf\u00a1")))
