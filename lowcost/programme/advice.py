"""What the figures of a device ask of a person, in words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from lowcost.differential import share
from lowcost.programme.drift import LEAST_SLIDES, Drift
from lowcost.programme.tally import Shift
from lowcost.report import words

UNLIKE, MANY_UNLIKE = 10, 50
"""Lower limit of the share of cells unlike the training cells, %, from which on they are to be looked at (of training
cells 2.5 % are), and the share from which on types are unreliable, as on a slide's report."""

FEW_USABLE = 50
"""Share of usable photographs, %, below which a device is to be mended."""

MANY_DOUBTFUL = 25
"""Share of doubtful and rejected photographs, %, from which on they are to be looked at."""

APART = 1.3
"""Ratio of um per px on one device from which on it is told."""


@dataclass(frozen=True)
class Advice:
    """One thing to do.

    Attributes
    ----------
    urgent : bool
        Whether the page's opening sentences name it.
    what : str
        In a few words.
    text : str
        With its figures, and what to do.
    """

    urgent: bool
    what: str
    text: str


def of_shift(shift: Shift) -> list[Advice]:
    """Return what the photographs of a device and day ask for; nothing where they are as they should be."""
    found = []
    unlike = share(shift.unlike, shift.measured)
    seen = f"unlike the training cells on {words.percent(unlike.percent)} of cells"
    if unlike.low >= UNLIKE and unlike.percent >= MANY_UNLIKE:
        text = f"{seen}: types on this device are unreliable: {_calibrate(shift.device)}"
        found.append(Advice(True, "types are unreliable", text))
    elif unlike.low >= UNLIKE:
        text = f"{seen}: trust types less, look at the cells, and {_calibrate(shift.device)}"
        found.append(Advice(False, "many cells unlike the training cells", text))
    usable, doubted = shift.usable, share(shift.fields.total() - shift.fields["accepted"], shift.fields.total())
    reasons = "".join(f": {reason}" for reason, _ in shift.reasons.most_common(1))
    if usable.total and usable.high < FEW_USABLE:
        text = f"only {words.percent(usable.percent)} of photographs can be judged{reasons}: photograph again"
        found.append(Advice(True, "most photographs cannot be judged", text))
    elif doubted.total and doubted.percent >= MANY_DOUBTFUL:
        text = f"{words.percent(doubted.percent)} of photographs are doubtful or rejected{reasons}: look at them"
        found.append(Advice(False, "many photographs are doubtful", text))
    return found


def of_scales(shifts: Sequence[Shift]) -> Advice | None:
    """Return what the um per px of one device ask for, by the middle of each day's; None where they agree."""
    found = [scale for shift in shifts for scale in _without_odd_ones(shift.scales)]
    if not found or max(found) < APART * min(found):
        return None
    low, high = min(found), max(found)
    text = (
        f"{words.number(low)} to {words.number(high)} um per px on one device ({high / low:.1f}-fold): if it has "
        f"several objectives or zooms, give each a name of its own; {_calibrate(shifts[0].device)}"
    )
    return Advice(True, f"um per px differ {high / low:.1f}-fold", text)


def of_drift(drift: Drift) -> Advice | None:
    """Return what the drift of a device asks for; None where no change is seen."""
    week, month = len(drift.week.slides), len(drift.month.slides)
    if min(week, month) < LEAST_SLIDES:
        return Advice(
            False,
            "too few slides",
            f"too few slides to tell a change ({week} this week, {month} in the month before; {LEAST_SLIDES} of each "
            "are needed)",
        )
    if not drift.changed:
        return None
    text = (
        f"{words.count(len(drift.changed), 'feature')} changed since the month before: look at its newest fields "
        f"(stain, lamp, camera, patients), {_calibrate(drift.device)}, and have cells of the week verified in the "
        "review station"
    )
    return Advice(True, "its cells changed since the month before", text)


def urgent(shifts: Sequence[Shift], drifts: Sequence[Drift]) -> dict[str, list[str]]:
    """Return by device what the page should open with."""
    found: dict[str, list[str]] = {}
    for device, own in by_device(shifts).items():
        days: dict[str, int] = {}
        for shift in own:
            for advice in of_shift(shift):
                if advice.urgent:
                    days[advice.what] = days.get(advice.what, 0) + 1
        said = [f"{what} ({words.count(number, 'day')})" for what, number in days.items()]
        scales = of_scales(own)
        found[device] = [*said, *([scales.what] if scales else [])]
    for drift in drifts:
        change = of_drift(drift)
        if change and change.urgent:
            found.setdefault(drift.device, []).append(change.what)
    return {device: said for device, said in found.items() if said}


def by_device(shifts: Sequence[Shift]) -> dict[str, list[Shift]]:
    """Return the days of each device."""
    found: dict[str, list[Shift]] = {}
    for shift in shifts:
        found.setdefault(shift.device, []).append(shift)
    return found


def _without_odd_ones(scales: Sequence[float]) -> list[float]:
    """Scales less a tenth at either end: a single field may be measured wrongly."""
    tenth = len(scales) // 10
    return sorted(scales)[tenth : len(scales) - tenth]


def _calibrate(device: str) -> str:
    return f"calibrate it (lowcost calibrate --device {shlex.quote(device) if device else 'NAME'} FIELD...)"
