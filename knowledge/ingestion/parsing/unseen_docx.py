"""What a reader of a Word document does not see: taken out before it is read."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.ElementTree import fromstring

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_STYLES = "word/styles.xml"
_TINY_HALF_POINTS = 3
_NO_FILL = frozenset({"", "auto", "FFFFFF"})
_OFF = frozenset({"0", "false", "off"})
_MAX_CHAIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How letters look; None where nothing is said."""

    is_hidden: bool | None = None
    is_white: bool | None = None
    is_tiny: bool | None = None

    def over(self, below: "_Look") -> "_Look":
        """Return this look where it says something, else that of `below`."""
        return _Look(
            is_hidden=below.is_hidden if self.is_hidden is None else self.is_hidden,
            is_white=below.is_white if self.is_white is None else self.is_white,
            is_tiny=below.is_tiny if self.is_tiny is None else self.is_tiny,
        )


def without_unseen(content: bytes) -> tuple[bytes, int]:
    """Return a Word document without unseen text, and how many characters that was.

    Unseen is text marked as hidden, below two points, or white where no paragraph, cell, table
    style or highlight gives it a background; by itself or by its styles. Parts that can't be read
    stay as they are: the format's own parser says what it makes of them.
    """
    changed: dict[str, bytes] = {}
    chars = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        present = set(archive.namelist())
        styles = _styles(_read(archive, _STYLES)) if _STYLES in present else {}
        for part in _PARTS:
            root = _read(archive, part) if part in present else None
            if root is not None and (removed := _clear(root, styles, _Look(), is_backed=False)):
                chars += removed
                changed[part] = tostring(root, encoding="utf-8", xml_declaration=True)
        return (_packed(archive, changed) if changed else content), chars


def _read(archive: zipfile.ZipFile, part: str) -> Element | None:
    try:
        root: Element = fromstring(archive.read(part))
    except ParseError:
        return None
    return root


def _packed(archive: zipfile.ZipFile, changed: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as to:
        for item in archive.infolist():
            to.writestr(item.filename, changed.get(item.filename) or archive.read(item))
    return packed.getvalue()


def _clear(parent: Element, styles: dict[str, _Look], look: _Look, *, is_backed: bool) -> int:
    """Remove the unseen runs below `parent`, and return how many characters they had."""
    removed = 0
    for child in list(parent):
        if child.tag == f"{_W}r":
            own = _look(child.find(f"{_W}rPr"), styles).over(look)
            is_on = is_backed or _has_background(child.find(f"{_W}rPr"))
            if own.is_hidden or own.is_tiny or (own.is_white and not is_on):
                removed += len("".join(_texts(child)))
                parent.remove(child)
                continue
        properties = child.find(f"{_W}pPr")
        inner = look if properties is None else _style(properties, "pStyle", styles)
        is_on = is_backed or any(
            _has_background(child.find(f"{_W}{name}")) for name in ("pPr", "tcPr", "tblPr")
        )
        removed += _clear(child, styles, inner, is_backed=is_on)
    return removed


def _texts(run: Element) -> Iterator[str]:
    for text in run.iter(f"{_W}t"):
        yield text.text or ""


def _styles(root: Element | None) -> dict[str, _Look]:
    """Return how the letters of each style look, with what it is based on."""
    if root is None:
        return {}
    own: dict[str, _Look] = {}
    bases: dict[str, str] = {}
    for style in root.iter(f"{_W}style"):
        name = style.get(f"{_W}styleId") or ""
        own[name] = _look(style.find(f"{_W}rPr"), {})
        based = style.find(f"{_W}basedOn")
        bases[name] = (based.get(f"{_W}val") or "") if based is not None else ""
    looks: dict[str, _Look] = {}
    for name, look in own.items():
        base = bases[name]
        for _ in range(_MAX_CHAIN):
            if base not in own:
                break
            look = look.over(own[base])  # noqa: PLW2901 - one style after the other
            base = bases[base]
        looks[name] = look
    return looks


def _look(properties: Element | None, styles: dict[str, _Look]) -> _Look:
    if properties is None:
        return _Look()
    hidden = properties.find(f"{_W}vanish")
    colour, size = _value(properties, "color"), _value(properties, "sz")
    own = _Look(
        is_hidden=None if hidden is None else (hidden.get(f"{_W}val") or "1") not in _OFF,
        is_white=None if colour is None else colour.upper() == "FFFFFF",
        is_tiny=None if not (size or "").isdigit() else int(size or 0) <= _TINY_HALF_POINTS,
    )
    return own.over(_style(properties, "rStyle", styles))


def _style(properties: Element, kind: str, styles: dict[str, _Look]) -> _Look:
    return styles.get(_value(properties, kind) or "", _Look())


def _value(properties: Element, name: str) -> str | None:
    found = properties.find(f"{_W}{name}")
    return None if found is None else found.get(f"{_W}val")


def _has_background(properties: Element | None) -> bool:
    """Return whether white letters show: on a filling, a highlight, or a table's style."""
    if properties is None:
        return False
    shade = properties.find(f"{_W}shd")
    fill = "" if shade is None else (shade.get(f"{_W}fill") or "").upper().replace("AUTO", "auto")
    has_style = properties.find(f"{_W}tblStyle") is not None
    return fill not in _NO_FILL or properties.find(f"{_W}highlight") is not None or has_style
