"""What must agree: examples with settings, README with program, links with files."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from adapters.slack.app import COMMAND, EVENTS_PATH
from adapters.slack.identity import WANTED_SCOPES
from bot.settings import Settings, variable_of
from tests.running import SAMPLE

ROOT = Path(__file__).parents[2]
MANIFEST = yaml.safe_load((ROOT / "deploy/slack/manifest.yaml").read_text())


def test_the_example_names_every_setting_and_no_other() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = {found[1] for line in lines if (found := re.match(r"# ([A-Z_]+)=", line))}
    settings = {variable_of(field) for field in Settings.model_fields}

    assert named == settings | {"CITEWELL_SECRETS_DIR"}


def test_the_manifest_asks_for_the_scopes_that_doctor_checks() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == WANTED_SCOPES


def test_the_manifest_has_the_pane_the_command_and_the_events() -> None:
    assert MANIFEST["features"]["slash_commands"][0]["command"] == COMMAND
    assert "agent_view" in MANIFEST["features"]
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"] is True
    assert EVENTS_PATH in (ROOT / "deploy/slack/manifest.yaml").read_text()
    assert {"app_mention", "message.im", "message.channels", "app_home_opened"} <= set(
        MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    )


def test_every_command_of_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = subprocess.run(
        [sys.executable, "-m", "bot", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout
    named = set(re.findall(r"(?:bin/citewell|`citewell) (\w+)", readme))

    assert named
    assert {name for name in named if not re.search(rf"\b{name}\b", shown)} == set()


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()

    for target in ("run", "setup", "test", "check", "bench"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_link_between_the_documents_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


def test_the_sample_company_has_all_that_one_may_want_to_try() -> None:
    kinds = [path.suffix for path in SAMPLE.rglob("*.*")]
    pages = {path.name: path.read_text() for path in SAMPLE.rglob("*.md")}

    assert len(kinds) >= 25
    assert kinds.count(".pdf") >= 2
    assert kinds.count(".docx") >= 2
    assert kinds.count(".html") >= 2
    assert any("superseded_by" in text for text in pages.values())
    assert any("readers: [group:" in text for text in pages.values())
    assert any("Ignore all previous instructions" in text for text in pages.values())
