"""`sources add`: a form with a connector's own fields, a question, and then it is read."""

import json
import re
import secrets
from collections.abc import Mapping

import structlog
from redis.asyncio import Redis

from adapters.errors import AdapterError
from adapters.ports import ChatAdapter
from adapters.types import (
    ROOT,
    Button,
    ButtonStyle,
    FieldKind,
    Form,
    FormField,
    IncomingAction,
    IncomingSubmission,
    Reply,
    ThreadId,
)
from bot.commands.completing import meant
from bot.commands.registry import Call, Command, Commands, wrong
from bot.commands.sources import code
from bot.controls.chatconfig import AddedSource, ChatConfig, Role
from bot.controls.chatsources import SECRETS_SETTING, ChatSources
from bot.controls.configstore import ChangedMeanwhileError, ConfigStore
from bot.interactions.registry import ForgedError, Interactions
from bot.syncing.ledger import Ledger
from knowledge.ingestion.sources.configuration import FieldsError, SourceConfig
from knowledge.ingestion.sources.fields import (
    KINDS,
    NO_SECRET,
    SettingField,
    Shape,
    duration,
    fields_of,
    values_of,
)

log = structlog.get_logger(__name__)

_FORM, _CONFIRM = "source-add", "source-add-confirm"
_DRAFT = "citewell:source-draft:"
_DRAFT_TTL_S = 3_600
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MAX_FIELD_CHARS, _MAX_CHARS = 3_000, 12_000
_MAX_SHOWN = 5
_OWNERS_ONLY = "Only a Citewell owner adds sources"
_SHAPES = {
    Shape.TEXT: FieldKind.TEXT,
    Shape.LINES: FieldKind.LONG_TEXT,
    Shape.PAIRS: FieldKind.LONG_TEXT,
    Shape.CHOICE: FieldKind.CHOICE,
    Shape.SECRET: FieldKind.CHOICE,
}
_HINTS = {
    Shape.LINES: "One a line",
    Shape.PAIRS: "NAME: VALUE, one a line",
    Shape.SECRET: "The name of a secret that whoever runs Citewell listed",
}
_MODES = {
    "enforce": "Rights are enforced: nobody else finds it.",
    "warn": "**Rights are only watched here (`CITEWELL_ACL_MODE=warn`): everybody who may ask me "
    "finds all of it.**",
    "off": "**Rights are off here (`CITEWELL_ACL_MODE=off`): everybody who may ask me finds all of "
    "it.**",
}


class _NotAddedError(Exception):
    """A confirmed source is not added; the message says why."""


