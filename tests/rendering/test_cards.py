"""The cards that we send are drawn by Microsoft's renderer as they are meant; a picture is kept."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from adapters.teams.controls import form_card
from adapters.teams.home import home_cards
from adapters.teams.references import Kind, Reference
from adapters.teams.rendering import closing_cards, prompts_activity
from tests.rendering.chromium import MODULES, drawn, needs
from tests.rendering.samples import FORMS, HOMES, REPLIES

MISSING = needs("adaptivecards", "markdown-it")
SCRIPTS = (
    MODULES / "markdown-it" / "dist" / "markdown-it.min.js",
    MODULES / "adaptivecards" / "dist" / "adaptivecards.min.js",
)
PAGE = """<!doctype html><meta charset="utf-8"><style>
body{{margin:16px;font-family:"Segoe UI",sans-serif;background:#f5f5f5;columns:2}}
section{{break-inside:avoid;background:#fff;border:1px solid #ddd;border-radius:4px;padding:4px;
margin-bottom:16px}} h6{{color:#888;margin:4px 12px}} p{{margin:0}}</style>
<script src="{markdown}"></script><script src="{cards}"></script>
<main></main><script>
AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {{
  result.outputHtml = markdownit().render(text); result.didProcess = true; }};
const config = new AdaptiveCards.HostConfig({{fontFamily: "Segoe UI, sans-serif",
  actions: {{actionsOrientation: "Horizontal", actionAlignment: "Left"}},
  separator: {{lineThickness: 1, lineColor: "#DDDDDD"}}}});
const wrong = [];
for (const [name, json] of Object.entries({shown})) {{
  const card = new AdaptiveCards.AdaptiveCard();
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5);
  card.hostConfig = config;
  card.parse(json, context);
  for (let n = 0; n < context.eventCount; n++)
    wrong.push(name + ": " + context.getEventAt(n).message);
  for (const each of card.validateProperties().validationEvents)
    wrong.push(name + ": " + each.message);
  const part = document.createElement("section");
  part.innerHTML = "<h6>" + name + "</h6>";
  part.appendChild(card.render());
  document.querySelector("main").appendChild(part);
}}
document.title = JSON.stringify(wrong);
</script>"""
REFERENCE = Reference(
    service_url="https://x", tenant="t", conversation="a:1", kind=Kind.PERSONAL, bot="28:b"
)
WORDS = (
    "Leave", "My home", "May I bring *my* dog <to> the [office](x)?", "asked 7 times by 5 people",
    "Annual leave [2026] *new*", "Put it right", "<b>Plan</b> ahead.", "[2] Holidays.pdf",
    "Ask a human", "Do it",
)  # fmt: skip


def _cards() -> dict[str, Any]:
    """Return every kind of card, by a name of its own."""
    prompts = [("Leave", "How many days?"), ("Expenses", "How do I get my expenses back?"),
               ("My home", "home")]  # fmt: skip
    welcome = (
        prompts_activity("**Hello**, ask me.", "Ask me:", prompts, REFERENCE).attachments[0].content
    )
    found: dict[str, Any] = {"welcome": welcome}
    for name, home in HOMES.items():
        (found[name],) = home_cards(home)
    for name, form in FORMS.items():
        found[f"form-{name}"] = form_card(form)
    for name, reply in REPLIES.items():
        for number, card in enumerate(closing_cards(reply)):
            found[f"{name}-{number}"] = card
    return found


def _drawn(cards: dict[str, Any], name: str, folder: Path) -> tuple[list[str], str]:
    """Return what the renderer says against the cards, and the elements that it made of them."""
    page = folder / f"{name}.html"
    page.write_text(
        PAGE.format(
            markdown=SCRIPTS[0].as_uri(), cards=SCRIPTS[1].as_uri(), shown=json.dumps(cards)
        )
    )
    dom = drawn(page, name, height=3000)
    wrong: list[str] = json.loads(unescape(dom.partition("<title>")[2].partition("</title>")[0]))
    return wrong, dom.partition("<main>")[2].partition("</main>")[0]


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_our_cards_are_valid_and_show_their_words_and_a_broken_one_is_found(
    tmp_path: Path,
) -> None:
    cards = _cards()
    wrong, elements = _drawn(cards, "teams", tmp_path)
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", elements)).split())
    broken = {**cards["home-person"], "body": [{"type": "TextBlok", "text": "no such element"}]}

    assert wrong == []
    for each in WORDS:
        assert each in words, each
    assert 'href="https://docs.brindlemoor.example/handbook/leave/#how-%28many%29-days"' in elements
    assert _drawn({"broken": broken}, "broken", tmp_path)[0] != []
