"""The cards that we send are drawn by Microsoft's renderer as they are meant; pictures are kept."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from adapters.teams.controls import form_card
from adapters.teams.references import Kind, Reference
from adapters.teams.rendering import closing_cards, prompts_activity
from adapters.types import (
    Button,
    ButtonStyle,
    Citation,
    Confirmation,
    FieldKind,
    Form,
    FormField,
    Reply,
)

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
PICTURES = HERE / "pictures"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
SCRIPTS = (
    MODULES / "markdown-it" / "dist" / "markdown-it.min.js",
    MODULES / "adaptivecards" / "dist" / "adaptivecards.min.js",
)
PAGE = """<!doctype html><meta charset="utf-8"><style>
body{{margin:16px;font-family:"Segoe UI",sans-serif;background:#f5f5f5;width:640px}}
#card{{background:#fff;border:1px solid #ddd;border-radius:4px;padding:4px}}</style>
<script src="{markdown}"></script><script src="{cards}"></script>
<div id="card"></div><script>
AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {{
  result.outputHtml = markdownit().render(text); result.didProcess = true; }};
const card = new AdaptiveCards.AdaptiveCard();
card.hostConfig = new AdaptiveCards.HostConfig({{fontFamily: "Segoe UI, sans-serif"}});
card.parse({card});
document.getElementById("card").appendChild(card.render());
const wrong = card.validateProperties ? card.validateProperties().validationEvents : [];
document.title = wrong.length + " problems";
</script>"""
SOURCE = Citation(
    number=1,
    title="Annual leave [2026] *new*",
    heading="How many days you get",
    url="https://docs.brindlemoor.example/handbook/leave/#how-(many)-days",
    quote="Everyone at Brindlemoor has 30 days of paid annual leave a year. <b>Plan</b> ahead.",
)
REFERENCE = Reference(
    service_url="https://x", tenant="t", conversation="a:1", kind=Kind.PERSONAL, bot="28:b"
)
SURE = Confirmation(title="Remove it?", text="This can't be undone.", yes="Remove", no="Keep")
FORM = Form(
    name="parity",
    title="Tell us why",
    intro="It helps us to mend the documents.",
    fields=(
        FormField(name="kind", label="What is wrong?", kind=FieldKind.CHOICE,
                  choices=(("old", "It is out of date"), ("no", "It is not true"))),
        FormField(name="words", label="In your words", kind=FieldKind.LONG_TEXT, hint="Briefly"),
        FormField(name="until", label="Until", kind=FieldKind.DATE, is_optional=True),
    ),
)  # fmt: skip


def _welcome() -> object:
    prompts = [("Leave", "How many days?"), ("Expenses", "How do I get my expenses back?")]
    activity = prompts_activity("Hello! Ask me about the documents.", prompts, REFERENCE)
    return activity.attachments[0].content


def _cards() -> dict[str, tuple[object, tuple[str, ...]]]:
    second = Citation(number=2, title="Holidays.pdf", heading="", url="file:x", quote="")
    buttons = (
        Button(action="a", label="Ask an expert", style=ButtonStyle.PRIMARY),
        Button(action="b", label="Remove", style=ButtonStyle.DANGER, confirm=SURE),
    )
    (sources,) = closing_cards(Reply(text="x", citations=(SOURCE, second)))
    (pressed,) = closing_cards(Reply(text="x", buttons=buttons))
    quote = "Everyone at Brindlemoor has 30 days of paid annual leave a year. <b>Plan</b> ahead."
    return {
        "sources": (
            sources,
            ("Sources", "[1]", "Annual leave [2026] *new*", quote, "[2] Holidays.pdf"),
        ),
        "buttons": (pressed, ("Ask an expert", "Remove")),
        "form": (form_card(FORM), ("Tell us why", "What is wrong?", "In your words", "Save")),
        "welcome": (_welcome(), ("Hello!", "Leave", "Expenses")),
    }


@pytest.mark.skipif(not CHROMIUM, reason="needs chromium (apt-get install chromium)")
@pytest.mark.skipif(
    not all(script.exists() for script in SCRIPTS),
    reason="needs Microsoft's renderer: npm install --prefix tests/rendering",
)
@pytest.mark.parametrize("name", ["sources", "buttons", "form", "welcome"])
def test_a_card_shows_its_words_and_is_kept_as_a_picture(name: str, tmp_path: Path) -> None:
    card, words = _cards()[name]
    page = tmp_path / "page.html"
    page.write_text(
        PAGE.format(markdown=SCRIPTS[0].as_uri(), cards=SCRIPTS[1].as_uri(), card=json.dumps(card))
    )
    PICTURES.mkdir(exist_ok=True)
    dom = _chromium(page, "--dump-dom", tmp_path)
    _chromium(page, f"--screenshot={PICTURES / name}.png", tmp_path)
    drawn = dom.partition('<div id="card">')[2].partition("<script>")[0]
    shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", drawn)).split())

    assert "<title>0 problems</title>" in dom
    for each in words:
        assert " ".join(each.split()) in shown, shown
    assert (PICTURES / f"{name}.png").stat().st_size > 3_000
    if name == "sources":
        assert (
            'href="https://docs.brindlemoor.example/handbook/leave/#how-%28many%29-days"' in drawn
        )
        assert drawn.count("<a ") == 1


def _chromium(page: Path, what: str, profile: Path) -> str:
    return subprocess.run(  # noqa: S603 - our own page
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--allow-file-access-from-files", "--window-size=680,520",
            f"--user-data-dir={profile / 'profile'}", what, page.as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
