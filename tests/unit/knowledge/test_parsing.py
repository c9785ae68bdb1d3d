"""Each format becomes titled sections with their anchors, whatever a file really holds."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.ingestion.parsing import docx, html, markdown, pdf, text
from tests.running import SAMPLE

PAGE = b"""---
title: Leave
readers: [group:hr, everyone]
updated: 2026-01-02
---
Intro with a [link]({% page "/x#y" %}) and ![alt](a.png).

## Days {#days-off}
Ask in {% slack_channel "people" %}. <!-- hidden --> Done.<br/>Now.

{% comment %}never shown{% endcomment %}
### Days
```yaml
## not a heading {{ kept }}
```

Days
----
| a | b |
|---|---|
| 1 | 2 |
"""


def test_markdown_keeps_titles_headings_anchors_and_front_matter() -> None:
    parsed = markdown.parse(PAGE)

    assert parsed.title == "Leave"
    assert parsed.metadata["readers"] == ["group:hr", "everyone"]
    assert [(s.heading_path, s.anchor) for s in parsed.sections] == [
        ((), ""),
        (("Days",), "days-off"),
        (("Days", "Days"), "days-1"),
        (("Days",), "days-2"),
    ]
    assert parsed.sections[0].text == "Intro with a link and alt."
    assert parsed.sections[1].text == "Ask in #people.  Done. Now."
    assert "## not a heading {{ kept }}" in parsed.sections[2].text
    assert "| 1 | 2 |" in parsed.sections[3].text


def test_the_first_heading_is_the_title_where_no_other_is_given() -> None:
    parsed = markdown.parse(b"# The *title*\n\nwords\n\n## Part\nmore")

    assert parsed.title == "The title"
    assert [s.heading_path for s in parsed.sections] == [(), ("Part",)]


@pytest.mark.parametrize(
    "broken", [b"---\na: [\n---\nx", b"---\n- a\n- b\n---\nx", b"\x00\x01\x02"]
)
def test_what_is_no_markdown_is_refused_with_a_reason(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"front matter|not a text file"):
        markdown.parse(broken)


@given(st.text(max_size=300))
def test_any_text_is_parsed_and_no_word_is_invented(content: str) -> None:
    body = "\n".join(line for line in content.splitlines() if line.isalnum())
    parsed = markdown.parse_body(body)

    assert "".join(s.text for s in parsed.sections).split() == body.split()


def test_html_loses_its_navigation_and_keeps_its_anchors() -> None:
    page = (
        b"<html><head><title>MFA | Intranet</title><meta name=citewell-readers content='group:it'>"
        b"<script>alert(1)</script></head><body><nav>Menu</nav><main><h1>MFA</h1><p>Intro</p>"
        b"<h2 id=keys>Keys</h2><ul><li>one</li><li>two</li></ul></main><footer>(c)</footer></body>"
    )
    parsed = html.parse(page)

    assert parsed.title == "MFA"
    assert parsed.metadata["readers"] == ["group:it"]
    assert [(s.heading_path, s.anchor) for s in parsed.sections] == [((), ""), (("Keys",), "keys")]
    assert parsed.sections[1].text == "- one\n- two"


def test_a_pdf_gives_sections_by_heading_that_link_to_their_page() -> None:
    parsed = pdf.parse((SAMPLE / "policies/travel-policy.pdf").read_bytes())

    assert parsed.title == "Travel policy"
    assert [(s.heading_path, s.anchor) for s in parsed.sections] == [
        (("Page 1",), "page=1"),
        (("Before you book", "Page 1"), "page=1"),
        (("Hotels", "Page 1"), "page=1"),
        (("Daily allowance", "Page 2"), "page=2"),
        (("Cars", "Page 2"), "page=2"),
        (("If something goes wrong", "Page 2"), "page=2"),
    ]
    assert "A hotel may cost up to 140 EUR a night" in parsed.sections[2].text


def test_a_word_document_keeps_headings_lists_and_tables() -> None:
    parsed = docx.parse((SAMPLE / "policies/procurement.docx").read_bytes())

    assert parsed.title == "Buying things for the company"
    assert ("Who may approve what",) in [s.heading_path for s in parsed.sections]
    assert "| Up to 5,000 EUR | Your lead |" in "\n".join(s.text for s in parsed.sections)


@pytest.mark.parametrize("parse", [pdf.parse, docx.parse])
@pytest.mark.parametrize("broken", [b"", b"garbage", b"%PDF-1.4\n", b"PK\x03\x04broken"])
def test_a_broken_file_is_refused_in_one_line(parse: object, broken: bytes) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match=r"is not a|is a damaged|holds no text") as refused:
        parse(broken)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_its_encoding(encoding: str) -> None:
    words = (
        "B\u00fcro Leipzig: \u00d6ffnungszeiten f\u00fcr G\u00e4ste und K\u00f6che, t\u00e4glich "
        "ge\u00f6ffnet.\r\nZwei"
    )

    assert text.decode(words.encode(encoding)) == words.replace("\r\n", "\n")


def test_every_document_of_the_sample_company_is_read(tmp_path: Path) -> None:
    for path in SAMPLE.rglob("*.md"):
        assert markdown.parse(path.read_bytes()).sections, path


def test_html_that_is_styled_away_is_not_read() -> None:
    page = html.parse_page(
        "<style>.x{display:none} .dark{background:#123} .w{color:#fff}</style><p>Seen.</p>"
        "<p class=x>A</p><p style='color:#FFFFFF'>A</p><div style='font-size:0px'>A</div>"
        "<p style='opacity:0'>A</p><p class=w>A</p><font color=white>A</font><!-- A -->"
        "<span style='position:absolute;left:-9999px'>A</span>"
        "<p style='color: white; background-color: #fff'>A</p>"
        "<p style='height:1px;overflow:hidden'>A</p>"
        "<div class=dark><p class=w>S3</p></div><div style='background:#000;color:white'>S4</div>"
        "<p style='opacity:0.5'>S5</p><p style='max-width:0.5em;overflow:hidden'>S6</p>"
    )

    assert page.sections[0].text.split() == ["Seen.", "S3", "S4", "S5", "S6"]
