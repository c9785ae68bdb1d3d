"""Dialogs that a button of a card opens: Teams asks for what is in them, and waits for it."""

from dataclasses import replace

from adapters.ports import MessageHandlers
from adapters.teams.controls import action_in, shown_again, submission_in, within
from adapters.teams.dialogs import Dialogs, dialog_of, done_dialog, form_again, words_dialog
from adapters.teams.events import TeamsActivity, reference_in
from adapters.teams.mends import Json
from adapters.teams.people import TeamsPeople
from adapters.teams.references import Reference, References, at_hand
from adapters.teams.security import Trusted

_NOT_OURS = "I don't know this button any more. Please ask for the list again."


class CardDialogs:
    """Answers the invokes of cards with dialogs."""

    def __init__(
        self,
        handlers: MessageHandlers,
        people: TeamsPeople,
        references: References,
        dialogs: Dialogs,
    ) -> None:
        self._handlers = handlers
        self._people = people
        self._references = references
        self._dialogs = dialogs

    async def fetch(self, activity: TeamsActivity, trusted: Trusted) -> Json:
        """Return the dialog that the pressed button opens.

        Raises:
            NotAcceptedError: It could not be taken.
        """
        action = action_in(within(activity), trusted)
        if action is None:
            return words_dialog(_NOT_OURS)
        reference = await self._kept(activity, trusted)
        person = await self._people.known(action.person, reference)
        async with self._dialogs.waiting() as (trigger, shown):
            await self._handlers.on_action(replace(action, trigger=trigger, person=person))
            return await dialog_of(shown)

    async def submit(self, activity: TeamsActivity, trusted: Trusted) -> Json:
        """Take the form of a dialog, and return what is shown after it; errors as above."""
        filled = within(activity)
        submission = submission_in(filled, trusted)
        if submission is None:
            return words_dialog(_NOT_OURS)
        reference = await self._kept(activity, trusted)
        person = await self._people.known(submission.person, reference)
        wrong = await self._handlers.on_submission(replace(submission, person=person))
        return form_again(shown_again(filled), submission, wrong) if wrong else done_dialog()

    async def _kept(self, activity: TeamsActivity, trusted: Trusted) -> Reference:
        reference = reference_in(activity, trusted)
        await self._references.keep(reference)
        at_hand.set(reference)
        return reference
