"""The views of sets of one's own, beside those of the published sets in `lowcost.training.views`."""

from __future__ import annotations

from collections.abc import Sequence

from lowcost.cells import CellFinder
from lowcost.datasets.types import LabelledCell, LabelledField
from lowcost.errors import InputError
from lowcost.training.sources import Source, split
from lowcost.training.views import CLASSES, Sample, scale_of

MOST_TYPES = len(CLASSES) // 2
"""A label that allows more classes than this (``WBC``) says nothing about the type."""


def samples(found: Sequence[Source], finder: CellFinder) -> list[Sample]:
    """Return the cells of labelled pictures whose label says something about their type.

    Parameters
    ----------
    found : sequence of Source
        Sets, from `lowcost.training.sources.read_all`.
    finder : CellFinder
        Measures the scale of fields that state none, from their red cells; without a scale a field is left out.

    Raises
    ------
    InputError
        A class comes from too few slides or pictures, or no field has a scale.
    """
    result = []
    for source in found:
        without = 0
        for picture, part in zip(source.pictures, split(source), strict=True):
            if isinstance(picture, LabelledCell):
                if _says(picture.types):
                    scale = picture.um_per_px or 0.0  # `sources.scaled` refused pictures without
                    result.append(
                        Sample(picture.path, picture.types, source.card.name, part, scale, group=picture.group)
                    )
                continue
            boxes = [box for box in picture.boxes if _says(box.types)]
            measured = _scale(picture, finder) if boxes else None
            without += bool(boxes) and measured is None
            for box in boxes if measured is not None else ():
                x, y = (box.box[0] + box.box[2]) / 2, (box.box[1] + box.box[3]) / 2
                result.append(
                    Sample(picture.path, box.types, source.card.name, part, measured or 0.0, x, y, picture.group)
                )
        if without == len(source.pictures):
            raise InputError(
                f"No field of {source.card.name} has a scale: it is not stated and its red cells do not show it; give "
                "it with --um-per-px."
            )
    return result


def _says(types: frozenset[str]) -> bool:
    return 0 < len(types & set(CLASSES)) <= MOST_TYPES


def _scale(field: LabelledField, finder: CellFinder) -> float | None:
    """um/px of a field, None where it cannot be measured."""
    return scale_of(field.pixels(), finder) if field.um_per_px is None else field.um_per_px
