"""Draws a report's figures as inline SVG: no script, no network."""

from collections.abc import Mapping, Sequence
from html import escape

from bot.evaluation.report import Comparison, Measured, Question

_WIDTH = 620
_LEFT = 230
_RIGHT = 70
_ROW = 26
_TOP = 24
_BAR = 12
_SPAN = _WIDTH - _LEFT - _RIGHT
_MAX_ROWS = 40
_LABEL_CHARS = 34
_SIGNIFICANT = 0.05


def intervals(rows: Mapping[str, Measured]) -> str:
    """Draw a bar for each mean in 0..1, with its interval as a whisker."""
    shapes = [_scale(0.0, 1.0, len(rows), ticks=5)]
    for number, (name, value) in enumerate([*rows.items()][:_MAX_ROWS]):
        middle = _TOP + number * _ROW + _ROW / 2
        shapes += [
            _label(f"{name} ({value.count})", middle),
            _bar(value.mean, middle),
            _whisker(_at(value.low), _at(value.high), middle),
            _value(f"{value.mean:.3f}", middle),
        ]
    return _svg(shapes, min(len(rows), _MAX_ROWS), "means with 95 % intervals")


def first_ranks(questions: Sequence[Question], depth: int) -> str:
    """Draw how many questions find their first relevant document at each rank."""
    ranked = [question for question in questions if question.figures]
    at = [round(1 / q.figures["MRR"]) if q.figures["MRR"] else 0 for q in ranked]
    rows = {f"rank {rank}": at.count(rank) for rank in range(1, depth + 1)}
    rows["deeper, or not at all"] = len(at) - sum(rows.values())
    most = max([1, *rows.values()])
    shapes = []
    for number, (name, count) in enumerate(rows.items()):
        middle = _TOP + number * _ROW + _ROW / 2
        shapes += [
            _label(name, middle),
            _bar(count / most, middle),
            _value(str(count), middle),
        ]
    return _svg(shapes, len(rows), "rank of the first relevant document")


def differences(comparison: Comparison, kind: str) -> str:
    """Draw each metric's difference with its interval around zero; filled where p < 0.05."""
    rows = comparison.differences[kind]
    reach = max([0.01, *(max(abs(row.low), abs(row.high)) for row in rows.values())])
    shapes = [_scale(-reach, reach, len(rows), ticks=4)]
    zero = _LEFT + _SPAN / 2
    for number, (name, row) in enumerate(rows.items()):
        middle = _TOP + number * _ROW + _ROW / 2
        low, gap, high = (
            zero + value / reach * _SPAN / 2 for value in (row.low, row.this - row.other, row.high)
        )
        look = "dot sure" if row.p < _SIGNIFICANT else "dot"
        shapes += [
            _label(name, middle),
            _whisker(low, high, middle),
            f'<circle class="{look}" cx="{gap:.1f}" cy="{middle:.1f}" r="5"/>',
            _value(f"p {row.p:.3f}", middle),
        ]
    return _svg(shapes, len(rows), f"differences to {comparison.other}")


def _at(share: float) -> float:
    return _LEFT + share * _SPAN


def _scale(low: float, high: float, rows: int, *, ticks: int) -> str:
    bottom = _TOP + rows * _ROW
    lines = []
    for number in range(ticks + 1):
        x = _LEFT + number / ticks * _SPAN
        value = low + (high - low) * number / ticks
        lines.append(
            f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}"/>'
            f'<text class="tick" x="{x:.1f}" y="{_TOP - 8}">{value:.2g}</text>'
        )
    return "".join(lines)


def _label(text: str, y: float) -> str:
    short = text if len(text) <= _LABEL_CHARS else f"{text[: _LABEL_CHARS - 1]}…"
    return f'<text class="name" x="{_LEFT - 10}" y="{y + 4:.1f}">{escape(short)}</text>'


def _value(text: str, y: float) -> str:
    return f'<text class="value" x="{_LEFT + _SPAN + 10}" y="{y + 4:.1f}">{escape(text)}</text>'


def _bar(share: float, y: float) -> str:
    return (
        f'<rect class="bar" x="{_LEFT}" y="{y - _BAR / 2:.1f}" '
        f'width="{share * _SPAN:.1f}" height="{_BAR}"/>'
    )


def _whisker(low: float, high: float, y: float) -> str:
    return (
        f'<path class="whisker" d="M{low:.1f} {y:.1f}H{high:.1f}'
        f'M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8"/>'
    )


def _svg(shapes: Sequence[str], rows: int, title: str) -> str:
    height = _TOP + rows * _ROW + 8
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(shapes)}</svg>"
    )
