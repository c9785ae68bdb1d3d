"""Each form, home and message of ours, filled as in use."""

import time

from adapters.types import (
    Button,
    ButtonStyle,
    Citation,
    Confirmation,
    FieldKind,
    Form,
    FormField,
    Home,
    HomeLine,
    HomeSection,
    Reply,
)
from bot.controls.chatconfig import Limit
from bot.controls.ownlanguage import CHOICES, chosen, label_of
from bot.controls.usage import MESSAGES, MICRO_USD, TOKENS
from bot.feedback.shown import Shown
from bot.language.manner import Manner, speaking
from bot.language.texts import counted, said
from bot.people.homelines import ago, left_lines
from bot.people.proposing import _form
from bot.people.reviewing import _why, right_form

SHOWN = Shown(
    question="How many days of annual leave do I get?",
    answer="Everyone at Brindlemoor has 30 days of paid annual leave a year.",
    sources=("https://docs.brindlemoor.example/handbook/leave/",),
)
FORMS = {
    "why": _why("state"),
    "right": right_form(SHOWN, "state", has_answer=True),
    "propose": _form(SHOWN, "state"),
    "every-field": Form(
        name="parity",
        title="Tell us why",
        intro="It helps us to mend the documents.",
        fields=(
            FormField(name="kind", label="What is wrong?", kind=FieldKind.CHOICE,
                      choices=(("old", "It is out of date"), ("no", "It is not true"))),
            FormField(name="words", label="Your words", kind=FieldKind.LONG_TEXT, hint="Briefly"),
            FormField(name="until", label="Until", kind=FieldKind.DATE, is_optional=True),
        ),
    ),
}  # fmt: skip


def _press(*labels: str) -> tuple[Button, ...]:
    return tuple(Button(action="home", label=label, value=label.lower()) for label in labels)


_OWN = (
    HomeSection(
        title="Your questions",
        lines=(
            HomeLine(
                text="How many days of annual leave do I get?",
                detail="2 hours ago, answered, you found it helpful",
                url="https://app.slack.com/client/T0/C0/thread/C0-1.1",
            ),
            HomeLine(
                text="May I bring *my* dog <to> the [office](x)?",
                detail="3 days ago, nothing found in the documents",
                url="https://app.slack.com/client/T0/C0/thread/C0-1.2",
            ),
        ),
        buttons=_press("What is kept of you", "Help"),
    ),
    HomeSection(
        title="What you may read",
        lines=(
            HomeLine(text="handbook", detail="1,204 documents"),
            HomeLine(text="jira", detail="311 documents"),
            HomeLine(text="files", detail="1 document"),
        ),
    ),
    HomeSection(
        title="Left for today",
        lines=(
            HomeLine(text="17 of 20 questions", detail="for you, until midnight (UTC)"),
            HomeLine(text="48.20 of 50.00 USD", detail="for the company, until midnight (UTC)"),
        ),
    ),
    HomeSection(
        title="Your feedback",
        lines=(HomeLine(text="4 helpful, 1 not helpful. The thumbs change it at any time."),),
    ),
)
_LOOKED_AFTER = (
    HomeSection(
        title="For review",
        lines=(
            HomeLine(text="3 answers that people found wrong", detail="the oldest: 2 days ago"),
        ),
        buttons=_press("Review"),
    ),
    HomeSection(
        title="Without an answer",
        lines=(
            HomeLine(
                text="Can I lease a bicycle through the company?",
                detail="asked 7 times by 5 people since 2026-10-02",
            ),
            HomeLine(
                text="Who is <PERSON>'s deputy?",
                detail="asked once by one person since 2026-11-20",
            ),
        ),
        buttons=_press("All of them"),
    ),
    HomeSection(
        title="Old documents",
        lines=(
            HomeLine(text="214 documents unchanged for a year", detail="handbook 200, jira 14"),
            HomeLine(text="Expenses policy 2021", detail="handbook, last changed 2021-03-04"),
        ),
    ),
    HomeSection(
        title="How Citewell is",
        lines=(
            HomeLine(text="model", detail="degraded: circuit open since 2026-11-24 22:10 UTC"),
            HomeLine(text="Well: redis, index, slack"),
        ),
        buttons=_press("Sources", "Usage", "Changes"),
    ),
)


