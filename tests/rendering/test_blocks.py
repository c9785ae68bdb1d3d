"""What we show in Slack is of Slack's own types, and is drawn as it is meant; a picture is kept."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.controls import view_of
from adapters.slack.home import home_view, reading_view
from adapters.slack.rendering import messages_of
from adapters.types import Reply
from tests.rendering.chromium import HERE, MODULES, NODE, drawn, needs
from tests.rendering.samples import FORMS, HOMES, REPLIES

MISSING = needs("@slack/types", "slack-blocks-to-jsx", "react-dom", "typescript")
KEPT = Reply(text="Kept of you:\n\n- messages: 2\n- threads: 1\n\n`forget me` erases it.")
HEAD = """import type { HomeView, KnownBlock, ModalView } from "@slack/types";
type Strict<View> = Omit<View, "blocks"> & { blocks: KnownBlock[] };
"""
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="{style}"><style>
body{{font-family:Lato,"Segoe UI",sans-serif;font-size:15px;columns:2;margin:16px;
background:#eee}} section{{break-inside:avoid;background:#fff;border:1px solid #ccc;
border-radius:8px;padding:14px;margin-bottom:16px}} h6{{color:#888;margin:0 0 8px}}</style>"""


def _views() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return each view and message with the name of its type."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for name, home in HOMES.items():
        found[name] = ("Strict<HomeView>", home_view(home))
    for name, form in FORMS.items():
        found[f"form-{name}"] = ("Strict<ModalView>", view_of(form))
    found["reading"] = ("Strict<ModalView>", reading_view(KEPT))
    for name, reply in REPLIES.items():
        (message,) = messages_of(reply)
        found[name] = ("{ blocks: KnownBlock[] }", {"blocks": list(message.blocks)})
    return found


def _checked(views: dict[str, tuple[str, dict[str, Any]]], folder: Path) -> str:
    """Return what TypeScript says against the views; empty when they are of their types."""
    lines = [
        f"export const v{number}: {kind} = {json.dumps(view)};"
        for number, (kind, view) in enumerate(views.values())
    ]
    (folder / "views.ts").write_text(HEAD + "\n".join(lines))
    (folder / "node_modules").symlink_to(MODULES)
    return subprocess.run(  # noqa: S603 - our own file
        [
            NODE, str(MODULES / "typescript" / "bin" / "tsc"), "--noEmit", "--strict",
            "--skipLibCheck", "--types", "", "--module", "nodenext", "views.ts",
        ],
        cwd=folder, capture_output=True, text=True, check=False, timeout=100,
    ).stdout  # fmt: skip


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_what_we_show_in_slack_is_of_slacks_types_and_what_is_not_is_found(
    tmp_path: Path,
) -> None:
    views = _views()
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.mkdir()
    wrong.mkdir()
    kind, home = views["home-person"]
    spoilt = {**home, "blocks": [{"type": "header", "txt": "no such field"}]}

    assert _checked(views, right) == ""
    assert "error" in _checked({"spoilt": (kind, spoilt)}, wrong)


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_what_we_show_in_slack_is_drawn_and_kept_as_a_picture(tmp_path: Path) -> None:
    views = _views()
    blocks = {name: view["blocks"] for name, (_, view) in views.items()}
    done = subprocess.run(  # noqa: S603 - our own script
        [NODE, str(HERE / "draw.cjs")],
        input=json.dumps(blocks), capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    shown: dict[str, str] = json.loads(done.stdout)
    parts = [
        f"<section><h6>{name}</h6>{_framed(views[name][1], html)}</section>"
        for name, html in shown.items()
    ]
    page = tmp_path / "page.html"
    style = MODULES / "slack-blocks-to-jsx" / "dist" / "style.css"
    page.write_text(PAGE.format(style=style.as_uri()) + "".join(parts))
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", drawn(page, "slack", height=3300))).split())

    for each in ("May I bring *my* dog <to> the [office](x)?", "17 of 20 questions",
                 "48,20 von 50,00 US-Dollar", "Was war falsch?",
                 "asked 7 times by 5 people", "Your words", "Put it right", "Ask a human",
                 "messages: 2", "Sources"):  # fmt: skip
        assert each in words, each


def _framed(view: dict[str, Any], html: str) -> str:
    """Return a dialog with its title and buttons, which the renderer of blocks leaves out."""
    if view.get("type") != "modal":
        return html
    buttons = " ".join(
        f"<button>{view[name]['text']}</button>" for name in ("close", "submit") if name in view
    )
    return f"<h3>{view['title']['text']}</h3>{html}<p align=right>{buttons}</p>"
