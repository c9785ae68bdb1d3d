"""Reads what people press, fill in and pick in Slack's menus."""

import hashlib
from collections.abc import Mapping

from pydantic import BaseModel, model_validator

from adapters.slack.controls import VALUE, action_of
from adapters.slack.events import PLATFORM, plain
from adapters.types import ROOT, IncomingAction, IncomingSubmission, Person, ThreadId


class _Lenient(BaseModel, frozen=True, extra="ignore"):
    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, values: object) -> object:
        if isinstance(values, dict):
            return {key: value for key, value in values.items() if value is not None}
        return values


class _Id(_Lenient, frozen=True):
    id: str = ""
    team_id: str = ""


class _Container(_Lenient, frozen=True):
    type: str = ""
    channel_id: str = ""
    message_ts: str = ""
    thread_ts: str = ""
    is_ephemeral: bool = False


class _Message(_Lenient, frozen=True):
    ts: str = ""
    thread_ts: str = ""
    text: str = ""
    user: str = ""


class _Pressed(_Lenient, frozen=True):
    action_id: str
    action_ts: str = ""
    value: str = ""


class _Interaction(_Lenient, frozen=True):
    type: str
    team: _Id
    user: _Id
    channel: _Id = _Id()
    container: _Container = _Container()
    message: _Message = _Message()
    actions: tuple[_Pressed, ...] = ()
    trigger_id: str = ""
    callback_id: str = ""


class _Element(_Lenient, frozen=True):
    value: str = ""
    selected_option: dict[str, object] = {}
    selected_date: str = ""

    @property
    def chosen(self) -> str:
        return self.value or str(self.selected_option.get("value", "")) or self.selected_date


class _State(_Lenient, frozen=True):
    values: dict[str, dict[str, _Element]] = {}


class _View(_Lenient, frozen=True):
    id: str
    callback_id: str
    private_metadata: str = ""
    state: _State = _State()


class _Submission(_Lenient, frozen=True):
    team: _Id
    user: _Id
    view: _View
    trigger_id: str = ""


def action_in(body: Mapping[str, object], *, team: str) -> IncomingAction | None:
    """Return which button was pressed, or None where none of ours was, or not in our workspace.

    Raises:
        ValueError: The payload is not of the form that Slack promises.
    """
    read = _Interaction.model_validate(body)
    if read.team.id != team or not read.user.id or not read.actions:
        return None
    pressed = read.actions[0]
    name = action_of(pressed.action_id)
    if not name:
        return None
    place = read.container
    message_id = place.message_ts or read.message.ts
    # A home and a dialog stand in no channel: what is to be said of them is said directly.
    channel = place.channel_id or read.channel.id or read.user.id
    # Nothing can be written below what one person alone sees.
    below = message_id if message_id and not place.is_ephemeral else ROOT
    thread = place.thread_ts or read.message.thread_ts or below
    return IncomingAction(
        event_id=_digest(
            read.user.id, message_id, pressed.action_id, pressed.action_ts, pressed.value
        ),
        action=name,
        value=pressed.value,
        platform=PLATFORM,
        workspace=team,
        person=_person(read.user, team),
        thread=_thread(team, channel, thread),
        message_id=message_id,
        trigger=read.trigger_id,
        is_private=place.is_ephemeral or channel.startswith("D") or channel == read.user.id,
    )


def shortcut_in(body: Mapping[str, object], *, team: str, bot_user: str) -> IncomingAction | None:
    """Return the shortcut that was used on a message, as an action; None as for `action_in`.

    Raises:
        ValueError: The payload is not of the form that Slack promises.
    """
    read = _Interaction.model_validate(body)
    if read.team.id != team or not read.user.id or not read.message.ts:
        return None
    # What one person alone sees is shown in a thread only where there is one already.
    thread = read.message.thread_ts or ROOT
    return IncomingAction(
        event_id=_digest(read.user.id, read.message.ts, read.callback_id, read.trigger_id, ""),
        action=read.callback_id,
        value="",
        platform=PLATFORM,
        workspace=team,
        person=_person(read.user, team),
        thread=_thread(team, read.channel.id, thread),
        message_id=read.message.ts,
        trigger=read.trigger_id,
        is_private=read.channel.id.startswith("D"),
        text=plain(read.message.text, bot_user),
        author=read.message.user,
    )


def submission_in(body: Mapping[str, object], *, team: str) -> IncomingSubmission | None:
    """Return the form that was sent, or None where it is not our workspace's.

    Raises:
        ValueError: The payload is not of the form that Slack promises.
    """
    read = _Submission.model_validate(body)
    if read.team.id != team or not read.user.id:
        return None
    values = read.view.state.values
    return IncomingSubmission(
        event_id=read.view.id,
        form=read.view.callback_id,
        state=read.view.private_metadata,
        values={name: e[VALUE].chosen for name, e in values.items() if VALUE in e},
        platform=PLATFORM,
        workspace=team,
        person=_person(read.user, team),
        trigger=read.trigger_id,
    )


def _person(user: _Id, team: str) -> Person:
    home = user.team_id or team
    return Person(id=user.id, workspace=home, is_guest=home != team)


def _thread(team: str, channel: str, thread: str) -> ThreadId | None:
    if not (channel and thread):
        return None
    return ThreadId(platform=PLATFORM, workspace=team, channel=channel, thread=thread)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