def _german() -> Home:
    """Return the home of somebody who reads the language with the longest words."""
    day_s, now_s = 24 * 3600, time.time()
    left = left_lines(
        Limit(messages=20, tokens=1_200_000, usd=50.0),
        {MESSAGES: 3, TOKENS: 48_210, MICRO_USD: 1_800_000},
        "company",
    )
    asked = (
        ("Wie viele Tage Jahresurlaub bekomme ich?", 2 * 3600, "answered", "home_thumb_down"),
        ("Darf ich meinen Hund ins Büro mitbringen?", 3 * day_s, "no_evidence", ""),
    )
    questions = tuple(
        HomeLine(
            text=text,
            detail=f"{ago(now_s - s)}, {said(f'home_ended_{how}')}{said(thumb) if thumb else ''}",
            url="https://app.slack.com/client/T0/C0/thread/C0-1.1",
        )
        for text, s, how, thumb in asked
    )
    own, well = HomeLine(text=chosen("de")), HomeLine(text=said("home_well", names="redis, index"))
    keys = ("questions", "budget", "language", "review", "state")
    lines = (questions, left, (own,), (HomeLine(text=counted("home_review", 3)),), (well,))
    labels: tuple[list[str], ...] = (
        [said("home_my_data_button"), said("home_help_button")],
        [],
        [label_of(choice) for choice in CHOICES if choice != "de"],
        [said("home_review_button"), said("home_verified_button")],
        [said(f"home_{name}_button") for name in ("sources", "usage", "changes")],
    )
    return Home(
        sections=tuple(
            HomeSection(title=said(f"home_title_{key}"), lines=line, buttons=_press(*label))
            for key, line, label in zip(keys, lines, labels, strict=True)
        )
    )


with speaking(Manner(language="de")):
    _GERMAN = {"home-german": _german()}
    FORMS["why-german"] = _why("state")
    FORMS["right-german"] = right_form(SHOWN, "state", has_answer=True)
HOMES = {
    **_GERMAN,
    "home-person": Home(sections=_OWN),
    "home-administrator": Home(sections=(*_OWN, *_LOOKED_AFTER)),
}
_SURE = Confirmation(title="Remove it?", text="This can't be undone.", yes="Remove", no="Keep")
SOURCE = Citation(
    number=1,
    title="Annual leave [2026] *new*",
    heading="How many days you get",
    url="https://docs.brindlemoor.example/handbook/leave/#how-(many)-days",
    quote="Everyone at Brindlemoor has 30 days of paid annual leave a year. <b>Plan</b> ahead.",
)
_SECOND = Citation(number=2, title="Holidays.pdf", heading="", url="file:x", quote="")
REPLIES = {
    "answer": Reply(
        text="Everyone at Brindlemoor has **30 days** of paid annual leave a year. [1]\n\n"
        "| Year | Days |\n|---|---|\n| 2025 | 28 |\n| 2026 | 30 |\n\n- Plan ahead\n- Ask early [2]",
        citations=(SOURCE, _SECOND),
        feedback="1.1",
        buttons=(Button(action="a", label="Ask a human"),),
    ),
    "nothing": Reply(
        text="I found nothing in the documents that answers this.",
        closest=(_SECOND,),
        buttons=(Button(action="a", label="Ask a human", style=ButtonStyle.PRIMARY),),
    ),
    "gaps": Reply(
        text="Questions to which the documents had no answer.\n\n"
        "1. `Can I lease a bicycle?`: asked 7 times by 5 people since 2026-10-02 (id `ab12`)",
        buttons=(Button(action="gap-done", label="Done 1", value="ab12"),),
    ),
    "dangerous": Reply(
        text="Everything that is kept of **you** would be erased.",
        buttons=(
            Button(action="b", label="Do it", style=ButtonStyle.DANGER, confirm=_SURE),
            Button(action="c", label="Ask an expert", style=ButtonStyle.PRIMARY),
        ),
    ),
}
