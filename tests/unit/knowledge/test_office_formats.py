"""Sheets, slides, tables and mails become sections that keep what belongs together."""

import io
import zipfile
from datetime import date
from email.message import EmailMessage

import openpyxl
import pptx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pptx.util import Inches

from knowledge.ingestion.parsing import container, docx, mail, separated, xlsx
from knowledge.ingestion.parsing import pptx as slides
from knowledge.ingestion.parsing.headings import Mark, Page, sections_of
from knowledge.ingestion.parsing.tables import table_of
from tests.running import SAMPLE


def a_workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Prices"
    for row in (
        ["All prices without tax"],
        [],
        ["Plan", "Price", "Since", "Discount"],
        ["Team", 120, date(2026, 1, 1), 0.125],
        ["Larder | Pro", 99.5, date(2026, 7, 1), 0],
    ):
        sheet.append(row)
    sheet["D4"].number_format = "0.0%"
    hidden = book.create_sheet("Secret")
    hidden.append(["a", "b"])
    hidden.sheet_state = "hidden"
    return saved(book)


def saved(written: object) -> bytes:
    stream = io.BytesIO()
    written.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def a_deck() -> bytes:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    assert first.shapes.title is not None
    first.shapes.title.text = "Roadmap 2027"
    body = first.placeholders[1].text_frame
    body.text = "Larder for ships"
    body.add_paragraph().text = "in two harbours"
    body.paragraphs[1].level = 1
    assert first.notes_slide.notes_text_frame is not None
    first.notes_slide.notes_text_frame.text = "Say that it is early."
    second = deck.slides.add_slide(deck.slide_layouts[6])
    grid = second.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for at, words in enumerate(("Quarter", "Goal", "Q1", "Ten ships")):
        grid.cell(at // 2, at % 2).text = words
    return saved(deck)


def a_mail(
    *, plain: str = "The press is open.", attached: tuple[tuple[str, bytes], ...] = ()
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ann <ann@example.org>"
    message["To"] = "all@example.org"
    message["Subject"] = "The new press"
    message["Date"] = "Mon, 02 Mar 2026 09:30:00 +0100"
    message.set_content(plain)
    for name, content in attached:
        message.add_attachment(content, "application", "octet-stream", filename=name)
    return message


def test_a_sheet_keeps_its_table_with_its_head_and_how_numbers_are_shown() -> None:
    (section,) = xlsx.parse(a_workbook()).sections

    assert section.heading_path == ("Prices",)
    assert section.text == (
        "All prices without tax\n\n"
        "| Plan | Price | Since | Discount |\n| --- | --- | --- | --- |\n"
        "| Team | 120 | 2026-01-01 | 12.5% |\n| Larder \\| Pro | 99.5 | 2026-07-01 | 0 |"
    )


def test_a_slide_keeps_its_title_its_levels_its_table_and_its_notes() -> None:
    parsed = slides.parse(a_deck())

    assert parsed.title == "Roadmap 2027"
    assert [s.heading_path for s in parsed.sections] == [("Slide 1: Roadmap 2027",), ("Slide 2",)]
    assert parsed.sections[0].text == (
        "- Larder for ships\n  - in two harbours\n\nNotes: Say that it is early."
    )
    assert "| Q1 | Ten ships |" in parsed.sections[1].text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_table_is_read_whatever_separates_and_encodes_it(separator: str, encoding: str) -> None:
    lines = [["Ort", "Straße"], ["Köln", "Am Hof 1"], ["Düren", "Große Gasse 2"]]
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines)
    (section,) = separated.parse(text.encode(encoding)).sections

    assert section.text.splitlines()[2:] == ["| Köln | Am Hof 1 |", "| Düren | Große Gasse 2 |"]


def test_wide_rows_name_each_cell_so_that_none_is_cut() -> None:
    rows = [["Risk", "What we do", "Owner"], ["Fire", "Water. " * 80, ""]]

    assert table_of(rows).startswith("- Risk: Fire; What we do: Water. ")


@given(st.lists(st.lists(st.text(max_size=20), max_size=5), max_size=12))
def test_no_cell_of_a_table_is_lost_or_invented(rows: list[list[str]]) -> None:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    text = table_of(filled) if filled else ""

    assert all(
        " ".join(cell.replace("|", "\\|").split()) in " ".join(text.split())
        for r in filled
        for cell in r
    )


def test_a_mail_has_its_subject_its_people_and_its_attachments() -> None:
    message = a_mail(attached=(("prices.xlsx", a_workbook()), ("photo.jpg", b"x"), ("a.pdf", b"x")))
    parsed = mail.parse(message.as_bytes())
    below = {s.heading_path: s.text for s in parsed.sections}

    assert parsed.title == "The new press"
    assert parsed.metadata["date"] == "2026-03-02"
    assert below[()].endswith("\n\nThe press is open.")
    assert "From: Ann <ann@example.org>" in below[()]
    assert "| Team | 120 |" in below[("prices.xlsx", "Prices")]
    assert below[("photo.jpg",)] == "The attachment photo.jpg is not read."
    assert below[("a.pdf",)] == "The attachment a.pdf is not a PDF."


def test_a_mail_of_html_alone_is_read_and_mails_within_mails_have_an_end() -> None:
    html = EmailMessage()
    html["Subject"] = "Hello"
    html.set_content("<p>One <b>word</b></p><script>x()</script>", subtype="html")
    nested = a_mail()
    for _ in range(4):
        outer = a_mail()
        outer.add_attachment(nested)
        nested = outer

    assert mail.parse(html.as_bytes()).sections[0].text == "One **word**"
    with pytest.raises(ValueError, match="nested more than 3 deep"):
        mail.parse(nested.as_bytes())


@pytest.mark.parametrize("parse", [xlsx.parse, slides.parse, docx.parse])
@pytest.mark.parametrize(
    "broken", [b"", b"garbage", b"PK\x03\x04broken", b"PK\x05\x06" + bytes(18)]
)
def test_a_broken_office_file_is_refused_in_one_line(parse: object, broken: bytes) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match=r"is not a.* or is damaged$"):
        parse(broken)


