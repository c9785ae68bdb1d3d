"""Keep this answer: a reviewer verifies it at once, everybody else proposes it to the reviewers."""

from collections.abc import Mapping

from adapters.ports import ChatAdapter
from adapters.types import (
    FieldKind,
    Form,
    FormField,
    IncomingAction,
    IncomingSubmission,
    Reply,
    ThreadId,
)
from bot.commands.registry import Commands
from bot.controls.chatconfig import Role
from bot.controls.configstore import ConfigStore
from bot.feedback.shown import Shown
from bot.feedback.store import FeedbackStore
from bot.interactions.registry import Interactions
from bot.language.texts import said
from bot.people.reviewing import RIGHT, Reviewing, is_address, right_form
from bot.record.pseudonyms import Pseudonyms

KEEP = "keep-answer"
_PROPOSE = "keep-propose"


class Proposing:
    """Opens the form for a message, as the rights of who wants to keep it are, and takes it."""

    def __init__(
        self,
        *,
        feedback: FeedbackStore,
        interactions: Interactions,
        commands: Commands,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._feedback = feedback
        self._interactions = interactions
        self._commands = commands
        self._pseudonyms = pseudonyms
        interactions.on_action(KEEP, self._keep, is_only_at_once=True)
        interactions.on_submission(_PROPOSE, self._proposed)

    async def _keep(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        if action.thread is None:
            return
        if action.person.is_guest:
            await adapter.tell(action, Reply(text=said("keep_for_colleagues")))
            return
        shown = await self._feedback.shown(action.thread, action.message_id)
        # What is no answer of ours, or an old one, is kept as it stands: its question is not known.
        shown = shown or Shown(question="", answer=action.text, sources=())
        if not shown.answer.strip():
            await adapter.tell(action, Reply(text=said("keep_no_words")))
            return
        role = await self._commands.role(action.person, action.platform)
        if role.rank >= Role.REVIEWER.rank:
            state = self._interactions.seal(RIGHT, action.person, {"candidate": ""})
            await adapter.open_form(action.trigger, right_form(shown, state, has_answer=True))
            return
        fields = {"thread": str(action.thread), "message": action.message_id}
        state = self._interactions.seal(_PROPOSE, action.person, fields)
        await adapter.open_form(action.trigger, _form(shown, state))

    async def _proposed(
        self, submission: IncomingSubmission, state: Mapping[str, str], adapter: ChatAdapter
    ) -> Mapping[str, str]:
        if submission.person.is_guest:
            return {"question": said("keep_for_colleagues")}
        values = {name: value.strip() for name, value in submission.values.items()}
        missing = [name for name in ("question", "answer") if not values.get(name)]
        if missing:
            return dict.fromkeys(missing, said("form_fill"))
        url = values.get("url", "")
        if url and not is_address(url):
            return {"url": said("form_address")}
        taken = await self._feedback.propose(
            f"{submission.platform}:{submission.workspace}",
            Shown(
                question=values["question"],
                answer=values["answer"],
                sources=(url,) if url else (),
            ),
            about=f"{state['thread']} {state['message']}",
            who=await self._pseudonyms.of(submission.person, submission.platform),
        )
        if not taken:
            return {"question": said("keep_too_many")}
        thread = ThreadId.parse(state["thread"])
        await adapter.send_privately(thread, submission.person, Reply(text=said("keep_proposed")))
        return {}


def review(
    feedback: FeedbackStore,
    store: ConfigStore,
    *,
    interactions: Interactions,
    commands: Commands,
    pseudonyms: Pseudonyms,
) -> None:
    """Let people say what they think of answers, keep them, and put them right."""
    Reviewing(
        feedback=feedback,
        store=store,
        interactions=interactions,
        commands=commands,
        pseudonyms=pseudonyms,
    )
    Proposing(
        feedback=feedback,
        interactions=interactions,
        commands=commands,
        pseudonyms=pseudonyms,
    )


def _form(shown: Shown, state: str) -> Form:
    return Form(
        name=_PROPOSE,
        title=said("keep_title"),
        submit=said("keep_submit"),
        cancel=said("form_cancel"),
        missing=said("form_fill"),
        state=state,
        intro=said("keep_intro"),
        fields=(
            FormField(
                name="question",
                label=said("keep_question"),
                initial=shown.question[:500],
                max_chars=500,
            ),
            FormField(
                name="answer",
                label=said("keep_answer"),
                kind=FieldKind.LONG_TEXT,
                initial=shown.answer,
            ),
            FormField(
                name="url",
                label=said("keep_url"),
                initial=next(iter(shown.sources), ""),
                max_chars=500,
                is_optional=True,
            ),
        ),
    )
