"""What a reader of a PDF page does not see: taken off the page before its text is read."""

import ctypes
import math
from collections.abc import Callable
from itertools import islice

import pypdfium2 as pdfium
from pypdfium2 import raw

_MAX_OBJECTS = 200_000
_MAX_DEPTH = 8
_INVISIBLE = 3  # text render mode of ISO 32000: neither filled nor stroked
_ONLY_STROKED = frozenset({1, 5})
_STROKED = _ONLY_STROKED | {2, 6}
_TINY_PT = 1.5
_WHITE = 247  # of 255
_CLEAR = 13  # of 255

Box = tuple[float, float, float, float]


def remove_unseen(page: pdfium.PdfPage) -> int:
    """Take unseen text off `page` and return how many characters it had.

    Unseen is text in the invisible mode, white or clear text, text below 1.5 points, and text
    beside the page. Invisible text on an image stays, since a scan's recognised words are that;
    white text stays where something coloured or an image lies below it.
    """
    unseen = _unseen(page)
    if not unseen:
        return 0
    text_page = page.get_textpage()
    try:
        lengths = [_length(item, text_page) for item in unseen]
    finally:
        text_page.close()
    for item, length in zip(unseen, lengths, strict=True):
        if length:
            _remove(page, item)
    return sum(lengths)


def _unseen(page: pdfium.PdfPage) -> list[pdfium.PdfObject]:
    edges = page.get_bbox()
    unseen: list[pdfium.PdfObject] = []
    images: list[Box] = []
    dark: list[Box] = []
    for item in islice(page.get_objects(max_depth=_MAX_DEPTH), _MAX_OBJECTS):
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            images.append(_on_page(item))
        elif item.type == raw.FPDF_PAGEOBJ_SHADING or _is_coloured_path(item):
            dark.append(_on_page(item))
        elif item.type == raw.FPDF_PAGEOBJ_TEXT and _is_unseen(item, edges, images, dark):
            unseen.append(item)
    return unseen


def _is_unseen(item: pdfium.PdfObject, edges: Box, images: list[Box], dark: list[Box]) -> bool:
    """Return whether nobody sees a text; `images` and `dark` are what was drawn before it."""
    box = _on_page(item)
    if not _touches(box, edges) or _size(item) < _TINY_PT:
        return True
    mode = raw.FPDFTextObj_GetTextRenderMode(item)
    if mode == _INVISIBLE:
        return not _is_on(box, images)
    if mode in _STROKED and not _is_pale(item, raw.FPDFPageObj_GetStrokeColor):
        return False
    return (mode in _ONLY_STROKED or _is_white(item)) and not (
        _is_on(box, images) or _is_on(box, dark)
    )


def _on_page(item: pdfium.PdfObject) -> Box:
    """Return where `item` lies on the page, through the forms that it is nested in."""
    left, bottom, right, top = item.get_bounds()
    form = item.container
    while form is not None:
        matrix = form.get_matrix()
        corners = [matrix.on_point(x, y) for x in (left, right) for y in (bottom, top)]
        left, right = min(x for x, _ in corners), max(x for x, _ in corners)
        bottom, top = min(y for _, y in corners), max(y for _, y in corners)
        form = form.container
    return left, bottom, right, top


def _size(item: pdfium.PdfObject) -> float:
    """Return the size of a text's letters on the page, in points."""
    size = ctypes.c_float()
    if not raw.FPDFTextObj_GetFontSize(item, ctypes.byref(size)):
        return _TINY_PT
    points = float(size.value)
    around: pdfium.PdfObject | None = item
    while around is not None:
        matrix = around.get_matrix()
        points *= math.hypot(matrix.c, matrix.d)
        around = around.container
    return points


def _is_white(item: pdfium.PdfObject) -> bool:
    return _is_pale(item, raw.FPDFPageObj_GetFillColor)


def _is_pale(item: pdfium.PdfObject, colour: Callable[..., int]) -> bool:
    """Return whether a colour of `item` is white or clear."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    is_known = colour(item, *map(ctypes.byref, (red, green, blue, alpha)))
    is_white = min(red.value, green.value, blue.value) >= _WHITE
    return bool(is_known) and (is_white or alpha.value <= _CLEAR)


def _is_coloured_path(item: pdfium.PdfObject) -> bool:
    if item.type != raw.FPDF_PAGEOBJ_PATH or _is_white(item):
        return False
    mode, is_stroked = ctypes.c_int(), ctypes.c_int()
    is_known = raw.FPDFPath_GetDrawMode(item, ctypes.byref(mode), ctypes.byref(is_stroked))
    return bool(is_known) and mode.value != raw.FPDF_FILLMODE_NONE


def _touches(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _is_on(box: Box, below: list[Box]) -> bool:
    """Return whether the middle of `box` lies on one of `below`."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in below)


def _length(item: pdfium.PdfObject, text_page: pdfium.PdfTextPage) -> int:
    """Return how many letters a text object has, without its closing zero."""
    units = raw.FPDFTextObj_GetText(item, text_page, None, 0) // 2 - 1
    if units <= 0:
        return 0
    buffer = ctypes.create_string_buffer(units * 2 + 2)
    raw.FPDFTextObj_GetText(
        item, text_page, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), units * 2 + 2
    )
    return len(buffer.raw[: units * 2].decode("utf-16-le", "replace").strip())


def _remove(page: pdfium.PdfPage, item: pdfium.PdfObject) -> None:
    if item.container is None:
        raw.FPDFPage_RemoveObject(page, item)
    else:
        raw.FPDFFormObj_RemoveObject(item.container, item)
    raw.FPDFPageObj_Destroy(item)
