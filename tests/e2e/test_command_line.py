"""The program as an operator meets it: real processes, real output, exit codes."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from tests.processes import environment, run, said, start
from tests.running import SAMPLE, copied, free_port
from tests.servers.slack import SlackPeople, SlackServer

LEAVE = "How many days of annual leave do I get?"


@pytest.fixture
def env(sample_index: Path, data_dir: Path) -> dict[str, str]:
    copied(sample_index, data_dir)
    return environment(data_dir)


async def test_ask_prints_an_answer_with_numbered_sources(
    env: dict[str, str], tmp_path: Path
) -> None:
    code, out, err = await run("ask", LEAVE, cwd=tmp_path, env=env)

    assert (code, err) == (0, "")
    assert "30 days" in out
    assert "Sources\n[1] Annual leave" in out


async def test_ask_as_json_is_one_object(env: dict[str, str], tmp_path: Path) -> None:
    code, out, _ = await run("ask", f"I am Sarah Connor. {LEAVE}", "--json", cwd=tmp_path, env=env)
    answer = json.loads(out)

    assert code == 0
    assert answer["outcome"] == "answered"
    assert answer["redactions"] == {"PERSON": 1}
    assert {"number", "title", "url", "quote"} <= set(answer["citations"][0])
    assert {"redact", "retrieve", "model", "total"} <= set(answer["timings_ms"])
    assert answer["usage"]["model"] == "offline"


async def test_acl_check_shows_what_is_used_and_what_is_withheld(
    env: dict[str, str], tmp_path: Path
) -> None:
    asked = ("acl", "check", "guest@example.org", LEAVE, "--json")
    code, out, _ = await run(*asked, "--guest", cwd=tmp_path, env=env)
    guest = json.loads(out)
    code_there, out, _ = await run(*asked, "--channel", "slack:T1:C1", cwd=tmp_path, env=env)

    assert (code, code_there) == (0, 0)
    assert guest["readers"] == ["public"]
    assert guest["used"] == []
    assert guest["withheld"][0]["needs"] == ["everyone"]
    assert guest["withheld"][0]["title"] == "Annual leave"
    assert json.loads(out)["readers"] == ["public"]  # nobody tells who is in that channel


async def test_search_answers_lines_of_json(env: dict[str, str], tmp_path: Path) -> None:
    lines = '{"id": "q1", "question": "Who leads IT?"}\n"How long is parental leave?"\n'
    code, out, _ = await run("search", "--json", "--limit", "2", cwd=tmp_path, env=env, stdin=lines)
    first, second = (json.loads(line) for line in out.splitlines())

    assert code == 0
    assert first["id"] == "q1"
    assert first["passages"][0]["document_id"] == "people/contacts.md"
    assert second["passages"][0]["document_id"] == "handbook/parental-leave.md"
    assert len(second["passages"]) == 2


async def test_ingest_says_what_it_could_not_read_and_exits_with_one(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# A\n\nwords\n")
    (docs / "b.pdf").write_bytes(b"nothing")
    code, out, err = await run(
        "ingest", str(docs), cwd=tmp_path, env=environment(tmp_path / "data")
    )

    assert code == 1
    assert "not indexed: b.pdf: is not a PDF" in err
    assert "Traceback" not in err
    assert out.startswith("1 indexed, 0 unchanged, 0 removed, 1 failed")


async def test_what_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    env = environment(tmp_path / "data", COLUMNS="300")
    missing = await run("ingest", str(tmp_path / "nowhere"), cwd=tmp_path, env=env)
    nothing = await run("ask", LEAVE, cwd=tmp_path, env=env)

    assert missing[0] == 2
    assert "does not exist" in missing[2]
    assert "Traceback" not in missing[2]
    assert "no documents are indexed yet: citewell ingest PATH" in nothing[2]


async def test_run_chats_in_the_terminal_without_any_platform(
    env: dict[str, str], tmp_path: Path
) -> None:
    code, out, err = await run(
        "run", cwd=tmp_path, env=env, stdin=f"/help\n{LEAVE}\nAnd in my first year?\n/nope\n/quit\n"
    )

    assert code == 0
    assert "offline model" in err
    assert "/new" in out
    assert "30 days" in out
    assert "/nope is no command" in out


async def test_wrong_settings_end_in_a_line_each(tmp_path: Path) -> None:
    wrong = environment(
        tmp_path, CITEWELL_PORT="99999", SLACK_BOT_TOKEN="secret-thing", REDIS_URL="http://x"
    )
    code, out, err = await run("serve", cwd=tmp_path, env=wrong)

    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert "secret-thing" not in err
    for line in ("CITEWELL_PORT", "SLACK_BOT_TOKEN: must begin with xoxb-", "REDIS_URL"):
        assert line in err


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("REDIS_URL", "redis://127.0.0.1:9/0", "REDIS_URL: Redis does not answer"),
        ("CITEWELL_NER_MODEL", "no_such_model", "is not installed"),
        ("CITEWELL_CHAT_MODEL", "nobody:model", "can't be used"),
    ],
)
async def test_a_part_that_can_not_start_says_what_to_do(
    env: dict[str, str], tmp_path: Path, setting: str, value: str, says: str
) -> None:
    code, _, err = await run("ask", LEAVE, cwd=tmp_path, env={**env, setting: value})

    assert code == 2
    assert says in err
    assert "Traceback" not in err


async def test_doctor_finds_everything_well_and_says_what_is_not(
    env: dict[str, str], tmp_path: Path, slack: SlackServer
) -> None:
    slack.scopes = "chat:write,app_mentions:read"
    well, out, _ = await run("doctor", cwd=tmp_path, env=env)
    with_slack = {
        **env,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": "xapp-wrong",
        "SLACK_API_URL": slack.api_url,
    }
    ill, report, _ = await run("doctor", cwd=tmp_path, env=with_slack)

    assert well == 0
    assert "append-only file on" in out
    assert ill == 1
    assert "missing: assistant:write" in report
    assert "SLACK_APP_TOKEN was refused (invalid_auth)" in report


async def test_ingest_and_ask_work_while_serve_runs_and_sigterm_ends_it(
    env: dict[str, str], tmp_path: Path, slack: SlackServer
) -> None:
    port = free_port()
    serving = {
        **env,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "CITEWELL_PORT": str(port),
    }
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "lions.md").write_text("# Lions\n\nThe lion in the lobby is called Leopold.\n")
    process = await start("serve", cwd=tmp_path, env=serving)
    await said(process, b"listening")

    code, out, err = await run("ingest", str(docs), cwd=tmp_path, env=env)
    people = SlackPeople(slack, url=f"http://127.0.0.1:{port}/slack/events")
    ts = await people.mention("What is the lion in the lobby called?")
    (reply,) = await slack.replies(ts)
    asked, answer, _ = await run("ask", LEAVE, cwd=tmp_path, env=env)
    process.send_signal(signal.SIGTERM)

    assert (code, err.strip()) == (0, "indexed 1 of 1")
    assert out.startswith("1 indexed")
    assert "Leopold" in reply.words
    assert (asked, "30 days" in answer) == (0, True)
    await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    assert slack.violations == []


async def test_what_one_process_received_another_one_answers(
    env: dict[str, str], tmp_path: Path, slack: SlackServer
) -> None:
    port = free_port()
    platform = {
        **env,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "CITEWELL_PORT": str(port),
    }
    receiver = await start("serve", "--receive-only", cwd=tmp_path, env=platform)
    await said(receiver, b"listening")
    people = SlackPeople(slack, url=f"http://127.0.0.1:{port}/slack/events")
    waiting = await people.mention(LEAVE)
    worker = await start("worker", cwd=tmp_path, env=platform)
    await said(worker, b"working")
    (reply,) = await slack.replies(waiting)
    assert "30 days" in reply.words
    worker.kill()
    await worker.communicate()
    later = await people.mention(LEAVE)
    second = await start("worker", cwd=tmp_path, env=platform)
    await said(second, b"working")
    (reply,) = await slack.replies(later)

    assert "30 days" in reply.words
    assert slack.violations == []
    for process in (second, receiver):
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0


def test_the_sample_company_is_where_make_run_looks() -> None:
    assert (SAMPLE / "handbook" / "leave.md").is_file()


async def test_ctrl_c_ends_a_chat_that_waits_for_words(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    process = await start("chat", cwd=tmp_path, env=env, is_group=True)
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readuntil(b"/help"), 60)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: its Valkey gets it as well
    code = await asyncio.wait_for(process.wait(), 30)
    assert process.stderr is not None
    err = (await process.stderr.read()).decode()

    assert code == 130
    assert err.splitlines() == ["citewell: no documents are indexed yet: citewell ingest PATH"]
