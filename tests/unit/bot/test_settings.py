"""Wrong settings stop the start with one clear line each, and never show a secret."""

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load_settings, variable_of

ENV_EXAMPLE = Path(__file__).parents[3] / ".env.example"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable_of(field), raising=False)


def problems_of(tmp_path: Path, text: str) -> tuple[str, ...]:
    env_file = tmp_path / ".env"
    env_file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(env_file)
    return caught.value.problems


def test_without_any_setting_citewell_runs_offline() -> None:
    assert load_settings(None).model_name == "offline"


def test_a_key_of_openai_chooses_its_model(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("OPENAI_API_KEY=sk-test\n", encoding="utf-8")

    assert load_settings(env_file).model_name == "openai:gpt-4.1-mini"


def test_each_wrong_value_gets_its_own_line_with_an_example(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "CITEWELL_PORT=abc\nREDIS_URL=http://x\nQDRANT_URL=zzz\n")

    assert [line.split(":")[0] for line in problems] == ["REDIS_URL", "QDRANT_URL", "CITEWELL_PORT"]
    assert all("(example: " in line for line in problems)


def test_a_misspelt_name_is_refused_with_the_right_one(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "CITEWELL_PROT=1\n") == (
        "CITEWELL_PROT: is not a setting; did you mean CITEWELL_PORT?",
    )


def test_a_secret_is_never_part_of_a_problem(tmp_path: Path) -> None:
    secret = "hunter2-very-secret"
    problems = problems_of(
        tmp_path,
        f"SLACK_BOT_TOKEN={secret}\nREDIS_URL={secret}\nCITEWELL_ENCRYPTION_KEY=hunter2\n",
    )

    assert len(problems) == 3
    assert "hunter2" not in "\n".join(problems)


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("SLACK_BOT_TOKEN=xoxb-1\n", "SLACK_SIGNING_SECRET"),
        ("SLACK_APP_TOKEN=xapp-1\n", "SLACK_BOT_TOKEN"),
        ("CITEWELL_CHAT_MODEL=openai:gpt-4.1-mini\n", "OPENAI_API_KEY"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, text: str, variable: str) -> None:
    assert problems_of(tmp_path, text)[0].startswith(f"{variable}: is missing")


def test_a_secret_can_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openai_api_key").write_text("sk-from-a-file\n", encoding="utf-8")
    monkeypatch.setenv("CITEWELL_SECRETS_DIR", str(tmp_path))

    key = load_settings(None).openai_api_key

    assert key is not None
    assert key.get_secret_value() == "sk-from-a-file"


def test_the_example_file_names_every_setting_and_no_other() -> None:
    lines = ENV_EXAMPLE.read_text(encoding="utf-8").splitlines()
    named = {
        line.lstrip("# ").partition("=")[0]
        for line in lines
        if "=" in line and line.lstrip("# ").partition("=")[0].isupper()
    }

    wanted = {variable_of(field) for field in Settings.model_fields} | {"CITEWELL_SECRETS_DIR"}
    assert named == wanted


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("CITEWELL_PII_POLICY=PERSONS=mask", "there is no type PERSONS"),
        ("CITEWELL_EMPLOYEE_IDS=E[", "is no regular expression"),
        ("CITEWELL_EMPLOYEE_IDS=x*", "must name an id"),
        ("CITEWELL_INJECTION_POLICY=block", "CITEWELL_INJECTION_POLICY"),
    ],
)
def test_a_guardrail_that_cant_be_is_refused_at_the_start(
    tmp_path: Path, line: str, problem: str
) -> None:
    (shown,) = problems_of(tmp_path, line + "\n")

    assert problem in shown
    assert "example: " in shown
