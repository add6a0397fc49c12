"""How new cells and fields look: low on the training laboratories' held-out cells, high on what no model has seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost import synth
from lowcost.datasets import bccd, deepbionet_dev, lld_dev, phone, raabin_dev, zheng1
from lowcost.datasets.types import LabelledField
from lowcost.evaluation.tables import Cell, Table
from lowcost.image.reading import read
from lowcost.pipeline import Analyzer
from lowcost.report.words import UNLIKE
from lowcost.result import Field
from lowcost.training import held_out
from lowcost.training.views import Sample

_NONSENSE = 12
"""Photographs of things that are no cells."""

_UM_PER_PX = 0.12


def tables(analyzer: Analyzer, data: Path) -> list[Table]:
    """Analyse held-out cells, other laboratories' fields and drawn nonsense, and return the table."""
    familiar: dict[str, Sequence[Sample | LabelledField]] = {
        "PBC test": held_out.samples(data, "test", ("pbc",))[::3],
        "bone marrow test": held_out.samples(data, "test", ("bone_marrow",)),
        "BCCD test": [field for field in bccd.fields(data) if field.split == "test"],
    }
    strange = {
        "raabin_dev": raabin_dev.fields(data),
        "deepbionet_dev": deepbionet_dev.fields(data),
        "lld_dev": lld_dev.fields(data),
        "zheng1": zheng1.fields(data),
        "phone_fields": phone.fields(data, card=phone.FIELDS),
        "phone_leukemia": phone.fields(data, card=phone.LEUKEMIA),
    }
    rows = [
        _row(name, use, [analyzer.field(read(each.path), um_per_px=each.um_per_px) for each in pictures])
        for use, sets in (("other cells of it trained", familiar), ("not among those it was measured on", strange))
        for name, pictures in sets.items()
    ]
    drawn = [analyzer.field(read(pixels), um_per_px=_UM_PER_PX) for pixels in nonsense()]
    rows.append(_row("nonsense taken for cells", "drawn", drawn))
    note = (
        "Novelty is the share of held-out cells of the training laboratories that lie nearer to the training cells; "
        f"from {UNLIKE} on, the report says that a cell or a field looks unlike anything the models were trained on."
    )
    return [Table("novelty", "Distance from the training set", tuple(rows), (note,))]


def nonsense() -> Iterator[NDArray[np.uint8]]:
    """Draw ink, fibres and letters in many colours on fields of red cells."""
    random = np.random.default_rng(4)
    for seed in range(_NONSENSE):
        pixels = synth.render(seed, width=640, height=480, um_per_px=_UM_PER_PX, cells=()).pixels.copy()
        for _ in range(6):
            x, y = (int(value) for value in random.integers((60, 60), (580, 420)))
            colour = [int(value) for value in random.integers((10, 0, 60), (140, 70, 220))]
            half = int(random.integers(30, 50))
            shape = int(random.integers(4))
            if shape == 0:
                cv2.rectangle(pixels, (x - half, y - half // 2), (x + half, y + half // 2), colour, -1)
            elif shape == 1:
                cv2.putText(pixels, "MX8"[int(random.integers(3))], (x - 40, y + 40), 0, 3.5, colour, 16)
            elif shape == 2:
                corners = np.array([x, y]) + random.integers(-half, half, (7, 2))
                cv2.fillPoly(pixels, [corners.astype(np.int32)], colour)
            else:
                noise = random.integers(0, 200, (half, half, 3), dtype=np.uint8)
                pixels[y : y + half, x : x + half] = (
                    cv2.resize(noise, (half, half)) // 2 + np.array(colour, np.uint8) // 2
                )
        yield pixels


def _row(said: str, use: str, fields: list[Field]) -> Mapping[str, Cell]:
    cells = [cell.novelty for field in fields for cell in field.cells if cell.is_leukocyte and cell.novelty is not None]
    whole = [field.novelty for field in fields if field.novelty is not None]
    return {
        "set": said,
        "use": use,
        "leukocytes": len(cells),
        "median novelty": float(np.median(cells)) if cells else None,
        "cells unlike": float(np.mean([value >= UNLIKE for value in cells])) if cells else None,
        "fields": len(whole),
        "fields unlike": float(np.mean([value >= UNLIKE for value in whole])) if whole else None,
    }
