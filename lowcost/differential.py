"""The differential: counts, percentages and 95 % limits of the leukocytes of one slide.

The limits of sampling are those of C. J. Clopper and E. S. Pearson (1934), doi:10.1093/biomet/26.4.404, found on a grid
of one millionth by bisection and rounded outwards, so they never claim more than the exact ones; those that cover the
classifier's errors too come from `lowcost.misclassification`. Everything is a fixed order of integer and double
operations: every machine gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lowcost.misclassification import Slide
from lowcost.result import Differential, Field, Share
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

TAIL = 0.025
"""Probability left out on either side of a 95 % interval."""

GRID = 1_000_000
"""Steps between 0 and 1 among which the limits are searched: limits are multiples of 0.0001 %."""

_NEGLIGIBLE = 1e-20


@dataclass(frozen=True)
class Parameters:
    """The conventions that a differential is held against.

    Attributes
    ----------
    routine, work_up, reference : int
        Cells of a routine differential, of a work-up of leukemia, and of the reference method (CLSI H20-A2).
    blast_thresholds : tuple of int
        Percentages of blast equivalents that matter to a reader.
    confusion : dict of str to dict of str to int
        Held-out cells by true type and by the type that they were given, for limits that cover the classifier's errors;
        empty where these are not known.
    confusion_rounds : int
        Steps in which the composition of a slide is estimated from it.
    """

    routine: int
    work_up: int
    reference: int
    blast_thresholds: tuple[int, ...]
    confusion: dict[str, dict[str, int]] = field(default_factory=dict)
    confusion_rounds: int = 0


def measure(fields: Iterable[Field], parameters: Parameters) -> Differential:
    """Count the leukocytes of all fields that were not rejected.

    Parameters
    ----------
    fields : iterable of Field
        The fields of one slide.
    parameters : Parameters
        The bundle's section ``differential``.

    Returns
    -------
    Differential
        Cells cut by the edge count; unidentified cells count in `Differential.unidentified` only.
    """
    return measure_counts(
        Counter(cell.type for field in fields if field.verdict != "rejected" for cell in field.cells), parameters
    )


def measure_counts(found: Mapping[str, int], parameters: Parameters) -> Differential:
    """Return the differential of so many objects of each type, as `measure` counts them."""
    counts = Counter(found)
    types = [name for name, kind in CELL_TYPES.items() if kind.is_leukocyte and name != UNIDENTIFIED]
    counted = sum(counts[name] for name in types)
    leukocytes = counted + counts[UNIDENTIFIED]
    slide = Slide(counts, parameters.confusion, types, parameters.confusion_rounds) if parameters.confusion else None

    def of(*names: str) -> Share:
        found = share(sum(counts[name] for name in names), counted)
        return replace(found, with_errors=slide.limits(names)) if slide and counted else found

    blasts = of(*(name for name in types if CELL_TYPES[name].is_blast_equivalent))
    return Differential(
        counted=counted,
        shares={name: of(name) for name in types},
        blast_equivalents=blasts,
        blast_thresholds={str(percent): _position(blasts, percent) for percent in parameters.blast_thresholds},
        unidentified=share(counts[UNIDENTIFIED], leukocytes),
        artefacts=share(counts.total() - leukocytes, counts.total()),
        supports=_supports(counted, parameters),
        neutrophils=of("neutrophil_segmented", "neutrophil_band"),
    )


def share(count: int, total: int) -> Share:
    """Return `count` of `total` as a percentage with its exact 95 % limits; of nothing, the limits are 0 and 100.

    Examples
    --------
    >>> share(5, 100)
    Share(count=5, total=100, percent=5.0, low=1.6431, high=11.2835)
    """
    if total == 0:
        return Share(0, 0, 0.0, 0.0, 100.0)
    # The lower limit of what is counted is the upper limit of what is not, from the other end.
    low = (GRID - upper_limit(total - count, total)) / (GRID // 100)
    return Share(count, total, count * 100 / total, low, upper_limit(count, total) / (GRID // 100))


@lru_cache(maxsize=4096)
def upper_limit(count: int, total: int) -> int:
    """Return the upper Clopper-Pearson limit of a proportion, in millionths, rounded up.

    It is the smallest proportion at which `count` or fewer of `total` turn up with a probability of at most `TAIL`.

    Parameters
    ----------
    count, total : int
        ``0 <= count <= total``, ``1 <= total``.
    """
    if count == total:
        return GRID
    likely, unlikely = 0, GRID
    while unlikely - likely > 1:
        middle = (likely + unlikely) // 2
        if _at_most(count, total, middle) <= TAIL:
            unlikely = middle
        else:
            likely = middle
    return unlikely


def _at_most(count: int, total: int, millionths: int) -> float:
    """Probability of `count` or fewer of `total`.

    The terms are taken relative to the largest, from there outwards until they no longer matter, so nothing underflows
    however many cells there are; every factor is one division of two exact integers.
    """
    other = GRID - millionths
    mode = (total + 1) * millionths // GRID
    whole = part = 0.0
    term = 1.0
    for k in range(mode, -1, -1):  # `term` is the probability of k over that of the mode
        if term < _NEGLIGIBLE:
            break
        whole += term
        if k <= count:
            part += term
        term *= (k * other) / ((total - k + 1) * millionths)
    term = 1.0
    for k in range(mode + 1, total + 1):
        term *= ((total - k + 1) * millionths) / (k * other)
        if term < _NEGLIGIBLE:
            break
        whole += term
        if k <= count:
            part += term
    return part / whole


def _position(found: Share, percent: int) -> str:
    """Where the interval that allows for the classifier's errors, or else that of sampling, lies from a threshold."""
    limits = found.with_errors or found
    if limits.high < percent:
        return "below"
    return "above" if limits.low >= percent else "crosses"


def _supports(counted: int, parameters: Parameters) -> str:
    """What a number of cells supports, by convention (CLSI H20-A2; Ruemke 1985 on the limits)."""
    cells = "1 leukocyte was" if counted == 1 else f"{counted} leukocytes were"
    if counted == 0:
        return "No leukocyte was named: there is no differential."
    if counted < parameters.routine:
        return (
            f"{cells} named, fewer than the {parameters.routine} of a routine differential: "
            "read the limits, not the percentages, or add fields."
        )
    if counted < parameters.work_up:
        return (
            f"{cells} named: as many as a routine differential counts ({parameters.routine}), "
            f"fewer than a work-up of leukemia does ({parameters.work_up})."
        )
    if counted < parameters.reference:
        return (
            f"{cells} named: as many as a work-up of leukemia counts ({parameters.work_up}), "
            f"fewer than the reference method does ({parameters.reference}, CLSI H20-A2)."
        )
    return f"{cells} named: as many as the reference method counts ({parameters.reference}, CLSI H20-A2)."
