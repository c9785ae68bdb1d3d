"""What is set in the chat goes to a file and back; a file that is wrong changes nothing."""

from collections.abc import Callable
from pathlib import Path

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from redis.asyncio import Redis

from bot.addressee.types import ChannelMode
from bot.cli.config import written
from bot.controls.chatconfig import (
    AddedSource,
    ChannelConfig,
    ChatConfig,
    Flag,
    Limit,
    Limits,
    Price,
    Role,
    flat,
    with_values,
)
from bot.controls.configstore import ConfigStore, difference, under_one_version
from bot.language.manner import Tier
from tests.processes import environment, run

_IDS = st.from_regex(r"[A-Za-z0-9._%@=\-]{1,12}", fullmatch=True)
_PLACES = st.builds("slack:{}:{}".format, _IDS, _IDS) | st.builds(
    "teams:{}:19:{}@thread.tacv2".format, _IDS, _IDS
)
_SUBJECTS = st.builds("{}:slack:{}:{}".format, st.sampled_from(("user", "group")), _IDS, _IDS)
_NAMES = st.sampled_from(("hr", "no", "off", "null", "1", "true", "\u00fc-1", "a.b"))
_LIMITS = st.builds(
    Limit,
    messages=st.none() | st.integers(0, 9),
    tokens=st.none() | st.integers(0, 9),
    usd=st.none() | st.floats(0, 9),
)
_CHANNELS = st.builds(
    ChannelConfig,
    mode=st.none() | st.sampled_from(ChannelMode),
    sets=st.lists(_NAMES, max_size=3).map(tuple),
    language=st.none() | st.sampled_from(("en", "no")),
    tier=st.none() | st.sampled_from(Tier),
    ephemeral=st.booleans(),
    suggestions=st.none() | st.booleans(),
    owners=st.lists(_SUBJECTS, max_size=3).map(tuple),
)
_CONFIGS = st.builds(
    ChatConfig,
    channels=st.dictionaries(_PLACES, _CHANNELS, max_size=3),
    limits=st.builds(Limits, person=_LIMITS, channel=_LIMITS, workspace=_LIMITS),
    blocked=st.dictionaries(_SUBJECTS, st.text(max_size=9), max_size=3),
    rights=st.dictionaries(_SUBJECTS, st.sampled_from(Role), max_size=3),
    prices=st.dictionaries(
        st.sampled_from(("openai:gpt-4.1", "a")),
        st.builds(Price, input=st.floats(0, 9), output=st.floats(0, 9)),
    ),
    notice=st.text(max_size=20),
    prompts=st.dictionaries(st.sampled_from(("answer", "rewrite")), st.integers(1, 9)),
    flags=st.dictionaries(
        _PLACES, st.dictionaries(st.sampled_from(Flag), st.booleans(), max_size=3), max_size=2
    ),
    sources=st.dictionaries(
        st.sampled_from(("hr", "no", "off", "null", "1")),
        st.builds(
            AddedSource,
            workspace=st.just("slack:T1"),
            says=st.just({"kind": "website", "url": "https://a.example/no"}),
            sets=st.just(("hr",)),
        ),
        max_size=2,
    ),
)
EVERYTHING = ChatConfig(
    channels={
        "slack:T1:C1": ChannelConfig(
            mode=ChannelMode.OFF,
            sets=("hr",),
            language="no",
            tier=Tier.HIGH,
            ephemeral=True,
            suggestions=False,
            owners=("group:slack:T1:S1",),
        )
    },
    limits=Limits(
        person=Limit(messages=5, tokens=6, usd=0.5), channel=Limit(usd=1), workspace=Limit(tokens=9)
    ),
    blocked={"user:slack:T1:U1": "no: he asked"},
    rights={"group:slack:T1:S1": Role.REVIEWER},
    prices={"openai:gpt-4.1": Price(input=2, output=8)},
    notice="Back at noon",
    prompts={"answer": 4},
    flags={"slack:T1": {Flag.THUMBS: False}},
)


def test_whatever_can_be_set_is_the_same_after_a_file_and_after_its_paths() -> None:
    @given(made=_CONFIGS, other=_CONFIGS)
    @example(made=ChatConfig(notice="Back \x85 at \u2028 noon"), other=ChatConfig())
    @settings(max_examples=80, deadline=None)
    def same(made: ChatConfig, other: ChatConfig) -> None:
        file = written(made)
        _, changes = difference(flat(other), flat(made))

        assert ChatConfig.model_validate(yaml.safe_load(file) or {}) == made
        assert flat(with_values(other, changes)) == flat(made)

    same()
    assert unset(EVERYTHING) <= {"sources"}, "what is new is to be tried with a file as well"
    assert unset(EVERYTHING.channels["slack:T1:C1"]) == set()
    assert unset(EVERYTHING.limits.person) == set()


def unset(model: BaseModel) -> set[str]:
    """Return the fields that are not set."""
    return set(type(model).model_fields) - set(model.model_dump(exclude_defaults=True))


async def test_settings_are_exported_compared_and_imported(
    redis: Redis, valkey_url: str, tmp_path: Path
) -> None:
    async def config(*words: str) -> tuple[int | None, str, str]:
        env = {**environment(tmp_path / "data"), "REDIS_URL": valkey_url}
        return await run("config", *words, cwd=tmp_path, env=env)

    store = ConfigStore(redis)
    await store.change("test", "all", lambda _: EVERYTHING)
    _, exported, _ = await config("export")
    file = tmp_path / "config.yaml"
    file.write_text(exported.replace("messages: 5", "messages: 7"))
    differs = await config("diff", str(file))
    imported = await config("import", str(file))
    file.write_text("limits: {person: {messages: -1}}\nblocked: {someone: x}\n")
    wrong = await config("import", str(file))
    file.write_text(
        "sources: {a: {workspace: 'slack:T1', says: {kind: folder, path: /etc}}, "
        "b: {workspace: 'slack:T1', says: {kind: notion, token: '${PATH}'}}}"
    )
    unsafe = await config("import", str(file))
    now = await store.current()

    assert differs[:2] == (1, "limits > person > messages: 5 -> 7\n")
    assert imported[0] == 0
    assert wrong[0] == 2
    assert "limits > person > messages: Input should be greater than or equal to 0" in wrong[2]
    assert "Traceback" not in wrong[2]
    assert unsafe[0] == 2
    assert "sources > a > kind: must be one of website" in unsafe[2]
    assert "sources > b > token: must be the name of a secret that may be used" in unsafe[2]
    assert now.version == 2
    assert flat(now.config) == {**flat(EVERYTHING), "limits > person > messages": 7}


async def test_an_answer_is_of_one_version_and_a_change_meanwhile_is_lost_by_nobody(
    redis: Redis,
) -> None:
    store = ConfigStore(redis)

    def noticed(word: str) -> Callable[[ChatConfig], ChatConfig]:
        return lambda config: config.model_copy(update={"notice": config.notice + word})

    with under_one_version():
        before = await store.current()
        await store.change("test", "notice", noticed("a"))
        await store.change("test", "notice", noticed("b"))
        meanwhile = await store.current()
    after = await store.current()

    assert meanwhile == before
    assert (after.version, after.config.notice) == (2, "ab")
