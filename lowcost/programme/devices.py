"""The sections of the devices: the quality of their fields by day, and how far their cells drift."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from lowcost.differential import share
from lowcost.programme import advice
from lowcost.programme.drift import LEAST_SLIDES, Drift, Estimate
from lowcost.programme.rows import LONGEST, scrolling, shown
from lowcost.programme.tally import Shift
from lowcost.report import words
from lowcost.report.markup import Html, element, file_name
from lowcost.result import Share

FARTHEST = 10
"""Features of a device that the page shows; the tables hold all."""

AXIS = 2.0
"""End of the axis of drift on either side, in spreads."""


def quality(shifts: Sequence[Shift]) -> Iterable[Html]:
    """Yield what the fields of each device and day are like, and what to do about it."""
    if not shifts:
        yield element("p", "None.")
        return
    devices = advice.by_device(shifts)
    scales = ((device, advice.of_scales(own)) for device, own in devices.items())
    if told := [_said(device, said) for device, said in scales if said]:
        yield element("ul", told)
    newest = sorted(shifts, key=lambda each: (each.day is None, -(each.day.toordinal() if each.day else 0)))
    rows = (
        element(
            "tr",
            element("th", file_name(shift.device or "not known"), scope="row"),
            element("td", shift.day.isoformat() if shift.day else "not known", class_="day"),
            element(
                "td",
                _verdict(advice.of_shift(shift), "fine") if shift.measured or advice.of_shift(shift) else "\u2013",
                class_="do",
            ),
            element("td", shown(shift.usable), class_="num"),
            (element("td", shift.fields[verdict], class_="num") for verdict in ("accepted", "doubtful", "rejected")),
            element("td", shift.failures, class_="num"),
            element("td", _middle(shift.edges), class_="num"),
            element("td", _middle(shift.scales), class_="num"),
            element("td", shown(share(shift.unlike, shift.measured)), class_="num"),
            element("td", "; ".join(f"{reason} ({times})" for reason, times in shift.reasons.most_common(2))),
        )
        for shift in newest[:LONGEST]
    )
    heads = (
        "Device",
        "Day",
        "What to do",
        "Usable",
        "Accepted",
        "Doubtful",
        "Rejected",
        "Failed",
        "Outlines, um",
        "um per px",
    )
    yield scrolling((*heads, "Unlike", "Most frequent reasons"), rows, numbers=3)
    if len(shifts) > LONGEST:
        yield element("p", f"{len(shifts) - LONGEST} more in quality.csv.", class_="quiet")


def _verdict(found: Sequence[advice.Advice], fine: str) -> Iterable[Html]:
    if not found:
        yield element("span", fine, class_="verdict accepted")
    for said in found:
        yield element("div", _mark(said), " ", said.text)


def _mark(said: advice.Advice) -> Html:
    word, kind = ("act", "rejected") if said.urgent else ("look", "doubtful")
    return element("span", word, class_=f"verdict {kind}")


def _said(device: str, said: advice.Advice) -> Html:
    return element("li", _mark(said), " ", file_name(device or "device not known"), ": ", said.text)


def _middle(values: Sequence[float]) -> str:
    return words.number(sorted(values)[(len(values) - 1) // 2]) if values else "\u2013"


def drift(drifts: Sequence[Drift]) -> Iterable[Html]:
    """Yield how far the cells of each device lie from training cells, and from those of the month before."""
    if not drifts:
        yield element(
            "p",
            "Not measured. It needs the days of slides (column day in the manifest of lowcost batch), and the bundle "
            "that analysed them (--bundle), which holds the means of training cells.",
        )
        return
    for own in drifts:
        week, month = own.week, own.month
        yield element("h3", file_name(own.device or "device not known"))
        said = advice.of_drift(own)
        yield element("div", _verdict([said] if said else [], "no change seen since the month before"))
        yield element(
            "p",
            f"{week.first.isoformat()} to {week.last.isoformat()}: {words.count(len(week.slides), 'slide')}, "
            f"{_sentence(week.unlike)} unlike the training set (2.5\u00a0% of held-out ones are). "
            f"The 28 days before: {words.count(len(month.slides), 'slide')}, {_sentence(month.unlike)}.",
        )
        if len(week.slides) < LEAST_SLIDES:
            continue
        rows = (
            element(
                "tr",
                element("th", words.feature(name), scope="row"),
                (element("td", cell) for cell in (_estimate(mean), _interval(mean))),
                (element("td", cell) for cell in (_estimate(difference), _interval(difference))),
                class_="changed" if difference and difference.tells else None,
            )
            for name, mean, difference in own.features[:FARTHEST]
        )
        axis = f"\u2212{AXIS:.0f} to {AXIS:.0f} spreads"
        yield scrolling(("Feature", "From training cells", axis, "From the month before", axis), rows)
        yield element("p", f"The {FARTHEST} features that lie farthest; all are in drift.csv.", class_="quiet")


def _sentence(found: Share) -> str:
    if not found.total:
        return "no leukocytes"
    return f"{words.percent(found.percent)} ({words.limits(found)}) of {words.count(found.total, 'leukocyte')}"


def _estimate(found: Estimate | None) -> object:
    if found is None or not math.isfinite(found.low):
        return "\u2013"
    return [f"{found.mean:+.2f}", element("small", f"{found.low:+.2f} to {found.high:+.2f}")]


def _interval(found: Estimate | None) -> Html | None:
    """A mean with its limits beside 0."""
    if found is None or not math.isfinite(found.low):
        return None

    def x(value: float) -> str:
        return f"{50 + 50 * min(max(value / AXIS, -1), 1):.2f}%"

    middle = element("line", class_="zero", x1="50%", x2="50%", y1=0, y2=18)
    if found.mean > AXIS:
        marks = [element("text", f"{found.mean:+.1f}\u00a0\u2192", x="100%", y=13, text_anchor="end")]
    elif found.mean < -AXIS:
        marks = [element("text", f"\u2190\u00a0{found.mean:+.1f}", x="0%", y=13)]
    else:
        line = element("line", class_="limits", x1=x(found.low), x2=x(found.high), y1=9, y2=9)
        marks = [line, element("circle", class_="share", cx=x(found.mean), cy=9, r=4)]
    return element("svg", middle, marks, width="100%", height=18, aria_hidden="true")
