"""Buttons and forms as Adaptive Cards, and what comes back when they are pressed."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from adapters.formatting import plain_text
from adapters.teams.cards import card_of, escaped
from adapters.teams.events import PLATFORM, TeamsActivity, mapping, person_in, thread_in
from adapters.teams.mends import Json
from adapters.teams.references import Kind
from adapters.teams.security import Trusted
from adapters.types import (
    Button,
    ButtonStyle,
    Confirmation,
    FieldKind,
    Form,
    FormField,
    IncomingAction,
    IncomingSubmission,
)

FEEDBACK = "feedback"
FETCH, SUBMIT = "task/fetch", "task/submit"
"""What Teams asks when a button opens a dialog, and when the form in it is sent."""
_OURS = "citewell"
_MAX_REASON_CHARS = 2_000
_STYLES = {ButtonStyle.PRIMARY: "positive", ButtonStyle.DANGER: "destructive"}
_INPUTS: Mapping[FieldKind, Json] = {
    FieldKind.TEXT: {"type": "Input.Text"},
    FieldKind.LONG_TEXT: {"type": "Input.Text", "isMultiline": True},
    FieldKind.DATE: {"type": "Input.Date"},
    FieldKind.CHOICE: {"type": "Input.ChoiceSet", "style": "compact"},
}


def button_actions(buttons: Sequence[Button]) -> list[Json]:
    """Return the buttons as a card's actions; one that asks first shows a card that asks."""
    return [_asked(b, b.confirm) if b.confirm else _submit(b, b.label) for b in buttons]


def form_card(form: Form, *, again: Json | None = None) -> Json:
    """Return `form` as a card whose fields, and `again`, are sent with its button."""
    body: list[Json] = [_words(form.title, weight="Bolder", size="Medium")]
    if form.intro:
        body.append(_words(plain_text(form.intro)))
    body += [_input(field, form.missing) for field in form.fields]
    ours: Json = {"form": form.name, "state": form.state}
    data: Json = {_OURS: {**ours, "again": again} if again else ours}
    submit: Json = {"type": "Action.Submit", "title": form.submit, "data": data}
    return card_of(body, [submit])


def action_in(activity: TeamsActivity, trusted: Trusted) -> IncomingAction | None:
    """Return which button was pressed, or None where none of ours was."""
    pressed = mapping(mapping(activity.value).get(_OURS))
    name, value = pressed.get("action"), pressed.get("value")
    if not isinstance(name, str) or not isinstance(value, str):
        return None
    return _action(activity, trusted, name=name, value=value, message_id=activity.reply_to)


def feedback_in(activity: TeamsActivity, trusted: Trusted, about: str) -> IncomingAction | None:
    """Return the thumb that was pressed under an answer that `about` names, with the reason."""
    given = mapping(mapping(activity.value).get("actionValue"))
    thumb = {"like": "up", "dislike": "down"}.get(str(given.get("reaction")))
    if activity.name != "message/submitAction" or thumb is None or not about:
        return None
    return _action(
        activity,
        trusted,
        name=FEEDBACK,
        value=f"{thumb}:{about}",
        message_id=activity.reply_to,
        text=_reason(given.get("feedback")),
    )


def submission_in(activity: TeamsActivity, trusted: Trusted) -> IncomingSubmission | None:
    """Return the form that was sent, or None where none of ours was."""
    sent = mapping(activity.value)
    about = mapping(sent.get(_OURS))
    name, state = about.get("form"), about.get("state")
    if not isinstance(name, str) or not isinstance(state, str):
        return None
    values = {key: value for key, value in sent.items() if key != _OURS and isinstance(value, str)}
    return IncomingSubmission(
        event_id=digest(activity.id, name, state),
        form=name,
        state=state,
        values=values,
        platform=PLATFORM,
        workspace=trusted.tenant,
        person=person_in(activity, trusted),
        trigger=str(thread_in(activity, trusted)),
    )


def shown_again(activity: TeamsActivity) -> object:
    """Return what the card of a sent form was to bring back with it."""
    return mapping(mapping(activity.value).get(_OURS)).get("again")


def within(activity: TeamsActivity) -> TeamsActivity:
    """Return an invoke about a card as if it were the press that the card would bring."""
    data = mapping(mapping(activity.value).get("data"))
    return activity.model_copy(update={"value": data})


def _action(
    activity: TeamsActivity,
    trusted: Trusted,
    *,
    name: str,
    value: str,
    message_id: str,
    text: str = "",
) -> IncomingAction:
    thread = thread_in(activity, trusted)
    return IncomingAction(
        event_id=digest(activity.id, activity.sender.id, name, value, text),
        action=name,
        value=value,
        platform=PLATFORM,
        workspace=trusted.tenant,
        person=person_in(activity, trusted),
        thread=thread,
        message_id=message_id,
        trigger=str(thread),
        is_private=activity.kind is Kind.PERSONAL,
        text=text,
    )


def _reason(feedback: object) -> str:
    """Return why a thumb was pressed: it comes as text, or as JSON in text."""
    found: object = feedback
    if isinstance(feedback, str) and feedback.startswith("{"):
        try:
            found = json.loads(feedback)
        except ValueError:
            found = feedback
    words = mapping(found).get("feedbackText") if isinstance(found, dict) else found
    return words[:_MAX_REASON_CHARS] if isinstance(words, str) else ""


def _submit(button: Button, title: str) -> Json:
    data: Json = {_OURS: {"action": button.action, "value": button.value}}
    if button.opens_form:
        data["msteams"] = {"type": FETCH}
    style = _STYLES.get(button.style)
    return {
        "type": "Action.Submit",
        "title": title,
        "data": data,
        **({"style": style} if style else {}),
    }


def _asked(button: Button, confirm: Confirmation) -> Json:
    card = card_of(
        [_words(confirm.title, weight="Bolder"), _words(plain_text(confirm.text))],
        [_submit(button, confirm.yes)],
    )
    return {"type": "Action.ShowCard", "title": button.label, "card": card}


def _input(field: FormField, missing: str) -> Json:
    choices = [{"value": value, "title": label} for value, label in field.choices]
    initial = field.initial or (field.choices[0][0] if field.choices else "")
    is_text = field.kind in {FieldKind.TEXT, FieldKind.LONG_TEXT}
    return {
        **_INPUTS[field.kind],
        "id": field.name,
        "label": field.label,
        "isRequired": not field.is_optional,
        "errorMessage": missing,
        **({"choices": choices} if choices else {}),
        **({"value": initial} if initial else {}),
        **({"placeholder": field.hint} if field.hint else {}),
        **({"maxLength": field.max_chars} if is_text else {}),
    }


def _words(text: str, **look: str) -> Json:
    return {"type": "TextBlock", "text": escaped(text) or "\u2026", "wrap": True, **look}


def digest(*parts: str) -> str:
    """Return a name of what `parts` tell, the same for the same."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
