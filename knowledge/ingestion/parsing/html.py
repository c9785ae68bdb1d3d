"""HTML pages: the main part, as Markdown with the headings' own anchors."""

import re

from markdownify import markdownify
from selectolax.lexbor import LexborHTMLParser, LexborNode

from knowledge.ingestion.parsing.markdown import parse_body
from knowledge.ingestion.parsing.text import decode
from knowledge.ingestion.parsing.unseen import remove_unseen
from knowledge.types import ParsedFile

_NOT_CONTENT = (
    "script, style, noscript, template, nav, header, footer, aside, form, iframe, svg, img, "
    "button, [hidden], [aria-hidden=true], [role=navigation], [role=banner], [role=contentinfo]"
)
_MAIN = ("main", "[role=main]", "article", "body")
_HEADINGS = "h1, h2, h3, h4, h5, h6"
_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)
_META = {"citewell-readers": "readers", "citewell-status": "status", "date": "updated"}


def parse(content: bytes) -> ParsedFile:
    """Return the page's main part in sections; `<meta name=citewell-readers>` says who may read.

    Raises:
        ValueError: It is no text.
    """
    declared = _CHARSET.search(content[:2048])
    try:
        text = content.decode(declared[1].decode()) if declared else decode(content)
    except (LookupError, UnicodeDecodeError):
        text = decode(content)
    return parse_page(text)


def parse_page(text: str) -> ParsedFile:
    """Return HTML that is already text in sections."""
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    metadata: dict[str, str | list[str]] = {
        _META[name]: (node.attributes.get("content") or "")
        for node in tree.css("meta[name]")
        if (name := node.attributes.get("name") or "") in _META
    }
    if isinstance(readers := metadata.get("readers"), str):
        metadata["readers"] = [reader.strip() for reader in readers.split(",")]
    remove_unseen(tree)
    for node in tree.css(_NOT_CONTENT):
        if not _holds_main(node):
            node.decompose()
    main = next((found for tag in _MAIN if (found := tree.css_first(tag))), None)
    if main is None:
        return ParsedFile(title=title.text(strip=True) if title else "", sections=())
    for heading in main.css(_HEADINGS):
        anchor = heading.attributes.get("id")
        if anchor and re.fullmatch(r"[\w:.-]+", anchor):
            heading.insert_child(f" {{#{anchor}}}")
    body = markdownify(
        main.html or "",
        heading_style="ATX",
        bullets="-",
        escape_misc=False,
        table_infer_header=True,  # Word's tables have none
    )
    parsed = parse_body(body.strip())
    return ParsedFile(
        title=parsed.title or (title.text(strip=True) if title else ""),
        sections=parsed.sections,
        metadata=metadata,
    )


def _holds_main(node: LexborNode) -> bool:
    return node.css_first("main, article") is not None
