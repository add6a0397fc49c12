"""Labelled cells on the product's own road: what the analyzer takes each for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from lowcost.image.reading import read
from lowcost.pipeline import Analyzer
from lowcost.result import Cell, Field
from lowcost.training import views
from lowcost.training.views import CLASSES, Sample

SETS = ("pbc", "bone_marrow")
"""The sets of single-cell views that train the shipped network."""


@dataclass(frozen=True)
class Seen:
    """One labelled cell and what it was taken for.

    Attributes
    ----------
    source : str
        Name of the set.
    types : tuple of str
        The network's classes that the label allows.
    cell : Cell
        What was found in its place.
    """

    source: str
    types: tuple[str, ...]
    cell: Cell


def samples(data: Path, part: str, sets: Collection[str] = SETS) -> list[Sample]:
    """Return the labelled cells of one part (``"train"``, ``"dev"`` or ``"test"``) of some sets, without artefacts.

    Raises
    ------
    InputError
        A set is missing.
    """
    published = [sample for sample in views.published(data) if sample.source in sets and sample.part == part]
    return [sample for sample in published if _classes(sample) and "artefact" not in sample.types]


def analysed(analyzer: Analyzer, chosen: Iterable[Sample]) -> Iterator[Seen]:
    """Analyse views and fields one by one; cells that are not found, or whose field is rejected, are left out."""
    for sample in tqdm(list(chosen), desc="cells", unit="cell", disable=None):
        field = analyzer.field(read(sample.path), um_per_px=sample.um_per_px if sample.scale_known else None)
        found = at(field, field.width / 2 if sample.x is None else sample.x, sample.y or field.height / 2)
        if found is not None:
            yield Seen(sample.source, _classes(sample), found)


def at(field: Field, x: float, y: float) -> Cell | None:
    """Return the object whose box holds a place, px: a leukocyte before others, a larger one before smaller ones."""
    holding = [cell for cell in field.cells if cell.box[0] <= x < cell.box[2] and cell.box[1] <= y < cell.box[3]]
    return max(holding, key=lambda cell: (cell.is_leukocyte, _area(cell)), default=None)


def _classes(sample: Sample) -> tuple[str, ...]:
    return tuple(name for name in CLASSES if name in sample.types)


def _area(cell: Cell) -> int:
    x0, y0, x1, y1 = cell.box
    return (x1 - x0) * (y1 - y0)