def test_a_cut_file_is_refused_in_one_line() -> None:
    for content, parse in ((a_workbook(), xlsx.parse), (a_deck(), slides.parse)):
        with pytest.raises(ValueError, match=r"is not a.* or is damaged$"):
            parse(content[: len(content) // 2])


def test_a_locked_and_an_old_office_file_say_what_to_do() -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1")
    locked = ole + bytes(600) + "EncryptedPackage".encode("utf-16-le")

    with pytest.raises(ValueError, match=r"^is protected by a password$"):
        xlsx.parse(locked)
    with pytest.raises(ValueError, match="save it as an Excel workbook"):
        xlsx.parse(ole + bytes(600))


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    def packed(name: str, content: bytes) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return stream.getvalue()

    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
    with pytest.raises(ValueError, match="declares XML entities"):
        docx.parse(packed("word/document.xml", laughs))
    with pytest.raises(ValueError, match=r"a bomb$"):
        docx.parse(packed("word/document.xml", bytes(30_000_000)))
    with pytest.raises(ValueError, match="unpacks to more than 400 MB"):
        container.check(lying(container.MAX_UNPACKED_BYTES + 1), "a file")


def lying(size: int) -> bytes:
    """Return an archive whose directory states `size` for its only part."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.bin", b"x")
    content = bytearray(stream.getvalue())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = size.to_bytes(4, "little")
    return bytes(content)


def test_an_outline_names_the_sections_of_its_pages() -> None:
    pages = [
        Page(number=1, text="Cover", outline=(Mark(level=1, text="Part one"),)),
        Page(
            number=2,
            text="PART ONE\nwords\nDetails\nmore",
            outline=(
                Mark(level=1, text="Part one"),
                Mark(level=2, text="Details"),
            ),
        ),
        Page(number=3, text="even more"),
    ]

    assert [(s.heading_path, s.text) for s in sections_of(pages)] == [
        (("Page 1",), "Cover"),
        (("PART ONE", "Page 2"), "words"),
        (("PART ONE", "Details", "Page 2"), "more"),
        (("PART ONE", "Details", "Page 3"), "even more"),
    ]


def test_what_is_large_on_the_cover_alone_is_no_heading_of_the_rest() -> None:
    lines = [f"line {n} is set as small as most of them" for n in range(4)]
    sizes = {"Annual report": 30.0, "Results": 20.0, "Outlook": 20.0, **dict.fromkeys(lines, 10.0)}
    tops: tuple[list[str], ...] = (["Annual report"], ["Results"], [], ["Outlook"])
    pages = [
        Page(number=n, text="\n".join(top + lines), sizes={k: sizes[k] for k in top + lines})
        for n, top in enumerate(tops, start=1)
    ]

    assert [s.heading_path for s in sections_of(pages)] == [
        ("Annual report", "Page 1"),
        ("Results", "Page 2"),
        ("Results", "Page 3"),
        ("Outlook", "Page 4"),
    ]


@given(
    st.lists(
        st.sampled_from(["Big one", "small words here", "", "Huge", "other small"]), max_size=12
    )
)
def test_splitting_a_page_by_its_headings_loses_no_word(lines: list[str]) -> None:
    sizes = {"Big one": 20.0, "Huge": 30.0, "small words here": 10.0, "other small": 10.0}
    page = Page(
        number=1, text="\n".join(lines), sizes={k: v for k, v in sizes.items() if k in lines}
    )
    kept = " ".join(f"{' '.join(s.heading_path)} {s.text}" for s in sections_of([page]))

    assert all(line in kept for line in lines)


def test_every_word_document_of_the_sample_company_passes_the_check() -> None:
    for path in SAMPLE.rglob("*.docx"):
        assert docx.parse(path.read_bytes()).sections