class AddCommands:
    """Adds a source, and registers how; every process that reads sources notices within seconds."""

    def __init__(
        self,
        redis: Redis,
        store: ConfigStore,
        adapters: Mapping[str, ChatAdapter],
        interactions: Interactions,
        commands: Commands,
        *,
        policy: ChatSources,
    ) -> None:
        self._redis = redis
        self._store = store
        self._ledger = Ledger(redis)
        self._adapters = adapters
        self._interactions = interactions
        self._commands = commands
        self._policy = policy
        interactions.on_submission(_FORM, self._filled)
        interactions.on_action(_CONFIRM, self._confirmed)
        commands.add(
            Command(
                name="sources add",
                summary="Reads something new, after a form and a question",
                usage="|".join(KINDS),
                examples=("sources add website",),
                run=self._add,
                role=Role.OWNER,
            )
        )

    async def _add(self, call: Call) -> Reply:
        if len(call.words) != 1 or call.words[0] not in KINDS:
            word = call.words[0] if call.words else ""
            wrong(f"Say which kind.{meant(word, KINDS)}")
        kind, workspace = call.words[0], f"{call.platform}:{call.workspace}"
        fields = fields_of(kind)
        needs = any(each.is_required and each.shape is Shape.SECRET for each in fields)
        if needs and not self._policy.secrets:
            wrong(
                f"`{kind}` needs a secret, and none may be used from the chat yet: whoever runs "
                f"Citewell puts it into its environment and its name into `{SECRETS_SETTING}`."
            )
        self._refuse_without_room(call.now.config, workspace)
        adapter = self._adapters.get(call.platform)
        if adapter is None or not adapter.capabilities.has_forms or not call.trigger:
            wrong("I can open no form here: use the command in a conversation.")
        place = ThreadId(
            platform=call.platform, workspace=call.workspace, channel=call.channel, thread=ROOT
        )
        state = self._interactions.seal(_FORM, call.person, {"kind": kind, "place": str(place)})
        try:
            await adapter.open_form(call.trigger, self._form(kind, fields, state))
        except AdapterError as error:
            log.warning("form_not_opened", code=error.code)
            wrong("The form could not be opened. Please use the command again.")
        return Reply(text="Fill in the form. Nothing is read before you confirm it.")

    def _form(self, kind: str, fields: tuple[SettingField, ...], state: str) -> Form:
        name = FormField(
            name="name",
            label="Name",
            hint="Small letters, digits and hyphens, such as team-wiki",
            max_chars=40,
        )
        sets = FormField(
            name="sets",
            label="Knowledge sets that it is part of",
            kind=FieldKind.LONG_TEXT,
            hint="Names, one a line",
            is_optional=True,
            max_chars=500,
        )
        own = [self._field(each) for each in fields if each.shape is not Shape.SECRET]
        secret = [self._field(each) for each in fields if self._is_offered(each)]
        return Form(
            name=_FORM,
            title=f"Add: {kind}",
            submit="Check",
            state=state,
            intro="Write no password and no token here: a secret is only named. I ask you once "
            "more before I read anything.",
            fields=(name, *secret, *own, sets),
        )

    def _is_offered(self, each: SettingField) -> bool:
        return each.shape is Shape.SECRET and (each.is_required or bool(self._policy.secrets))

    def _field(self, each: SettingField) -> FormField:
        names = each.choices
        if each.shape is Shape.SECRET:
            names = tuple(sorted(self._policy.secrets))
            names = names if each.is_required else (NO_SECRET, *names)
        label = each.name.replace("_", " ").replace("url", "address").capitalize()
        return FormField(
            name=each.name,
            label=label,
            kind=_SHAPES[each.shape],
            hint=_HINTS.get(each.shape, ""),
            initial=each.default,
            choices=tuple((word, "none" if word == NO_SECRET else word) for word in names),
            is_optional=not (each.is_required or names),
            max_chars=_MAX_FIELD_CHARS,
        )

    async def _filled(
        self, submission: IncomingSubmission, state: Mapping[str, str], adapter: ChatAdapter
    ) -> Mapping[str, str]:
        if not await self._is_owner(submission):
            return {"name": f"{_OWNERS_ONLY}."}
        texts = {field: text.strip() for field, text in submission.values.items()}
        try:
            name, added, config = await self._read(texts, state["kind"], _workspace(submission))
            await self._policy.find(config)
        except FieldsError as error:
            return _in_form(error.problems, submission.values)
        draft = secrets.token_hex(16)
        kept = json.dumps({"name": name, "added": added.model_dump(mode="json")})
        await self._redis.set(f"{_DRAFT}{draft}", kept, ex=_DRAFT_TTL_S)
        sealed = self._interactions.states.seal(_CONFIRM, submission.person, {"draft": draft})
        button = Button(action=_CONFIRM, label="Read it", value=sealed, style=ButtonStyle.PRIMARY)
        reply = Reply(text=_question(name, added, config, self._policy.mode), buttons=(button,))
        place = ThreadId.parse(state["place"])
        await adapter.send_privately(place, submission.person, reply)
        return {}

    async def _read(
        self, texts: Mapping[str, str], kind: str, workspace: str
    ) -> tuple[str, AddedSource, SourceConfig]:
        """Return what was filled in, and what it means.

        Raises:
            FieldsError: With all that is wrong.
        """
        long = [field for field, text in texts.items() if len(text) > _MAX_FIELD_CHARS]
        if long or sum(map(len, texts.values())) > _MAX_CHARS:
            raise FieldsError(dict.fromkeys(long or ["name"], "is too long"))
        name, problems = texts.get("name", ""), {}
        now = (await self._store.current()).config
        if problem := await self._problem_of(name, now):
            problems["name"] = problem
        elif not self._policy.has_room(now, workspace):
            problems["name"] = _full(self._policy.most)
        sets = tuple(dict.fromkeys(filter(None, re.split(r"[,\s]+", texts.get("sets", "")))))
        if not all(_NAME.fullmatch(each) for each in sets):
            problems["sets"] = "must be names of small letters, digits and hyphens"
        try:
            says = values_of(kind, texts)
            config = self._policy.read(says)
        except FieldsError as error:
            raise FieldsError({**error.problems, **problems}) from error
        if problems:
            raise FieldsError(problems)
        try:
            added = AddedSource.model_validate({"workspace": workspace, "says": says, "sets": sets})
        except ValueError as error:
            raise FieldsError({"name": "something in this form is too long"}) from error
        return name, added, config

    async def _problem_of(self, name: str, config: ChatConfig) -> str:
        """Return why a new source can't be called `name`, or nothing."""
        if not _NAME.fullmatch(name):
            return "must be small letters, digits and hyphens, at most 40"
        if name in config.sources or name in (await self._ledger.catalogue()).sources:
            return "is the name of another source already"
        if await self._ledger.is_being_removed(name):
            return "is being taken out still; try again in a minute"
        if name in await self._ledger.names():
            return f"is of a source that was: `sources remove {name}` takes out what is left of it"
        return ""

    async def _confirmed(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        if action.thread is None:
            return
        reply = Reply(text=await self._added(action))
        await adapter.send_privately(action.thread, action.person, reply)

    async def _added(self, action: IncomingAction) -> str:
        try:
            name, added = await self._draft(action)
            change = await self._store.change(
                _who(action), f"sources add {name}", lambda config: self._with(config, name, added)
            )
        except (_NotAddedError, FieldsError, ChangedMeanwhileError) as error:
            return f"{error}. Nothing was changed."
        return (
            f"{code(name)} is read within seconds; `sources` shows how far it is, `sources errors "
            f"{name}` what could not be read. `config undo {change.version}` or `sources remove "
            f"{name}` takes it back."
        )

    async def _draft(self, action: IncomingAction) -> tuple[str, AddedSource]:
        """Return what is confirmed, once, if it still may be added.

        Raises:
            _NotAddedError: It may not be.
            FieldsError: The same, for what is said in it.
        """
        if not await self._is_owner(action):
            raise _NotAddedError(_OWNERS_ONLY)
        try:
            fields = await self._interactions.states.use(
                action.value, _CONFIRM, action.person, by=action.event_id
            )
        except ForgedError as error:
            log.warning("confirmation_refused", reason=str(error), person=action.person.id)
            raise _NotAddedError("This question is too old, answered, or not yours") from error
        kept = await self._redis.get(f"{_DRAFT}{fields['draft']}")
        draft = json.loads(kept) if kept else {}
        if not draft or draft["added"]["workspace"] != _workspace(action):
            raise _NotAddedError("This question is too old, or of another workspace")
        name, added = str(draft["name"]), AddedSource.model_validate(draft["added"])
        self._policy.read(added.says)
        if problem := await self._problem_of(name, (await self._store.current()).config):
            raise FieldsError({"name": problem})
        return name, added

    def _with(self, config: ChatConfig, name: str, added: AddedSource) -> ChatConfig:
        if name in config.sources:
            raise FieldsError({"name": "is the name of another source already"})
        if not self._policy.has_room(config, added.workspace):
            raise FieldsError({"name": _full(self._policy.most)})
        tree = config.model_dump() | {"sources": {**config.sources, name: added}}
        return ChatConfig.model_validate(tree)

    def _refuse_without_room(self, config: ChatConfig, workspace: str) -> None:
        if not self._policy.has_room(config, workspace):
            wrong(f"{_full(self._policy.most)[:1].upper()}{_full(self._policy.most)[1:]}.")

    async def _is_owner(self, by: IncomingAction | IncomingSubmission) -> bool:
        role = await self._commands.role(by.person, by.platform)
        return role.rank >= Role.OWNER.rank


def _full(most: int) -> str:
    return (
        f"no more than {most} sources are added in the chat of one workspace: remove one, or name "
        "it in `sources.yaml`"
    )


def _in_form(problems: Mapping[str, str], shown: Mapping[str, str]) -> dict[str, str]:
    """Return `problems` as sentences, those of fields that the form has not below its first one."""
    return {
        (field if field in shown else "name"): f"{problem[:1].upper()}{problem[1:]}."[:500]
        for field, problem in problems.items()
    }


def _question(name: str, added: AddedSource, config: SourceConfig, mode: str) -> str:
    hidden = {"kind", "every", "full_every", "readers"}
    lines = [
        f"- {field.replace('_', ' ')}: {_shown(value)}"
        for field, value in added.says.items()
        if field not in hidden
    ]
    if added.sets:
        lines.append(f"- in the sets {_shown(list(added.sets))}")
    listed = "\n".join(lines)
    return (
        f"**{name}** ({config.kind}) would be read every {duration(config.every)}, as long as it "
        f"is not removed:\n\n{listed}\n\n{_readers(config)} {_MODES[mode]}\n\nNothing is read "
        "before you confirm it."
    )


def _readers(config: SourceConfig) -> str:
    named = _shown(sorted(config.readers))
    if not config.TELLS_READERS:
        return f"Who may read it, where the documents themselves say nothing: {named}."
    rest = f" Where it says nothing: {named}." if config.readers else ""
    return f"Who may read it is what `{config.kind}` says of each document, at each sync.{rest}"


def _shown(value: object) -> str:
    words = list(value) if isinstance(value, list | tuple) else [value]
    words = [f"{k}: {v}" for k, v in value.items()] if isinstance(value, dict) else words
    more = f" and {len(words) - _MAX_SHOWN} more" if len(words) > _MAX_SHOWN else ""
    return ", ".join(code(str(word)) for word in words[:_MAX_SHOWN]) + more


def _workspace(by: IncomingAction | IncomingSubmission) -> str:
    return f"{by.platform}:{by.workspace}"


def _who(by: IncomingAction | IncomingSubmission) -> str:
    return f"user:{by.platform}:{by.person.workspace}:{by.person.id}"
