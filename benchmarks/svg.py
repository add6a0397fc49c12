"""Small line plots as SVG, many panels on one sheet: no library, and the same bytes for the same figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

Points = Sequence[tuple[str, float | None]]

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM, COLUMNS = 230, 150, 34, 24, 10, 26, 4
COLOURS = ("#0b5fa5", "#c2410c", "#4d7c0f", "#7e22ce", "#64748b", "#be123c", "#0f766e")


@dataclass(frozen=True)
class Line:
    """How a series is drawn.

    Attributes
    ----------
    colour : str
        Of stroke and name.
    dash : str
        SVG dash pattern; empty for a full line.
    """

    colour: str
    dash: str = ""


@dataclass(frozen=True)
class Panel:
    """One plot.

    Attributes
    ----------
    title : str
        Above it.
    series : mapping of str to sequence of (str, float or None)
        Place on the x axis, by its label, and value; None leaves a gap.
    logarithmic : bool
        Whether the y axis is logarithmic; otherwise it goes from 0 to 1.
    """

    title: str
    series: Mapping[str, Points]
    logarithmic: bool = False


def sheet(panels: Sequence[Panel], lines: Mapping[str, Line], columns: int = COLUMNS) -> str:
    """Return an SVG document of panels side by side with one legend below."""
    rows = -(-len(panels) // columns)
    width, height = columns * WIDTH, rows * HEIGHT + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="9"><rect width="{width}" height="{height}" fill="#fff"/>'
    ]
    for number, panel in enumerate(panels):
        x, y = number % columns * WIDTH, number // columns * HEIGHT
        parts.append(f'<g transform="translate({x} {y})">{_panel(panel, lines)}</g>')
    place = 8
    for name, line in lines.items():
        y = height - 10
        parts.append(f'<path d="M{place} {y}h18" {_stroke(line)}/>')
        parts.append(f'<text x="{place + 22}" y="{y + 3}">{escape(name)}</text>')
        place += 34 + 5 * len(name)
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel, lines: Mapping[str, Line]) -> str:
    labels = list(dict.fromkeys(label for points in panel.series.values() for label, _ in points))
    values = [value for points in panel.series.values() for _, value in points if value is not None]
    low, high = (min(values), max(values)) if panel.logarithmic else (0.0, 1.0)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def across(label: str) -> float:
        return LEFT + (right - LEFT) * labels.index(label) / max(len(labels) - 1, 1)

    def up(value: float) -> float:
        share = math.log(value / low) / math.log(high / low) if panel.logarithmic else (value - low) / (high - low)
        return bottom - (bottom - TOP) * share

    parts = [f'<text x="{LEFT}" y="14" font-weight="bold">{escape(panel.title)}</text>']
    for tick in (low, math.sqrt(low * high), high) if panel.logarithmic else (0.0, 0.5, 1.0):
        parts.append(f'<path d="M{LEFT} {up(tick):.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 4}" y="{up(tick) + 3:.1f}" text-anchor="end">{tick:.3g}</text>')
    parts += [f'<text x="{across(x):.1f}" y="{bottom + 12}" text-anchor="middle">{escape(x)}</text>' for x in labels]
    for name, points in panel.series.items():
        known = [(across(label), up(value)) for label, value in points if value is not None]
        if known:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in known)
            parts.append(f'<path d="M{path}" fill="none" {_stroke(lines[name])}/>')
    return "".join(parts)


def _stroke(line: Line) -> str:
    return f'stroke="{line.colour}" stroke-width="1.4"' + (f' stroke-dasharray="{line.dash}"' if line.dash else "")
