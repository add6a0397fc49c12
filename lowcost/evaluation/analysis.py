"""What the public `Analyzer` says about labelled images, in the terms of the measures: boxes and masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lowcost.datasets.types import LabelledField, Masks
from lowcost.result import Field, SmearResult


class Analyzer(Protocol):
    """What the evaluation needs of `lowcost.pipeline.Analyzer`."""

    def analyze(self, images: Sequence[Path | NDArray[np.uint8]], *, um_per_px: float | None = None) -> SmearResult:
        """Analyse images of one slide."""
        ...  # pragma: no cover


@dataclass(frozen=True)
class Analysed:
    """One labelled image and what was made of it.

    Attributes
    ----------
    labelled : LabelledField
        The image with its labels.
    found : lowcost.result.Field or None
        The result; None where the image could not be analysed.
    failure : str
        Why not, else empty.
    """

    labelled: LabelledField
    found: Field | None
    failure: str = ""

    @property
    def boxes(self) -> NDArray[np.float64]:
        """Boxes of the cells that count as leukocytes, (n, 4); none from where the labels know nothing."""
        cells = () if self.found is None else self.found.cells
        boxes = np.array([cell.box for cell in cells if cell.is_leukocyte], dtype=np.float64).reshape(-1, 4)
        return boxes[self.labelled.known(boxes)]

    def masks(self, shape: tuple[int, int]) -> Masks:
        """Nuclei and whole cells of all leukocytes as two (h, w) masks."""
        cells = [cell for cell in (() if self.found is None else self.found.cells) if cell.is_leukocyte]
        return Masks(
            nucleus=fill([polygon for cell in cells for polygon in cell.nucleus_polygons], shape),
            cell=fill([cell.polygon for cell in cells], shape),
        )


def analyse(analyzer: Analyzer, fields: Iterable[LabelledField]) -> list[Analysed]:
    """Analyse every image on its own; um/px is given where the set states it and measured elsewhere."""
    return [_analyse(analyzer, field) for field in fields]


def leukocytes(field: LabelledField) -> NDArray[np.float64]:
    """Return the boxes of the leukocytes that the analyzer with the installed bundle finds, (n, 4)."""
    return _analyse(_installed(), field).boxes


def fill(polygons: Sequence[ArrayLike], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the px whose centres lie inside any of the polygons.

    Parameters
    ----------
    polygons : sequence of (n, 2) array_like
        Points ``(x, y)`` in px, edges not centres: the first px spans 0 to 1.
    shape : (int, int)
        Height and width of the mask.

    Returns
    -------
    (h, w) bool array
        The mask.
    """
    from skimage.draw import polygon2mask

    mask = np.zeros(shape, dtype=np.bool_)
    for polygon in polygons:
        points = np.asarray(polygon, dtype=np.float64).reshape(-1, 2)
        if len(points) >= 3:
            mask |= polygon2mask(shape, points[:, ::-1] - 0.5)  # type: ignore[no-untyped-call]
    return mask


@cache
def _installed() -> Analyzer:
    from lowcost.pipeline import Analyzer as Installed

    analyzer: Analyzer = Installed.load()
    return analyzer


def _analyse(analyzer: Analyzer, field: LabelledField) -> Analysed:
    result = analyzer.analyze([field.path], um_per_px=field.um_per_px)
    failure = result.failures[0].message if result.failures else ""
    return Analysed(field, result.fields[0] if result.fields else None, failure)
