"""`limits` and `prices`: how much a day, set by words or in one form, and what tokens cost."""

from collections.abc import Mapping

import structlog
from pydantic import ValidationError

from adapters.ports import ChatAdapter
from adapters.types import (
    Button,
    Form,
    FormField,
    IncomingAction,
    IncomingSubmission,
    Reply,
    ThreadId,
)
from bot.commands.changing import done
from bot.commands.registry import Call, Command, Commands, UsageError, wrong
from bot.controls.chatconfig import ChatConfig, Flat, Limits, Price, Role, with_values
from bot.controls.configstore import ChangedMeanwhileError, ConfigStore
from bot.interactions.registry import Interactions
from bot.language.manner import Tier

log = structlog.get_logger(__name__)

_OPEN, _FORM = "limits-open", "limits"
_UNITS = ("messages", "tokens", "usd")
_SCOPES = {
    "person": "of each person",
    "channel": "in each channel",
    "workspace": "in the whole workspace",
}
_WHAT = {"messages": "Messages", "tokens": "Tokens", "usd": "US dollars"}
_FIELDS = {f"{scope}_{unit}": (scope, unit) for scope in _SCOPES for unit in _UNITS}
_MAX_CHARS = 20
_NOT_YOURS = "That is for a Citewell admin."


class LimitCommands:
    """Each changes the configuration through its store, which logs who did what."""

    def __init__(
        self,
        store: ConfigStore,
        interactions: Interactions,
        commands: Commands,
        adapters: Mapping[str, ChatAdapter],
        *,
        model: str,
        strong_model: str,
    ) -> None:
        self._store = store
        self._interactions = interactions
        self._commands = commands
        self._adapters = adapters
        self._model = model
        self._strong_model = strong_model
        interactions.on_action(_OPEN, self._open, is_only_at_once=True)
        interactions.on_submission(_FORM, self._filled)
        commands.add(
            Command(
                name="limits",
                summary="How much a day: shows it, with a form to change it",
                usage="[person|channel|workspace messages|tokens|usd NUMBER|none]",
                examples=("limits person messages 100", "limits workspace usd none"),
                run=self._limits,
            ),
            Command(
                name="prices",
                summary="What a million tokens cost, for limits in money",
                usage="[MODEL INPUT_USD OUTPUT_USD]",
                examples=("prices openai:gpt-4.1-mini 0.4 1.6",),
                run=self._prices,
            ),
        )

    async def _limits(self, call: Call) -> Reply:
        match call.words:
            case ():
                adapter = self._adapters.get(call.platform)
                has_forms = adapter is not None and adapter.capabilities.has_forms
                button = Button(action=_OPEN, label="Change them", value="all", opens_form=True)
                text = _shown(call.now.config.limits)
                return Reply(text=text, buttons=(button,) if has_forms else ())
            case (scope, unit, word) if scope in _SCOPES and unit in _UNITS:
                value = None if word == "none" else _number(word, is_whole=unit != "usd")
            case _:
                wrong("Say whose limit, of what, and how much a day.")
        if unit == "usd" and value is not None:
            self._refuse_unpriced(call.now.config)
        values: Flat = {f"limits > {scope} > {unit}": value}
        change = await self._store.change(call.who, "limits", lambda c: with_values(c, values))
        return done(change)

    def _refuse_unpriced(self, config: ChatConfig) -> None:
        """Raise a `UsageError` where a limit in money would count nothing."""
        refuse_unpriced(self._model, config)
        if any(channel.tier is Tier.HIGH for channel in config.channels.values()):
            refuse_unpriced(self._strong_model, config)

    async def _open(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        if action.thread is None:
            return
        if not await self._is_admin(action):
            await adapter.tell(action, Reply(text=_NOT_YOURS))
            return
        limits = (await self._store.current()).config.limits
        state = {"place": str(action.thread), "limits": limits.model_dump_json()}
        sealed = self._interactions.seal(_FORM, action.person, state)
        await adapter.open_form(action.trigger, _form(limits, sealed))

    async def _filled(
        self, submission: IncomingSubmission, state: Mapping[str, str], adapter: ChatAdapter
    ) -> Mapping[str, str]:
        first = next(iter(_FIELDS))
        if not await self._is_admin(submission):
            return {first: _NOT_YOURS}
        limits, problems = _read(submission.values)
        if limits is None:
            return problems
        opened = Limits.model_validate_json(state["limits"])

        def made(config: ChatConfig) -> ChatConfig:
            if config.limits != opened:
                raise ChangedMeanwhileError("somebody changed the limits meanwhile")
            if has_money(limits):
                self._refuse_unpriced(config)
            return config.model_copy(update={"limits": limits})

        who = f"user:{submission.platform}:{submission.person.workspace}:{submission.person.id}"
        try:
            change = await self._store.change(who, "limits", made)
        except ChangedMeanwhileError:
            return {first: "Somebody changed the limits meanwhile: open the form again."}
        except UsageError as error:
            in_money = (name for name, (_, unit) in _FIELDS.items() if unit == "usd")
            return {next(n for n in in_money if submission.values.get(n, "").strip()): str(error)}
        place = ThreadId.parse(state["place"])
        await adapter.send_privately(place, submission.person, done(change))
        return {}

    async def _is_admin(self, by: IncomingAction | IncomingSubmission) -> bool:
        return (await self._commands.role(by.person, by.platform)).rank >= Role.ADMIN.rank

    async def _prices(self, call: Call) -> Reply:
        match call.words:
            case ():
                prices = call.now.config.prices
                lines = [f"- `{m}`: {p.input:g} in, {p.output:g} out" for m, p in prices.items()]
                return Reply(text="\n".join(lines) or "No price is set.")
            case (model, put_in, put_out):
                price = Price(
                    input=_number(put_in, is_whole=False), output=_number(put_out, is_whole=False)
                )
            case _:
                wrong("Say the model and its two prices.")
        values: Flat = {
            f"prices > {model} > {name}": value for name, value in price.model_dump().items()
        }
        change = await self._store.change(call.who, "prices", lambda c: with_values(c, values))
        return done(change)


def refuse_unpriced(model: str, config: ChatConfig) -> None:
    """Do nothing where the price of `model` is known.

    Raises:
        UsageError: It is not, so that a limit in money would count nothing.
    """
    if model not in config.prices:
        wrong(
            f"A limit in money has no effect before I know the price of `{model}`: "
            f"set it with `prices {model} INPUT_USD OUTPUT_USD`."
        )


def has_money(limits: Limits) -> bool:
    """Return whether one of `limits` is in money."""
    return any(limit.usd is not None for limit in (limits.person, limits.channel, limits.workspace))


def _form(limits: Limits, state: str) -> Form:
    now = limits.model_dump()
    fields = tuple(
        FormField(
            name=name,
            label=f"{_WHAT[unit]} {_SCOPES[scope]}",
            initial="" if now[scope][unit] is None else f"{now[scope][unit]}",
            is_optional=True,
            max_chars=_MAX_CHARS,
        )
        for name, (scope, unit) in _FIELDS.items()
    )
    intro = "How much a day (UTC). Leave a field empty for no limit."
    return Form(name=_FORM, title="Limits", state=state, intro=intro, fields=fields)


def _read(values: Mapping[str, str]) -> tuple[Limits | None, dict[str, str]]:
    """Return the limits that were filled in, or what is wrong, by field."""
    tree: dict[str, dict[str, str]] = {scope: {} for scope in _SCOPES}
    for name, (scope, unit) in _FIELDS.items():
        if word := values.get(name, "").strip():
            tree[scope][unit] = word[:_MAX_CHARS]
    try:
        return Limits.model_validate(tree), {}
    except ValidationError as error:
        return None, {
            f"{each['loc'][0]}_{each['loc'][-1]}": f"{each['msg']}." for each in error.errors()
        }


def _shown(limits: Limits) -> str:
    lines = [
        f"- {scope}: " + (", ".join(f"{value:,} {unit}" for unit, value in limit.items()) or "none")
        for scope, limit in ((s, getattr(limits, s).model_dump(exclude_none=True)) for s in _SCOPES)
    ]
    return "A day (UTC), each:\n\n" + "\n".join(lines)


def _number(word: str, *, is_whole: bool) -> float:
    try:
        return int(word) if is_whole else float(word)
    except ValueError:
        wrong(f"`{word[:40]}` is not a number.")
