"""What every set of labelled smear images is turned into: fields with boxes and masks, or single cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lowcost.errors import InputError
from lowcost.taxonomy import CELL_TYPES

Box = tuple[float, float, float, float]
"""``(x0, y0, x1, y1)`` in px, edges not centres, `x1` and `y1` exclusive."""

LEUKOCYTES = frozenset(name for name, cell_type in CELL_TYPES.items() if cell_type.is_leukocyte)
"""Every type that a label such as ``WBC`` allows."""

NEUTROPHILS = frozenset({"neutrophil_segmented", "neutrophil_band"})
"""The types that a label ``neutrophil`` without further words allows."""

PLATELETS = frozenset({"platelet", "platelet_clump"})
"""The types that a label ``platelet`` allows."""

_NUCLEUS_FROM, _CELL_FROM = 208, 64
# Published masks write cytoplasm as 128, 155 or 161 and nucleus as 255, some with smoothed edges: limits lie midway.


@dataclass(frozen=True)
class Card:
    """What a person must know before using a set.

    Attributes
    ----------
    name : str
        The set's folder and identifier.
    title : str
        What it is, in one line.
    licence : str
        Licence as published.
    may_train : bool
        Whether weights trained on it may be shipped; otherwise the set is for evaluation and tuning only.
    source : str
        Publication or repository to cite.
    """

    name: str
    title: str
    licence: str
    may_train: bool
    source: str


@dataclass(frozen=True)
class LabelledBox:
    """One labelled object on a field.

    Attributes
    ----------
    box : tuple of float
        ``(x0, y0, x1, y1)`` in px, clipped to the image.
    label : str
        The label as published.
    types : frozenset of str
        Names of `taxonomy.CELL_TYPES` that the label allows; empty for red cells and labels that mean nothing to us.
    attributes : dict of str to int
        Published attribute codes by taxonomy name; missing codes are left out.
    """

    box: Box
    label: str
    types: frozenset[str]
    attributes: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_leukocyte(self) -> bool:
        """Whether the object counts in the differential."""
        return bool(self.types) and self.types <= LEUKOCYTES


@dataclass(frozen=True)
class Masks:
    """Hand-drawn outlines of one image.

    Attributes
    ----------
    nucleus, cell : (h, w) bool array
        Nuclei, and whole cells (nucleus and cytoplasm); several cells of a field share one mask.
    """

    nucleus: NDArray[np.bool_]
    cell: NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledField:
    """One photograph with its labels.

    Attributes
    ----------
    dataset : str
        Name of the set.
    path : Path
        The image.
    boxes : tuple of LabelledBox
        Everything labelled, red cells and platelets too; empty where the set has no boxes.
    mask_path : Path or None
        The published mask, read by `masks`.
    types : tuple of frozenset of str
        Types of the leukocytes where the set gives them for the whole field and not per box.
    split : str
        ``"train"``, ``"val"`` or ``"test"`` as published; empty where no split is published.
    group : str
        Patient or slide; fields of one group belong in one split. Empty where unknown.
    um_per_px : float or None
        Scale as published, or as the set's module explains; None where it has to be measured.
    """

    dataset: str
    path: Path
    boxes: tuple[LabelledBox, ...] = ()
    mask_path: Path | None = None
    types: tuple[frozenset[str], ...] = ()
    split: str = ""
    group: str = ""
    um_per_px: float | None = None

    @property
    def name(self) -> str:
        """The image's file name without its ending."""
        return self.path.stem

    def pixels(self) -> NDArray[np.uint8]:
        """Return the image as an (h, w, 3) uint8 RGB array."""
        return read_pixels(self.path)

    def masks(self) -> Masks | None:
        """Return the published masks, or None where the field has none."""
        return None if self.mask_path is None else read_masks(self.mask_path)

    def leukocytes(self) -> NDArray[np.float64]:
        """Return the boxes of the labelled leukocytes as an (n, 4) array."""
        return np.array([box.box for box in self.boxes if box.is_leukocyte], dtype=np.float64).reshape(-1, 4)


@dataclass(frozen=True)
class LabelledCell:
    """A picture of one cell.

    Attributes
    ----------
    dataset : str
        Name of the set.
    path : Path
        The image.
    label : str
        The label as published.
    types : frozenset of str
        Names of `taxonomy.CELL_TYPES` that the label allows.
    attributes : dict of str to str
        Values of `taxonomy.ATTRIBUTES` by name; empty where unlabelled.
    split : str
        Published split, or empty.
    um_per_px : float or None
        Published scale.
    """

    dataset: str
    path: Path
    label: str
    types: frozenset[str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    split: str = ""
    um_per_px: float | None = None

    def pixels(self) -> NDArray[np.uint8]:
        """Return the image as an (h, w, 3) uint8 RGB array."""
        return read_pixels(self.path)


def read_pixels(path: Path) -> NDArray[np.uint8]:
    """Read an image of a set as an (h, w, 3) uint8 RGB array.

    Raises
    ------
    InputError
        The file is missing or is no image.
    """
    import cv2

    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise InputError(f"Cannot read {path.name} as an image; check that the data set was copied completely.")
    return image.astype(np.uint8, copy=False)


def read_masks(path: Path) -> Masks:
    """Read a published mask in which cytoplasm is a middle grey and nucleus is white.

    Raises
    ------
    InputError
        The file is missing or is no image.
    """
    import cv2

    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise InputError(f"Cannot read {path.name} as a mask; check that the data set was copied completely.")
    return Masks(nucleus=image >= _NUCLEUS_FROM, cell=image >= _CELL_FROM)


def clipped(box: Box, width: int, height: int) -> Box:
    """Return the part of a box that lies on an image of `width` x `height` px."""
    x0, y0, x1, y1 = box
    return (max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height)))


def image_folder(root: Path, *parts: str) -> list[Path]:
    """Return the files of a set's folder in order of name.

    Raises
    ------
    InputError
        The folder does not exist.
    """
    folder = root.joinpath(*parts)
    if not folder.is_dir():
        raise InputError(f"No folder {'/'.join(parts)} in {root}; give the folder that holds the sets.")
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
