"""One-to-one matching of found boxes with labelled ones, small enough to be checked by hand.

Follows StarDist's `matching.py` (Schmidt et al. 2018, doi:10.1007/978-3-030-00934-2_30): as many pairs as possible that
satisfy the criterion, and among those choices the one with the largest total overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lowcost.errors import InputError

CRITERIA = ("centre", "iou")
"""``"centre"``: the centre of the found box lies inside the labelled one; ``"iou"``: their overlap is at least 0.5."""

_IOU_FROM = 0.5


@dataclass(frozen=True)
class Matching:
    """Which found box is which labelled box.

    Attributes
    ----------
    pairs : tuple of (int, int)
        Index of the labelled and of the found box.
    missed : tuple of int
        Labelled boxes that were not found.
    spurious : tuple of int
        Found boxes that match neither a labelled nor an ignored box.
    ignored : tuple of int
        Found boxes in an ignored place: counted neither for nor against.
    """

    pairs: tuple[tuple[int, int], ...]
    missed: tuple[int, ...]
    spurious: tuple[int, ...]
    ignored: tuple[int, ...] = ()


def match(truth: ArrayLike, found: ArrayLike, criterion: str, ignore: ArrayLike = ()) -> Matching:
    """Match found boxes with labelled boxes, one to one.

    Parameters
    ----------
    truth : (n, 4) array_like
        Labelled boxes ``x0, y0, x1, y1`` in px, edges not centres.
    found : (m, 4) array_like
        Found boxes.
    criterion : str
        A name of `CRITERIA`.
    ignore : (k, 4) array_like
        Places where a found box that matches nothing else is not held against the finder (label faults); each excuses
        one found box whose centre it holds.

    Returns
    -------
    Matching
        The pairs and what is left over.

    Raises
    ------
    InputError
        An array has another shape, or the criterion is unknown.

    Examples
    --------
    >>> match([[0, 0, 10, 10], [20, 0, 30, 10]], [[1, 1, 9, 11]], "iou")
    Matching(pairs=((0, 0),), missed=(1,), spurious=(), ignored=())
    """
    if criterion not in CRITERIA:
        raise InputError(f"Unknown criterion {criterion!r}; expected one of {', '.join(CRITERIA)}.")
    labelled, boxes, excused = (as_boxes(value) for value in (truth, found, ignore))
    pairs = _assign(_admissible(labelled, boxes, criterion), iou(labelled, boxes))
    paired = {j for _, j in pairs}
    left = [j for j in range(len(boxes)) if j not in paired]
    excuses = _assign(contains_centre(excused, boxes[left]), iou(excused, boxes[left]))
    ignored = tuple(sorted(left[j] for _, j in excuses))
    hit = {i for i, _ in pairs}
    return Matching(
        pairs=pairs,
        missed=tuple(i for i in range(len(labelled)) if i not in hit),
        spurious=tuple(j for j in left if j not in ignored),
        ignored=ignored,
    )


def as_boxes(value: ArrayLike) -> NDArray[np.float64]:
    """Return boxes as an (n, 4) float64 array; an empty sequence gives (0, 4).

    Raises
    ------
    InputError
        The array has another shape.
    """
    boxes = np.asarray(value, dtype=np.float64)
    if boxes.size == 0:
        return np.zeros((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise InputError(f"Boxes must have shape (n, 4), got {boxes.shape}.")
    return boxes


def iou(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (n, m) array of intersection over union of (n, 4) and (m, 4) boxes, 0-1."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    total = _area(first)[:, None] + _area(second)[None, :] - shared
    result: NDArray[np.float64] = np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)
    return result


def contains_centre(truth: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the (n, m) array of whether labelled box n holds the centre of found box m."""
    centre = (found[:, :2] + found[:, 2:]) / 2
    inside = (truth[:, None, :2] <= centre) & (centre < truth[:, None, 2:])
    return np.logical_and(inside[..., 0], inside[..., 1])


def _area(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    area: NDArray[np.float64] = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return area


def _admissible(truth: NDArray[np.float64], found: NDArray[np.float64], criterion: str) -> NDArray[np.bool_]:
    return contains_centre(truth, found) if criterion == "centre" else iou(truth, found) >= _IOU_FROM


def _assign(admissible: NDArray[np.bool_], overlap: NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
    """As many admissible pairs as possible; the overlaps together weigh less than one pair."""
    from scipy.optimize import linear_sum_assignment

    if not admissible.any():
        return ()
    gain = admissible * (1.0 + overlap / (2 * min(admissible.shape)))
    rows: Sequence[int]
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return tuple((int(i), int(j)) for i, j in zip(rows, columns, strict=True) if admissible[i, j])
