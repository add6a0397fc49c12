"""The labelled views that the cell-type network learns from, each made the way the product makes it.

A view is balanced uint8 RGB, 32 um around the cell at 4 px/um: wider than the network's input, so that it can be
shifted, turned and scaled. Sets whose licence does not allow shipped weights are never listed here.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.crop import VIEW_PX, halve
from lowcost.datasets import bccd, bone_marrow, pbc, raabin_dev
from lowcost.datasets.types import Box, read_pixels
from lowcost.image import illumination, resample
from lowcost.taxonomy import ATTRIBUTES

CLASSES = (
    "neutrophil_segmented",
    "neutrophil_band",
    "metamyelocyte",
    "myelocyte",
    "promyelocyte",
    "eosinophil",
    "basophil",
    "lymphocyte",
    "monocyte",
    "blast",
    "erythroblast",
    "platelet",
    "artefact",
)
"""The network's classes, in the order of its outputs."""

EDGE = VIEW_PX // 2
"""Edge of a training view in px."""

UM_PER_PX = 0.25
"""Scale of a training view."""

BONE_MARROW_UM_PER_PX = 0.092
"""The set states no scale: the 22 whole, round red cells that its views show by chance are 78 px across (median), which
is 7.2 um."""

BCCD_UM_PER_PX, RAABIN_UM_PER_PX = 0.0805, 0.057
"""Medians of what the finder measures in fields of sets that state no scale; for the fields where it measures none.
Their labelled boxes of red cells suggest .86 and .92 of it: boxes are wider than cells."""

TRAINING_SETS = ("pbc", "bone_marrow", "bccd", "raabin_dev")
"""The sets whose views have a ``train`` part."""

SHARES = (("train", 70), ("dev", 80), ("test", 100))
"""Upper ends, in percent of the hash, of the parts of a set without a published split."""

BACKGROUND_SHARE = 0.04
"""Single-cell views with less empty background than this are left out: their white point cannot be trusted."""


