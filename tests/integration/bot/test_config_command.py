"""What is set in the chat goes to a file and back; a file that is wrong changes nothing."""

from collections.abc import Callable
from pathlib import Path

from redis.asyncio import Redis

from bot.chatconfig import ChatConfig, Limit, Limits
from bot.configstore import ConfigStore, under_one_version
from tests.processes import environment, run


async def test_settings_are_exported_compared_and_imported(
    redis: Redis, valkey_url: str, tmp_path: Path
) -> None:
    async def config(*words: str) -> tuple[int | None, str, str]:
        env = {**environment(tmp_path / "data"), "REDIS_URL": valkey_url}
        return await run("config", *words, cwd=tmp_path, env=env)

    store = ConfigStore(redis)
    limits = Limits(person=Limit(messages=5))
    await store.change("test", "limits", lambda _: ChatConfig(limits=limits))
    _, exported, _ = await config("export")
    file = tmp_path / "config.yaml"
    file.write_text(exported.replace("5", "7"))
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

    assert exported == "limits:\n  person:\n    messages: 5\n"
    assert differs[:2] == (1, "limits > person > messages: 5 -> 7\n")
    assert imported[0] == 0
    assert wrong[0] == 2
    assert "limits > person > messages: Input should be greater than or equal to 0" in wrong[2]
    assert "Traceback" not in wrong[2]
    assert unsafe[0] == 2
    assert "sources > a > kind: must be one of website" in unsafe[2]
    assert "sources > b > token: must be the name of a secret that may be used" in unsafe[2]
    assert now.version == 2
    assert now.config.limits.person.messages == 7


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
