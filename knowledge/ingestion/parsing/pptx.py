"""PowerPoint presentations (.pptx): a section a slide, with its tables and speaker notes."""

import io
from collections.abc import Iterable, Iterator

from pptx import Presentation
from pptx.exc import PackageNotFoundError
from pptx.shapes.autoshape import Shape
from pptx.shapes.base import BaseShape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape
from pptx.slide import Slide
from pptx.text.text import TextFrame

from knowledge.ingestion.parsing import container
from knowledge.ingestion.parsing.tables import table_of
from knowledge.types import ParsedFile, Section

_KIND = "a PowerPoint presentation (.pptx)"
_MAX_SLIDES = 2_000
_MAX_DEPTH = 20  # of groups within groups


def parse(content: bytes) -> ParsedFile:
    """Return each slide that holds text; the first slide's title is the document's.

    Raises:
        ValueError: It is no presentation, is locked, or has too many slides.
    """
    container.check(content, _KIND)
    try:
        deck = Presentation(io.BytesIO(content))
        slides = list(deck.slides)
        if len(slides) > _MAX_SLIDES:
            raise ValueError(f"has more than {_MAX_SLIDES:,} slides")
        titles = [_title(slide) for slide in slides]
        texts = ["\n\n".join(_blocks(slide)) for slide in slides]
        named = (deck.core_properties.title or "").strip()
    except (PackageNotFoundError, KeyError, AttributeError, TypeError, OSError) as error:
        raise ValueError(f"is not {_KIND}, or is damaged") from error
    sections = tuple(
        Section(
            heading_path=(f"Slide {number}: {title}" if title else f"Slide {number}",),
            anchor="",
            text=text or title,
        )
        for number, (title, text) in enumerate(zip(titles, texts, strict=True), start=1)
        if title or text
    )
    is_default = named in {"", "PowerPoint Presentation"}
    return ParsedFile(
        title=next(filter(None, titles), "") if is_default else named, sections=sections
    )


def _title(slide: Slide) -> str:
    shape = slide.shapes.title
    return " ".join(shape.text_frame.text.split()) if shape is not None else ""


def _blocks(slide: Slide) -> Iterator[str]:
    title = slide.shapes.title
    ignored = title.shape_id if title is not None else None
    yield from _texts((shape for shape in slide.shapes if shape.shape_id != ignored), 0)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        if notes is not None and notes.text.strip():
            yield f"Notes: {_paragraphs(notes)}"


def _texts(shapes: Iterable[BaseShape], depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise ValueError(f"has groups nested more than {_MAX_DEPTH} deep")
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _texts(shape.shapes, depth + 1)
        elif isinstance(shape, GraphicFrame) and shape.has_table:
            rows = [[" ".join(cell.text.split()) for cell in row.cells] for row in shape.table.rows]
            if any(any(row) for row in rows):
                yield table_of(rows)
        elif isinstance(shape, Shape) and shape.has_text_frame:
            text = _paragraphs(shape.text_frame)
            if text:
                yield text


def _paragraphs(frame: TextFrame) -> str:
    """Return a frame's paragraphs; several of them are a list on nearly every slide."""
    found = [(p.level, " ".join(p.text.split())) for p in frame.paragraphs]
    filled = [(level, text) for level, text in found if text]
    if len(filled) == 1:
        return filled[0][1]
    return "\n".join(f"{'  ' * level}- {text}" for level, text in filled)
