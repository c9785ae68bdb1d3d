"""Renders what people press and fill in: buttons, thumbs, confirmations and modals."""

from collections.abc import Iterator, Sequence

from adapters.formatting import plain_text
from adapters.types import Button, ButtonStyle, Confirmation, FieldKind, Form, FormField
from adapters.words import ReplyWords

FEEDBACK = "feedback"
VALUE = "value"
"""The name of the one element in each field."""
_MAX_TITLE_CHARS = 24
_MAX_CHOICES = 100
_MAX_LABEL_CHARS = 75
_MAX_CONFIRM_TITLE, _MAX_CONFIRM_TEXT, _MAX_CONFIRM_BUTTON = 100, 300, 30
_MAX_TEXT_CHARS, _MAX_FIELD_LABEL, _MAX_HINT = 3_000, 2_000, 2_000
_BUTTONS_A_BLOCK = 5


def button_blocks(buttons: Sequence[Button]) -> Iterator[dict[str, object]]:
    """Yield the rows of buttons; a button's number makes its id the only one in its row."""
    for start in range(0, len(buttons), _BUTTONS_A_BLOCK):
        row = buttons[start : start + _BUTTONS_A_BLOCK]
        yield {"type": "actions", "elements": [_button(b, n) for n, b in enumerate(row)]}


def feedback_block(about: str, words: ReplyWords) -> dict[str, object]:
    """Return the two thumbs under an answer that `about` names."""
    thumbs = {
        "type": "feedback_buttons",
        "action_id": f"{FEEDBACK}:0",
        "positive_button": {"text": _plain(words.helpful, 75), "value": f"up:{about}"},
        "negative_button": {"text": _plain(words.not_helpful, 75), "value": f"down:{about}"},
    }
    return {"type": "context_actions", "elements": [thumbs]}


def action_of(action_id: str) -> str:
    """Return the name of the action that a button's id was made of."""
    return action_id.rpartition(":")[0]


def view_of(form: Form) -> dict[str, object]:
    """Return `form` as a modal."""
    blocks: list[dict[str, object]] = []
    if form.intro:
        words = plain_text(form.intro)[:_MAX_TEXT_CHARS]
        blocks.append({"type": "section", "text": _plain(words, _MAX_TEXT_CHARS)})
    return {
        "type": "modal",
        "callback_id": form.name,
        "private_metadata": form.state,
        "title": _plain(form.title, _MAX_TITLE_CHARS),
        "submit": _plain(form.submit, _MAX_TITLE_CHARS),
        "close": _plain(form.cancel, _MAX_TITLE_CHARS),
        "blocks": [*blocks, *(_input(field) for field in form.fields)],
    }


def _button(button: Button, number: int) -> dict[str, object]:
    shown: dict[str, object] = {
        "type": "button",
        "action_id": f"{button.action}:{number}",
        "text": _plain(button.label, _MAX_LABEL_CHARS),
    }
    if button.value:
        shown["value"] = button.value
    if button.style is not ButtonStyle.PLAIN:
        shown["style"] = button.style.value
    if button.confirm is not None:
        shown["confirm"] = _confirm(button.confirm, button.style)
    return shown


def _confirm(confirmation: Confirmation, style: ButtonStyle) -> dict[str, object]:
    shown: dict[str, object] = {
        "title": _plain(confirmation.title, _MAX_CONFIRM_TITLE),
        "text": _plain(confirmation.text, _MAX_CONFIRM_TEXT),
        "confirm": _plain(confirmation.yes, _MAX_CONFIRM_BUTTON),
        "deny": _plain(confirmation.no, _MAX_CONFIRM_BUTTON),
    }
    if style is ButtonStyle.DANGER:
        shown["style"] = style.value
    return shown


def _input(field: FormField) -> dict[str, object]:
    block: dict[str, object] = {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.label, _MAX_FIELD_LABEL),
        "element": _element(field),
        "optional": field.is_optional,
    }
    if field.hint:
        block["hint"] = _plain(field.hint, _MAX_HINT)
    return block


def _element(field: FormField) -> dict[str, object]:
    if field.kind is FieldKind.CHOICE:
        options = [_option(value, label) for value, label in field.choices[:_MAX_CHOICES]]
        chosen = next((o for o in options if o["value"] == field.initial), options[0])
        return {
            "type": "static_select",
            "action_id": VALUE,
            "options": options,
            "initial_option": chosen,
        }
    if field.kind is FieldKind.DATE:
        date: dict[str, object] = {"type": "datepicker", "action_id": VALUE}
        return {**date, "initial_date": field.initial} if field.initial else date
    text: dict[str, object] = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": field.kind is FieldKind.LONG_TEXT,
        "max_length": min(field.max_chars, _MAX_TEXT_CHARS),
    }
    return {**text, "initial_value": field.initial[: field.max_chars]} if field.initial else text


def _option(value: str, label: str) -> dict[str, object]:
    return {"text": _plain(label, _MAX_LABEL_CHARS), "value": value}


def _plain(text: str, limit: int) -> dict[str, object]:
    shown = text if len(text) <= limit else f"{text[: limit - 1]}\u2026"
    return {"type": "plain_text", "text": shown, "emoji": False}
