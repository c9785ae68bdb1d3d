"""Commands that change what is set: channels, blocks, rights, a pause."""

from collections.abc import Iterable, Mapping

from adapters.ports import ChatAdapter, Need
from adapters.types import Reply
from bot.addressee.types import ChannelMode
from bot.commands.changing import done
from bot.commands.completing import meant
from bot.commands.limiting import has_money, refuse_unpriced
from bot.commands.registry import Call, Command, wrong
from bot.commands.sources import code
from bot.controls.chatconfig import ChannelConfig, ChatConfig, Flat, Role, with_values
from bot.controls.configstore import Change, ConfigStore
from bot.language.languages import NAMES
from bot.language.manner import Tier
from bot.syncing.ledger import Ledger

_PAUSE_QUESTION = "**Everybody** would get your notice instead of answers."


class SettingCommands:
    """Each changes the configuration through its store, which logs who did what."""

    def __init__(
        self,
        store: ConfigStore,
        ledger: Ledger,
        adapters: Mapping[str, ChatAdapter],
        *,
        mode: ChannelMode,
        strong_model: str = "",
    ) -> None:
        self._adapters = adapters
        self._strong_model = strong_model
        self._store = store
        self._ledger = ledger
        self._mode = mode

    def all(self) -> tuple[Command, ...]:
        """Return the commands."""
        return (
            Command(
                name="channel",
                summary="When I speak in a channel, from what, and how",
                usage="[SETTING] [#channel]",
                settings=(
                    "mode mention|thread|auto-answer|off",
                    "sets NAME…|all",
                    "language auto|CODE",
                    "tier standard|high",
                    "ephemeral on|off",
                    "suggestions on|off",
                    "owners @group|@name…|none",
                ),
                examples=("channel mode thread", "channel sets hr #people", "channel owners @it"),
                run=self._channel,
            ),
            Command(
                name="block",
                summary="Lets somebody have no answers",
                usage="[@name [REASON]]",
                run=self._block,
            ),
            Command(name="unblock", summary="Ends that", usage="@name", run=self._unblock),
            Command(
                name="pause",
                summary="Answers nobody, and says why",
                usage="NOTICE",
                examples=('pause "Back at noon"',),
                run=self._pause,
                danger=lambda call: _PAUSE_QUESTION if call.words else "",
            ),
            Command(name="resume", summary="Ends the pause", run=self._resume),
            Command(name="rights", summary="Who may do what", run=self._rights),
            Command(
                name="rights grant",
                summary="Lets a person or group do more",
                usage="@name reviewer|admin|owner",
                examples=("rights grant @ann reviewer",),
                run=self._grant,
                role=Role.OWNER,
                danger=_grant_question,
            ),
            Command(
                name="rights revoke",
                summary="Takes that back",
                usage="@name",
                run=self._revoke,
                role=Role.OWNER,
            ),
        )

    async def _channel(self, call: Call) -> Reply:
        words = list(call.words)
        named = [word for word in words if word.startswith("channel:")]
        key = call.channel_key(named[0]) if named else call.place
        words = [word for word in words if word not in named]
        if not words:
            return _channel_shown(call.now.config.channel(key), self._mode)
        match words:
            case ["mode", ("mention" | "thread" | "auto-answer" | "off") as mode]:
                if mode in {ChannelMode.THREAD, ChannelMode.AUTO_ANSWER}:
                    await self._refuse_without(Need.READ_ALONG, call)
                made: Flat = {"mode": mode}
            case ["sets", "all"]:
                made = {"sets": None}
            case ["sets", *names] if names:
                made = {"sets": await self._known_sets(names, call.now.config)}
            case ["owners", "none"]:
                made = {"owners": None}
            case ["owners", *names] if names:
                made = {"owners": await self._subjects(call, names)}
            case _:
                made = self._manner(words, call.now.config)
        values = {f"channels > {key} > {name}": value for name, value in made.items()}
        return done(await self._set(call, "channel", values))

    async def _subjects(self, call: Call, names: Iterable[str]) -> list[str]:
        """Return the keys of people and groups, where what is set of them would have an effect."""
        found = [call.subject(name) for name in names]
        if any(each.startswith("group:") for each in found):
            await self._refuse_without(Need.GROUPS, call)
        return found

    async def _refuse_without(self, need: Need, call: Call) -> None:
        adapter = self._adapters.get(call.platform)
        if adapter is not None and (fix := await adapter.lacks(need)):
            wrong(f"That would have no effect. {fix}")

    def _manner(self, words: list[str], config: ChatConfig) -> Flat:
        """Return how a channel is to be answered."""
        match words:
            case ["language", language] if language in {"auto", *NAMES}:
                made: Flat = {"language": None if language == "auto" else language}
            case ["language", *_]:
                wrong(f"Say `auto` or one of {', '.join(NAMES)}.")
            case ["tier", ("standard" | "high") as tier]:
                made = {"tier": self._known_tier(Tier(tier), config)}
            case ["ephemeral", ("on" | "off") as state]:
                made = {"ephemeral": True if state == "on" else None}
            case ["suggestions", ("on" | "off") as state]:
                made = {"suggestions": state == "on"}
            case _:
                wrong(f"`{' '.join(words)[:40]}` is no setting of a channel.")
        return made

    async def _known_sets(self, names: list[str], config: ChatConfig) -> list[str]:
        known = {*(await self._ledger.catalogue()).sets, *config.members()}
        if unknown := sorted({*names} - known):
            wrong(
                f"There is no set {', '.join(map(code, unknown))}; there are: "
                f"{', '.join(map(code, sorted(known))) or 'none'}.{meant(unknown[0], known)}"
            )
        return sorted({*names})

    def _known_tier(self, tier: Tier, config: ChatConfig) -> str | None:
        if tier is Tier.STANDARD:
            return None
        if not self._strong_model:
            wrong(
                "No stronger model is set: name one in `CITEWELL_STRONG_MODEL` and start me anew "
                "(example: `CITEWELL_STRONG_MODEL=openai:gpt-4.1`)."
            )
        if has_money(config.limits):
            refuse_unpriced(self._strong_model, config)
        return tier

    async def _block(self, call: Call) -> Reply:
        if not call.words:
            keys = call.now.config.blocked
            lines = [f"- `{key}` {reason}" for key, reason in keys.items()]
            return Reply(text="\n".join(lines) or "Nobody is blocked.")
        (key,) = await self._subjects(call, call.words[:1])
        reason = " ".join(call.words[1:])[:200]
        if key == call.who:
            wrong("You would block yourself.")
        return done(await self._set(call, "block", {f"blocked > {key}": reason}))

    async def _unblock(self, call: Call) -> Reply:
        if len(call.words) != 1:
            wrong("Say whom.")
        key = call.subject(call.words[0])
        return done(await self._set(call, "unblock", {f"blocked > {key}": None}))

    async def _pause(self, call: Call) -> Reply:
        notice = " ".join(call.words).strip()
        if not notice:
            wrong("Write what people shall read meanwhile.")
        return done(await self._set(call, "pause", {"notice": notice}))

    async def _resume(self, call: Call) -> Reply:
        return done(await self._set(call, "resume", {"notice": None}))

    async def _rights(self, call: Call) -> Reply:
        lines = [f"- `{key}`: {role}" for key, role in call.now.config.rights.items()]
        text = "\n".join(lines) or "Nobody was granted more."
        return Reply(
            text=f"{text}\n\nOwners and administrators of the workspace are so here too. "
            f"You are: {call.role}."
        )

    async def _grant(self, call: Call) -> Reply:
        if len(call.words) != 2 or call.words[1] not in set(Role) - {Role.MEMBER}:  # noqa: PLR2004
            wrong("Say whom, and which role.")
        (subject,) = await self._subjects(call, call.words[:1])
        path = f"rights > {subject}"
        return done(await self._set(call, "rights", {path: call.words[1]}))

    async def _revoke(self, call: Call) -> Reply:
        if len(call.words) != 1:
            wrong("Say whom.")
        path = f"rights > {call.subject(call.words[0])}"
        return done(await self._set(call, "rights", {path: None}))

    async def _set(self, call: Call, what: str, values: Flat) -> Change:
        def made(config: ChatConfig) -> ChatConfig:
            return with_values(config, values)

        return await self._store.change(call.who, what, made)


def _grant_question(call: Call) -> str:
    if call.words[1:] != (Role.OWNER,):
        return ""
    return f"`{call.words[0]}` would be an **owner**, and could take your rights from you."


def _channel_shown(channel: ChannelConfig, default: ChannelMode) -> Reply:
    sets = ", ".join(map(code, channel.sets)) or "all"
    suggestions = {None: "as the settings say", True: "on", False: "off"}[channel.suggestions]
    lines = {
        "mode": channel.mode or default,
        "sets": sets,
        "language": channel.language or "auto",
        "tier": channel.tier or Tier.STANDARD,
        "ephemeral": "on" if channel.ephemeral else "off",
        "suggestions": suggestions,
        "owners": ", ".join(map(code, channel.owners)) or "those of the settings",
    }
    return Reply(text="\n".join(f"- {name}: {value}" for name, value in lines.items()))