@dataclass(frozen=True)
class Views:
    """Labelled views.

    Attributes
    ----------
    images : (n, 128, 128, 3) uint8 array
        Balanced views at 4 px/um.
    allowed : (n, 13) bool array
        The classes that each label allows: one, or several where a label is coarse (``neutrophil``).
    source : (n,) str array
        Name of the set.
    part : (n,) str array
        ``"train"``, ``"dev"`` or ``"test"``.
    name : (n,) str array
        File name, for bookkeeping.
    group : (n,) str array
        Patient or slide; empty where unknown.
    attributes : (n, 11) int8 array
        Number of the value of each of `pbc.ATTRIBUTE_NAMES`; -1 where unlabelled.
    """

    images: NDArray[np.uint8]
    allowed: NDArray[np.bool_]
    source: NDArray[np.str_]
    part: NDArray[np.str_]
    name: NDArray[np.str_]
    group: NDArray[np.str_]
    attributes: NDArray[np.int8]

    def where(self, chosen: NDArray[np.bool_]) -> Views:
        """Return the views at which `chosen`, an (n,) bool array, is True."""
        return Views(**{name: values[chosen] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Sample:
    """One view before it is rendered; the names are those of `Views`.

    Attributes
    ----------
    path : Path
        The photograph.
    types : frozenset of str
        What the label allows.
    source, part : str
        Set, and ``"train"``, ``"dev"`` or ``"test"``.
    um_per_px : float
        Scale of the photograph.
    scale_known : bool
        False where that is only the middle of a set's fields: the finder measures each of them, as in use.
    x, y : float or None
        The cell's place, px of the photograph; None for the middle of a picture of one cell.
    group : str
        Patient or slide.
    attributes : dict of str to str
        Values of `taxonomy.ATTRIBUTES` by name; empty where unlabelled.
    """

    path: Path
    types: frozenset[str]
    source: str
    part: str
    um_per_px: float
    x: float | None = None
    y: float | None = None
    group: str = ""
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    scale_known: bool = True


def part_of(path: Path) -> str:
    """Part that a file without a published split belongs to: 70, 10 and 20 % by the SHA-1 of its name."""
    percent = int(hashlib.sha1(path.name.encode()).hexdigest()[:8], 16) % 100
    return next(part for part, end in SHARES if percent < end)


def published(root: Path, left_out: Collection[str] = ()) -> list[Sample]:
    """Return every view of the sets that train the shipped network.

    Parameters
    ----------
    root : Path
        The folder that holds the sets.
    left_out : collection of str
        Sets of which all is for testing: what the others teach is measured on a laboratory that they do not hold.

    Raises
    ------
    InputError
        A set is missing.
    """
    every = [*_pbc(root), *_bone_marrow(root), *_bccd(root), *_raabin(root)]
    return [replace(sample, part="test") if sample.source in left_out else sample for sample in every]


def render(samples: Sequence[Sample], base: Bundle) -> Views:
    """Make the views of labelled cells; those of single-cell pictures without background are left out.

    Parameters
    ----------
    samples : sequence of Sample
        Cells of one photograph in a row, so that it is read once.
    base : Bundle
        How white point and scale are measured.

    Raises
    ------
    InputError
        A photograph cannot be read.
    """
    images, kept = [], []
    finder, light = CellFinder(base), base.section("illumination", illumination.Parameters)
    path, pixels, lamp, um_per_px = None, np.zeros((0, 0, 3), np.uint8), None, 0.0
    for sample in tqdm(samples, desc="views", unit="view", disable=None):
        if sample.path != path or lamp is None:
            path, pixels = sample.path, read_pixels(sample.path)
            lamp = illumination.measure(pixels, light)
            um_per_px = sample.um_per_px if sample.scale_known else scale_of(pixels, finder) or sample.um_per_px
        if sample.x is None and lamp.background_share < BACKGROUND_SHARE:
            continue
        images.append(_view(pixels, lamp, replace(sample, um_per_px=um_per_px)))
        kept.append(sample)
    return Views(
        images=np.array(images, np.uint8).reshape(-1, EDGE, EDGE, 3),
        allowed=np.array([[name in sample.types for name in CLASSES] for sample in kept]).reshape(-1, len(CLASSES)),
        source=np.array([sample.source for sample in kept], np.str_),
        part=np.array([sample.part for sample in kept], np.str_),
        name=np.array([sample.path.name for sample in kept], np.str_),
        group=np.array([sample.group for sample in kept], np.str_),
        attributes=np.array([_attributes(sample) for sample in kept], np.int8).reshape(-1, len(pbc.ATTRIBUTE_NAMES)),
    )


def scale_of(pixels: NDArray[np.uint8], finder: CellFinder) -> float | None:
    """Return um/px of a field by its red cells, None where they do not tell.

    Parameters
    ----------
    pixels : (h, w, 3) uint8 array
        RGB.
    finder : CellFinder
        What measures.
    """
    scale = finder.optics(pixels).scale
    return None if scale.source == "unknown" else scale.um_per_px


def _attributes(sample: Sample) -> list[int]:
    labels = sample.attributes
    return [ATTRIBUTES[name].values.index(labels[name]) if name in labels else -1 for name in pbc.ATTRIBUTE_NAMES]


def _view(pixels: NDArray[np.uint8], lamp: illumination.Illumination, sample: Sample) -> NDArray[np.uint8]:
    """Render a view. Single-cell pictures are continued by their mirror image: a bare rim would name the set."""
    import cv2

    height, width = pixels.shape[:2]
    x = width / 2 if sample.x is None else sample.x
    y = height / 2 if sample.y is None else sample.y
    step = UM_PER_PX / 2 / sample.um_per_px
    half = step * VIEW_PX / 2
    pad = int(half) + 1
    single = sample.x is None or sample.source == "pbc"
    border = cv2.BORDER_REFLECT_101 if single else cv2.BORDER_CONSTANT
    white = lamp.white_at(x / width, y / height)
    padded = cv2.copyMakeBorder(pixels, pad, pad, pad, pad, border, value=white).astype(np.uint8, copy=False)
    view = resample.sample(padded, x + pad - half, y + pad - half, step, step, VIEW_PX, VIEW_PX, lamp.white)
    return halve(lamp.balance_view(view, x / width, y / height))


def _pbc(root: Path) -> Iterator[Sample]:
    """Cells of the Barcelona set in the published split of WBCAtt, and the corners of its views as artefacts."""
    published = {"train": "train", "val": "dev", "test": "test"}
    for cell in pbc.cells(root):
        part = published[cell.split] if cell.split else part_of(cell.path)
        yield Sample(cell.path, cell.types, "pbc", part, pbc.UM_PER_PX, attributes=cell.attributes)
        digest = int(hashlib.sha1(cell.path.name.encode()).hexdigest()[8:16], 16)
        if digest % 10 == 0:
            corner = digest // 10 % 4
            x, y = (40.0, 216.0)[corner % 2], (40.0, 216.0)[corner // 2]
            yield Sample(cell.path, frozenset({"artefact"}), "pbc", part, pbc.UM_PER_PX, x, y)


def _bone_marrow(root: Path) -> Iterator[Sample]:
    for cell in bone_marrow.cells(root):
        if len(cell.types) == 1:
            yield Sample(cell.path, cell.types, "bone_marrow", part_of(cell.path), BONE_MARROW_UM_PER_PX)


def _bccd(root: Path) -> Iterator[Sample]:
    """Leukocytes of fields that hold one and name its type, platelets, and red cells as artefacts."""
    published = {"train": "train", "val": "dev", "test": "test"}
    for field in bccd.fields(root):
        white = [box.box for box in field.boxes if box.is_leukocyte]
        for number, labelled in enumerate(field.boxes):
            x, y = _centre(labelled.box)
            types = labelled.types
            if labelled.is_leukocyte:
                if len(white) != 1 or len(field.types) != 1:
                    continue
                types = field.types[0]
            elif any(_distance(labelled.box, box) * BCCD_UM_PER_PX < 1.0 for box in white):
                continue
            elif not types:
                if number % 4:
                    continue
                types = frozenset({"artefact"})
            split = published[field.split]
            yield Sample(field.path, types, "bccd", split, BCCD_UM_PER_PX, x, y, scale_known=False)


def _raabin(root: Path) -> Iterator[Sample]:
    """Leukocytes that fill their view alone, from smartphones; too few slides to hold some back."""
    for field in raabin_dev.fields(root):
        white = [box.box for box in field.boxes if box.is_leukocyte]
        if len(white) == 1:
            types, (x, y) = field.types[0], _centre(white[0])
            yield Sample(
                field.path, types, "raabin_dev", "train", RAABIN_UM_PER_PX, x, y, field.group, scale_known=False
            )


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _distance(box: Box, other: Box) -> float:
    """Gap between two boxes in px; negative where they overlap."""
    return max(box[0] - other[2], other[0] - box[2], box[1] - other[3], other[1] - box[3])
