"""Dialogs in Teams: what is shown as the answer to an invoke, while Teams waits for it."""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

from adapters.teams.controls import form_card
from adapters.teams.mends import Json
from adapters.types import Form, Reply

WAIT_S = 3.0
"""Teams gives up on an invoke after five seconds, on slow lines sooner."""
_PREFIX = "dialog:"
_MAX_FORMS = 200
_MAX_WORDS = 3_000
_ON_IT = "I'm on it. If there is anything to show, it comes in our personal chat."
_DONE = "That was taken. Thank you!"
Shown: TypeAlias = Form | Reply


class Dialogs:
    """Dialogs that Teams waits for, and the forms that stand in some, to be shown again."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Shown]] = {}
        self._forms: OrderedDict[str, Form] = OrderedDict()

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
        if isinstance(shown, Form):
            self._forms[_key(shown.state)] = shown
            while len(self._forms) > _MAX_FORMS:
                self._forms.popitem(last=False)
        future.set_result(shown)
        return True

    def again(self, state: str, values: Mapping[str, str], wrong: Mapping[str, str]) -> Json:
        """Return the form with this state, as it was filled in, and what is wrong with it."""
        form = self._forms.get(_key(state))
        problems = " ".join(f"{field}: {problem}" for field, problem in wrong.items())
        if form is None:  # another process showed it
            return words_dialog(f"Please correct this and send it again. {problems}")
        fields = tuple(replace(f, initial=values.get(f.name, f.initial)) for f in form.fields)
        labels = {field.name: field.label for field in form.fields}
        problems = " ".join(f"{labels.get(f, f)}: {problem}" for f, problem in wrong.items())
        return form_dialog(replace(form, fields=fields, intro=f"Please correct this. {problems}"))


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
    """Return a dialog with a form in it."""
    card: Json = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": form_card(form),
    }
    info: Json = {"title": form.title, "width": "medium", "height": "large", "card": card}
    return {"task": {"type": "continue", "value": info}}


def _key(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
