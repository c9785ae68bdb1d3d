"""Thumbs, why, and the reviewers' queue: an expert writes what the answer should have been."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from adapters.ports import ChatAdapter
from adapters.types import (
    Button,
    FieldKind,
    Form,
    FormField,
    IncomingAction,
    IncomingSubmission,
    Reply,
)
from bot.commands.registry import Call, Command, Commands, wrong
from bot.controls.chatconfig import Role
from bot.controls.configstore import ConfigStore
from bot.feedback.shown import Shown
from bot.feedback.store import PROPOSED, Candidate, FeedbackStore, Vote
from bot.feedback.verified import MAX_WORDINGS, Verified
from bot.interactions.registry import Interactions
from bot.language.texts import said
from bot.record.pseudonyms import Pseudonyms

_WHY, RIGHT = "feedback-why", "review-right"
_ANSWER, _DISMISS = "review-answer", "review-dismiss"
_REASONS = ("wrong", "outdated", "missing", "not_permitted", "too_long", "other")
_SHOWN = 5
_MAX_QUOTED = 400
_VALID_DAYS, _MAX_VALID_DAYS = 180, 3 * 366


class Reviewing:
    """Handles the thumbs and the queue; registers its buttons, forms and commands."""

    def __init__(
        self,
        *,
        feedback: FeedbackStore,
        store: ConfigStore,
        interactions: Interactions,
        commands: Commands,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._feedback = feedback
        self._answers = feedback.verified
        self._store = store
        self._interactions = interactions
        self._commands = commands
        self._pseudonyms = pseudonyms
        interactions.on_action("feedback", self._voted)
        interactions.on_submission(_WHY, self._explained)
        interactions.on_action(_ANSWER, self._write, is_only_at_once=True)
        interactions.on_action(_DISMISS, self._dismissed)
        interactions.on_submission(RIGHT, self._written)
        commands.add(
            Command(
                name="review",
                summary="Answers that people found wrong, to be put right",
                run=self._queue,
                role=Role.REVIEWER,
            ),
            Command(
                name="verified",
                summary="Answers that experts wrote",
                usage="[remove ID]",
                run=self._verified,
                role=Role.REVIEWER,
            ),
        )

    async def _voted(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        word, _, about = action.value.partition(":")
        if action.thread is None or word not in set(Vote):
            return
        who = await self._pseudonyms.of(action.person, action.platform)
        voted = await self._feedback.vote(action.thread, about, who=who, vote=Vote(word))
        if voted is None:
            await adapter.send_privately(
                action.thread, action.person, Reply(text=said("feedback_gone"))
            )
            return
        if voted.now is Vote.DOWN and action.text:  # a platform that asks why by itself
            await self._feedback.explain(voted.candidate, reason="other", words=action.text)
        elif voted.now is Vote.DOWN and adapter.capabilities.has_forms and action.trigger:
            state = self._interactions.seal(_WHY, action.person, {"candidate": voted.candidate})
            await adapter.open_form(action.trigger, _why(state))
        await adapter.send_privately(
            action.thread, action.person, Reply(text=said(f"feedback_{voted.now}"))
        )

    async def _explained(
        self,
        submission: IncomingSubmission,
        state: Mapping[str, str],
        adapter: ChatAdapter,  # noqa: ARG002 - the thumb was confirmed already
    ) -> Mapping[str, str]:
        reason = submission.values.get("reason", "")
        if reason not in _REASONS:
            return {"reason": said("why_choose")}
        words = submission.values.get("words", "")
        if not await self._feedback.explain(state["candidate"], reason=reason, words=words):
            return {"reason": said("why_gone")}
        return {}

    async def _queue(self, call: Call) -> Reply:
        place = f"{call.platform}:{call.workspace}"
        found = await self._feedback.candidates(place, _SHOWN)
        if not found:
            return Reply(text="Nothing waits for a review.")
        buttons = [
            button
            for number, candidate in enumerate(found, start=1)
            for button in (
                Button(
                    action=_ANSWER,
                    label=f"Put {number} right",
                    value=candidate.id,
                    opens_form=True,
                ),
                Button(action=_DISMISS, label=f"Dismiss {number}", value=candidate.id),
            )
        ]
        text = "\n\n".join(_listed(n, each) for n, each in enumerate(found, start=1))
        return Reply(text=text, buttons=tuple(buttons))

    async def _write(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        candidate = await self._allowed(action, adapter)
        if candidate is not None:
            state = self._interactions.seal(RIGHT, action.person, {"candidate": candidate.id})
            is_proposed = candidate.reason == PROPOSED
            form = right_form(candidate.shown, state, has_answer=is_proposed)
            await adapter.open_form(action.trigger, form)

    async def _dismissed(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        candidate = await self._allowed(action, adapter)
        if candidate is None or action.thread is None:
            return
        await self._store.change(_who(action), f"review dismissed {candidate.id}", lambda c: c)
        await self._feedback.dismiss(candidate.id)
        await adapter.send_privately(action.thread, action.person, Reply(text="Dismissed."))

    async def _allowed(self, action: IncomingAction, adapter: ChatAdapter) -> Candidate | None:
        """Return the candidate that a reviewer pressed for, of their own workspace."""
        role = await self._commands.role(action.person, action.platform)
        candidate = await self._feedback.candidate(action.value)
        place = f"{action.platform}:{action.workspace}"
        if role.rank < Role.REVIEWER.rank:
            text = "That is for a Citewell reviewer."
        elif candidate is None or candidate.place != place:
            text = "Somebody has dealt with that one already."
        else:
            return candidate
        await adapter.tell(action, Reply(text=text))
        return None

    async def _written(
        self,
        submission: IncomingSubmission,
        state: Mapping[str, str],
        adapter: ChatAdapter,  # noqa: ARG002 - the form closes, and `verified` shows it
    ) -> Mapping[str, str]:
        role = await self._commands.role(submission.person, submission.platform)
        if role.rank < Role.REVIEWER.rank:
            return {"question": "That is for a Citewell reviewer."}
        values = submission.values
        if problems := _problems(values):
            return problems
        place = f"{submission.platform}:{submission.workspace}"
        until = datetime.combine(date.fromisoformat(values["until"]), time.max, UTC)
        verified = Verified(
            question=values["question"],
            answer=values["answer"],
            title=values["title"],
            url=values["url"],
            expert=submission.person.name or submission.person.id,
            at_s=datetime.now(UTC).timestamp(),
            expires_s=until.timestamp(),
            wordings=_lines(values.get("wordings", "")),
            by=await self._pseudonyms.of(submission.person, submission.platform),
        )
        try:
            name = await self._answers.verify(place, verified)
        except ValueError as error:
            return {"question": f"{error}."}
        await self._feedback.dismiss(state["candidate"])
        await self._store.change(_who(submission), f"review verified {name}", lambda c: c)
        return {}

    async def _verified(self, call: Call) -> Reply:
        place = f"{call.platform}:{call.workspace}"
        match call.words:
            case ("remove", name):
                if not await self._answers.remove(place, name):
                    wrong("There is none of that id.")
                await self._store.change(call.who, f"verified removed {name[:40]}", lambda c: c)
                return Reply(text="Removed: the documents answer that question again.")
            case (_, *_):
                wrong("Say `remove` and an id, or nothing.")
        known = await self._answers.all(place)
        lines = [
            f"- `{name}` {each.question[:100]} ({each.expert}, until "
            f"{datetime.fromtimestamp(each.expires_s, UTC):%Y-%m-%d})"
            for name, each in list(known.items())[:30]
        ]
        return Reply(text="\n".join(lines) or "No expert wrote an answer yet.")


def _why(state: str) -> Form:
    return Form(
        name=_WHY,
        title=said("why_title"),
        submit=said("form_send"),
        cancel=said("form_cancel"),
        missing=said("form_fill"),
        state=state,
        fields=(
            FormField(
                name="reason",
                label=said("why_reason"),
                kind=FieldKind.CHOICE,
                choices=tuple((each, said(f"reason_{each}")) for each in _REASONS),
            ),
            FormField(
                name="words",
                label=said("why_words"),
                kind=FieldKind.LONG_TEXT,
                is_optional=True,
                max_chars=2_000,
            ),
        ),
    )


def right_form(shown: Shown, state: str, *, has_answer: bool) -> Form:
    """Return the form by which an expert writes the right answer, or takes over the one shown."""
    until = datetime.now(UTC).date() + timedelta(days=_VALID_DAYS)
    url, title = (next(iter(known), "") for known in (shown.sources, shown.titles))
    return Form(
        name=RIGHT,
        title=said("right_title"),
        submit=said("form_save"),
        cancel=said("form_cancel"),
        missing=said("form_fill"),
        state=state,
        intro=said("right_intro"),
        fields=(
            FormField(
                name="question",
                label=said("right_question"),
                initial=shown.question[:500],
                max_chars=500,
            ),
            FormField(
                name="answer",
                label=said("right_answer"),
                kind=FieldKind.LONG_TEXT,
                initial=shown.answer if has_answer else "",
            ),
            FormField(
                name="title",
                label=said("right_source"),
                initial=title[:200],
                max_chars=200,
            ),
            FormField(name="url", label=said("keep_url"), initial=url, max_chars=500),
            FormField(
                name="wordings",
                label=said("right_wordings"),
                kind=FieldKind.LONG_TEXT,
                hint=said("right_wordings_hint"),
                max_chars=2_000,
                is_optional=True,
            ),
            FormField(
                name="until",
                label=said("right_until"),
                kind=FieldKind.DATE,
                initial=until.isoformat(),
            ),
        ),
    )


def _problems(values: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: said("form_fill")
        for name in ("question", "answer", "title", "url", "until")
        if not values.get(name, "").strip()
    }
    if found:
        return found
    if not is_address(values["url"]):
        found["url"] = said("form_address")
    today = datetime.now(UTC).date()
    try:
        until = date.fromisoformat(values["until"])
    except ValueError:
        return {**found, "until": said("right_date")}
    if not today < until <= today + timedelta(days=_MAX_VALID_DAYS):
        found["until"] = said("right_range")
    return found


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (line.strip() for line in text.splitlines())))[:MAX_WORDINGS]


def is_address(text: str) -> bool:
    """Return whether `text` is the address of a page."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and " " not in text


def _listed(number: int, candidate: Candidate) -> str:
    is_known = candidate.reason in {*_REASONS, PROPOSED}
    reason = said(f"reason_{candidate.reason}") if is_known else said("reason_none")
    words = f": {candidate.words[:_MAX_QUOTED]}" if candidate.words else ""
    return (
        f"**{number}. {candidate.shown.question[:_MAX_QUOTED]}**\n\n"
        f"{candidate.shown.answer[:_MAX_QUOTED]}\n\n_{reason}{words}_"
    )


def _who(by: IncomingAction | IncomingSubmission) -> str:
    return f"user:{by.platform}:{by.person.workspace}:{by.person.id}"
