"""Finds what nobody at work should be left alone with, or helped with: a few plain rules.

They take what is said in so many words, in English and German, and let through what is said in
others: docs/security.md has the rates. What an answer quotes from the company's own documents is
held to fewer of them: a page about help in a crisis names the crisis.
"""

# ruff: noqa: E501 - a rule is read in one piece

import asyncio
import re

from guardrails.types import Verdict

MODERATION = "moderation"
SELF_HARM = "self_harm"
VIOLENCE = "violence"
SEXUAL_MINORS = "sexual_minors"
HATE = "hate"

_MAX_CHARS = 40_000
_INLINE_CHARS = 2_000
_PEOPLE = (
    r"(?:him|her|you|everyone|everybody|somebody|someone|people|"
    r"(?:my|our|the|this|that|these|those) (?:\w+ )?(?:boss|manager|supervisor|colleagues?|"
    r"co-?workers?|team ?mates?|wife|husband|girlfriend|boyfriend|neighbou?rs?|family|ceo|"
    r"customers?|teachers?|students?|guy|woman|man|bitch|bastard))"
)
_GROUPS = (
    r"(?:jews|muslims|christians|blacks|black people|whites|white people|asians|arabs|mexicans|"
    r"immigrants|migrants|refugees|gays|gay people|homosexuals|lesbians|trans people|women|gypsies|"
    r"roma|disabled people|indians|turks|juden|muslime|ausl(?:ä|ae)nder|fl(?:ü|ue)chtlinge)"
)
_CHILDREN = (
    r"(?:(?:a|an|the|my|some|young|little|underage|small) )*"
    r"(?:child(?:ren)?|minors?|kids?|toddlers?|pre-?teens?|underage (?:girls?|boys?)|"
    r"(?:[1-9]|1[0-7])[- ]years?[- ]olds?)"
)
_EVERYWHERE = (
    (
        SELF_HARM,
        (
            r"\b(?:you should|just|go(?: and)?|why don't you) (?:kill yourself|end your (?:own )?life|"
            r"hang yourself|cut yourself)\b|\bbring dich um\b"
        ),
    ),
    (
        VIOLENCE,
        (
            rf"\b(?:i|we)(?:'m| am| are|'re)?(?:'ll| will| shall| want to| wanna| going to| gonna|"
            rf" would love to| plan to| have to| need to)(?: really| just)? "
            rf"(?:kill|murder|stab|strangle|poison|shoot(?! {_PEOPLE} (?:an?|the|some|over|back)\b)|"
            rf"beat up|burn down|hurt|harm|rape) {_PEOPLE}\b(?!'s\b)"
        ),
    ),
    (
        VIOLENCE,
        (
            r"\b(?:i|we)(?:'m| am| are|'re|'ll| will| want to| wanna| going to| gonna| plan to)+[^.\n]{0,30}"
            r"\b(?:shoot up|bomb|blow up|bring (?:a|my) gun to) (?:the |this |our |my )?"
            r"(?:office|school|building|work|company|church|mosque|synagogue)\b"
        ),
    ),
    (
        VIOLENCE,
        r"\bich (?:werde|will) (?:ihn|sie|dich|euch|alle) (?:umbringen|töten|erschießen|abstechen)\b",
    ),
    (
        SEXUAL_MINORS,
        (
            rf"\b(?:nude|naked|sexy|erotic|porn(?:ographic)?|sexual(?:ly explicit)?|sex) "
            rf"(?:pic(?:ture)?s?|photos?|images?|videos?|films?|stor(?:y|ies)|content|scenes?|roleplay) "
            rf"(?:of|with|about|involving|featuring) {_CHILDREN}\b|"
            rf"\b(?:have sex|sleep|hook up) with {_CHILDREN}\b"
        ),
    ),
    (
        HATE,
        (
            rf"\b(?:all|those|these|the) {_GROUPS} (?:should|must|deserve to|need to|have to) "
            rf"(?:all )?(?:die|be (?:killed|gassed|shot|exterminated|hanged|burned))\b|"
            rf"\b(?:i|we) (?:really |just )?hate (?:all |those |these )?{_GROUPS}\b|"
            rf"\b(?:gas|exterminate|kill all) (?:the |all )?{_GROUPS}\b|"
            rf"\b{_GROUPS} (?:are|sind) (?:all )?(?:subhuman|vermin|parasites|untermenschen|ungeziefer)\b"
        ),
    ),
    (
        HATE,
        r"\bn[i1]gg(?:er|a)s?\b|\bf[a@]gg[o0]ts?\b|\bk[i1]kes\b|\bragheads?\b|\bwetbacks?\b|\bsand n[i1]gg\w+",
    ),
)
_IN_QUESTIONS = (
    (
        SELF_HARM,
        (
            r"\b(?:i|i'm|i'd|i've)\b[^.!?\n]{0,40}\b(?:want|wanted|going|plan(?:ning)?|thinking (?:of|about)|"
            r"thought (?:of|about)|about|need|feel like|ready|decided|try|tried|keep)\b(?: to)?[^.!?\n]{0,15}"
            r"\b(?:kill(?:ing)?|hang(?:ing)?|hurt(?:ing)?|cut(?:ting)?|harm(?:ing)?|shoot(?:ing)?) myself\b"
            r"(?! (?:off|out|short|some|a))"
        ),
    ),
    (SELF_HARM, r"\b(?:end|ending|take|taking) my (?:own )?life\b(?! (?:insurance|savings))"),
    (SELF_HARM, r"\bi (?:just |really )?(?:want|wish|wanna)(?: to| i could| i was| i were)? (?:die|dead|be dead)\b(?! of)"),
    (SELF_HARM, r"\bi(?: just| really)? (?:do not|don't|no longer) want to (?:live|be alive|exist)\b"),
    (SELF_HARM, r"\b(?:i am|i'm|i feel|feeling|i have been) suicidal\b"),
    (SELF_HARM, r"\b(?:how (?:do|can|could|would) i|how to|best way to|ways to|painless(?:ly)?)\b[^.!?\n]{0,30}\bcommit(?:ting)? suicide\b"),
    (SELF_HARM, r"\bich (?:will|möchte|werde)[^.!?\n]{0,20}\b(?:mich umbringen|nicht mehr leben|sterben|mir das leben nehmen)\b"),
    (
        VIOLENCE,
        (
            r"\bhow (?:do|can|could|would|to)\b(?: i| we| you)?[^.!?\n]{0,15}"
            r"\b(?:make|build|assemble|construct) (?:an? |my own )?(?:pipe bomb|bomb|molotov cocktail|"
            r"explosive device|nerve agent|nail bomb)\b|"
            rf"\bhow (?:do|can|could|to)(?: i| we)? (?:kill|murder|poison|strangle) {_PEOPLE}\b"
        ),
    ),
    (SEXUAL_MINORS, r"^(?!.*\b(?:report|polic|law|legal|prevent|protect|detect|train|block|ban)\w*).*\b(?:child (?:porn\w*|sex\b)|kiddie porn)"),
)  # fmt: skip


class RuleModerator:
    """Judges by rules; long texts off the event loop."""

    def __init__(self) -> None:
        self._everywhere = _compiled(_EVERYWHERE)
        self._in_questions = (*self._everywhere, *_compiled(_IN_QUESTIONS))

    async def judge(self, text: str, *, is_answer: bool) -> Verdict | None:
        if len(text) <= _INLINE_CHARS:
            return self.judged(text, is_answer=is_answer)
        return await asyncio.to_thread(self.judged, text, is_answer=is_answer)

    def judged(self, text: str, *, is_answer: bool) -> Verdict | None:
        """Return what the first rule that fits says of `text`."""
        plain = " ".join(text[:_MAX_CHARS].replace("\u2019", "'").split())
        for kind, rule in self._everywhere if is_answer else self._in_questions:
            if rule.search(plain):
                return Verdict(kind=MODERATION, action="refuse", reason=kind)
        return None


def _compiled(rules: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(form, re.IGNORECASE)) for kind, form in rules)
