"""What every set of labelled smear images is turned into: fields with boxes and masks, or single cells."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import isfinite
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

IMAGE_ENDINGS = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Endings of the image files of a set, in lower case."""

_ORIENTATION, _FIRST_TURNED = 0x0112, 5
# The EXIF tag, and the first of its values that exchange width and height.

_NUCLEUS_FROM, _CELL_FROM = 208, 64
# Published masks write cytoplasm as 128, 155 or 161 and nucleus as 255, some with smoothed edges: limits lie midway.


class MissingFile(InputError):
    """A file that a set names and does not hold."""


@dataclass(frozen=True)
class Finding:
    """Something wrong with a set.

    Attributes
    ----------
    kind : str
        Of what sort, for example ``"missing file"``.
    where : str
        The file.
    what : str
        What is wrong, in words.
    """

    kind: str
    where: str
    what: str


@dataclass(frozen=True)
class noted:
    """Go on after a file that is missing or cannot be read, with a note of it in `findings`.

    Attributes
    ----------
    findings : list of Finding or None
        Where it is noted; None lets the error through, so that nobody trains or measures on half a set unknowingly.
    path : Path
        The file that is read.
    """

    findings: list[Finding] | None
    path: Path

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if self.findings is None or not isinstance(error, InputError):
            return False
        sort = "missing file" if isinstance(error, MissingFile) else "unreadable file"
        self.findings.append(Finding(sort, str(self.path), str(error)))
        return True


@contextmanager
def as_published(path: Path) -> Iterator[None]:
    """Take what a reader stumbles on meanwhile (no such column, no number, no such class) for a fault of the file.

    Parameters
    ----------
    path : Path
        The file that is read.

    Raises
    ------
    InputError
        The reader stumbled.
    """
    try:
        yield
    except (LookupError, ValueError, TypeError, OverflowError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else error
        raise InputError(f"{path.name} is not as published ({what}); copy the data set again.") from error


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
    holds : str
        How much of what.
    get : str
        How to get it.
    split : str
        What to split it by, so that training and test parts share nothing.
    """

    name: str
    title: str
    licence: str
    may_train: bool
    source: str
    holds: str
    get: str
    split: str


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
    published : tuple of float or None
        The box as published, where it reaches beyond the image; None where `box` is that.
    """

    box: Box
    label: str
    types: frozenset[str]
    attributes: Mapping[str, int] = field(default_factory=dict)
    published: Box | None = None

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
class Tile:
    """Place of a field on a mosaic of overlapping fields.

    Attributes
    ----------
    mosaic : str
        Name of the mosaic within the set.
    x, y : float
        The field's upper left corner on the mosaic in px.
    """

    mosaic: str
    x: float
    y: float


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
    annotated : tuple of float or None
        The part of the image in which every cell is labelled; what lies outside is unknown, never negative. None where
        that is the whole image.
    tile : Tile or None
        Place on a mosaic, where the name tells; see `lowcost.datasets.mosaic`.
    """

    dataset: str
    path: Path
    boxes: tuple[LabelledBox, ...] = ()
    mask_path: Path | None = None
    types: tuple[frozenset[str], ...] = ()
    split: str = ""
    group: str = ""
    um_per_px: float | None = None
    annotated: Box | None = None
    tile: Tile | None = None

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

    def known(self, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of (n, 4) boxes have their centre where every cell is labelled, as an (n,) bool array.

        What is found elsewhere is neither right nor wrong.
        """
        if self.annotated is None:
            return np.ones(len(boxes), dtype=np.bool_)
        x0, y0, x1, y1 = self.annotated
        x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        return np.asarray((x0 <= x) & (x < x1) & (y0 <= y) & (y < y1), dtype=np.bool_)


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
    group : str
        Patient or slide; cells of one group belong in one split. Empty where unknown.
    """

    dataset: str
    path: Path
    label: str
    types: frozenset[str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    split: str = ""
    um_per_px: float | None = None
    group: str = ""

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


def on_image(
    published: Box,
    width: int,
    height: int,
    label: str,
    types: frozenset[str],
    attributes: Mapping[str, int] | None = None,
) -> LabelledBox:
    """Return a label with its box clipped to an image of `width` x `height` px, and the box as published beside it.

    Raises
    ------
    InputError
        A coordinate is no number.
    """
    if not all(isfinite(value) for value in published):
        raise InputError(f"The box {published} of {label!r} is no box: expected four numbers; correct the label.")
    x0, x1 = (min(max(x, 0.0), float(width)) for x in published[::2])
    y0, y1 = (min(max(y, 0.0), float(height)) for y in published[1::2])
    box = (x0, y0, x1, y1)
    return LabelledBox(box, label, types, attributes or {}, None if box == published else published)


def set_folder(root: Path, name: str) -> Path:
    """Return the set's own folder, where `root` is that or the folder that holds the sets."""
    return root / name if (root / name).is_dir() else root


def is_image(name: str) -> bool:
    """Whether a file of this name is an image that people see: not hidden, with an image's ending."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in IMAGE_ENDINGS


def image_folder(root: Path, *parts: str) -> list[Path]:
    """Return the images of a set's folder in order of name.

    Raises
    ------
    InputError
        The folder does not exist.
    """
    folder = root.joinpath(*parts)
    if not folder.is_dir():
        raise MissingFile(f"No folder {'/'.join(parts) or folder.name} in {root}; give the folder that holds the set.")
    with os.scandir(folder) as entries:
        return sorted(folder / entry.name for entry in entries if is_image(entry.name) and entry.is_file())


def is_there(path: Path) -> bool:
    """Whether a path, whose name may be anything, is a file."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or none
        return False


def images_below(folder: Path) -> list[Path]:
    """Return every image in a folder and in those within it, in order of path."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__MACOSX"))]  # macOS puts copies there
        found += [Path(parent, name) for name in names if is_image(name)]
    return sorted(found)


def image_size(path: Path) -> tuple[int, int]:
    """Return width and height in px of an image as it is shown, from its header alone.

    Raises
    ------
    InputError
        The file is missing or is no image.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION, 1) >= _FIRST_TURNED
    except FileNotFoundError:
        raise MissingFile(f"{path.name} is missing; copy the data set again.") from None
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"Cannot read {path.name} as an image ({error}); copy the data set again.") from error
    return (height, width) if turned else (width, height)


def read_text(path: Path) -> str:
    """Read a text file of a set.

    Raises
    ------
    InputError
        The file is missing or is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MissingFile(f"{path.name} is missing from {path.parent.name}; copy the data set again.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {path.name} as text ({error}); copy the data set again.") from error
