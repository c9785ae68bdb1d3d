"""Dialogs in Teams: what is shown as the answer to an invoke, while Teams waits for it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from adapters.teams.cards import fits
from adapters.teams.controls import form_card
from adapters.teams.mends import Json
from adapters.types import Form, IncomingSubmission, Reply

WAIT_S = 3.0
"""Teams gives up on an invoke after five seconds, on slow lines sooner."""
_PREFIX = "dialog:"
_MAX_WORDS = 3_000
_ON_IT = "I'm on it. If there is anything to show, it comes in our personal chat."
_DONE = "That was taken. Thank you!"
Shown: TypeAlias = Form | Reply
_FORMS = TypeAdapter(Form)


class Dialogs:
    """Dialogs that Teams waits for."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Shown]] = {}

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[tuple[str, asyncio.Future[Shown]]]:
        """Yield a trigger that `show` answers while inside, and what was shown."""
        trigger = f"{_PREFIX}{secrets.token_hex(8)}"
        future: asyncio.Future[Shown] = asyncio.get_running_loop().create_future()
        self._waiting[trigger] = future
        try:
            yield trigger, future
        finally:
            del self._waiting[trigger]

    def show(self, trigger: str, shown: Shown) -> bool:
        """Show something as the dialog of `trigger`; False where nobody waits for that any more."""
        future = self._waiting.get(trigger)
        if future is None or future.done():
            return False
        future.set_result(shown)
        return True


def is_dialog(trigger: str) -> bool:
    """Return whether only a dialog can answer `trigger`."""
    return trigger.startswith(_PREFIX)


async def dialog_of(future: asyncio.Future[Shown]) -> Json:
    """Return what is shown, as soon as it is known, else that something is being done."""
    try:
        shown = await asyncio.wait_for(future, WAIT_S)
    except TimeoutError:
        return words_dialog(_ON_IT)
    return form_dialog(shown) if isinstance(shown, Form) else words_dialog(shown.text)


def done_dialog() -> Json:
    """Return the answer to a form that was taken."""
    return words_dialog(_DONE)


def words_dialog(text: str) -> Json:
    """Return a dialog that says something."""
    return {"task": {"type": "message", "value": text[:_MAX_WORDS]}}


def form_dialog(form: Form) -> Json:
    """Return a dialog with a form in it.

    It brings back how it looks: whichever process takes it can then show it again.
    """
    shown = form_card(form, again=_look_of(form))
    content = shown if fits(shown) else form_card(form)
    card: Json = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    info: Json = {"title": form.title, "width": "medium", "height": "large", "card": card}
    return {"task": {"type": "continue", "value": info}}


def form_again(look: object, sent: IncomingSubmission, wrong: Mapping[str, str]) -> Json:
    """Return the form that was sent, as it was filled in, and what is wrong with it.

    `look` is what its card brought back. It may be forged: whoever forges it sees it alone, and
    what the form does is in its sealed state.
    """
    try:
        form = replace(_FORMS.validate_python(look), name=sent.form, state=sent.state)
    except (ValidationError, ValueError):
        return words_dialog(f"Please correct this and send it again. {_problems(wrong, {})}")
    fields = tuple(replace(f, initial=sent.values.get(f.name, f.initial)) for f in form.fields)
    labels = {field.name: field.label for field in form.fields}
    intro = f"Please correct this. {_problems(wrong, labels)}"
    return form_dialog(replace(form, fields=fields, intro=intro))


def _look_of(form: Form) -> Json:
    """Return everything of a form but what it is filled in with, what it is for, and its state."""
    fields = tuple(replace(field, initial="") for field in form.fields)
    look: Json = _FORMS.dump_python(replace(form, fields=fields, intro="", state=""), mode="json")
    return look


def _problems(wrong: Mapping[str, str], labels: Mapping[str, str]) -> str:
    return " ".join(f"{labels.get(name, name)}: {problem}" for name, problem in wrong.items())
