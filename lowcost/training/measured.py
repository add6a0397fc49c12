"""Labelled pictures as the product sees them: every cell that it finds, its features, the network's logits, its label.

Heads, limits and corrections learn from this table. It is made in portions that are kept on disk, so that a run that
was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import lowcost
from lowcost import crop, features
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder, View
from lowcost.classifier import Classifier
from lowcost.datasets.types import LEUKOCYTES, Box, LabelledCell, LabelledField
from lowcost.device import Device
from lowcost.evaluation.matching import match
from lowcost.result import Scale
from lowcost.taxonomy import CELL_TYPES
from lowcost.training.fingerprint import fingerprint

Picture = LabelledCell | LabelledField

PORTION = 64
"""Pictures whose cells are written together."""

OTHERS = frozenset(CELL_TYPES) - LEUKOCYTES
"""What a found object may be where every leukocyte is labelled and none is labelled there."""


@dataclass(frozen=True)
class Measured:
    """Found cells of labelled pictures.

    Attributes
    ----------
    pictures : sequence of LabelledCell or LabelledField
        What was measured.
    rows : (n, f) float64 array
        Features in the order of `lowcost.features.NAMES`.
    logits : (n, k) int64 array
        Of network and morphology, before any correction.
    embedding : (n, 4, e) int8 array
        What the network saw in each cell, and in its mirror images (`mirrored`).
    picture : (n,) int64 array
        Index of each cell's picture.
    label : (n,) int64 array
        Index of each cell's label among the boxes of its field; 0 on a picture of one cell, -1 where nothing is
        labelled although every cell there is.
    """

    pictures: Sequence[Picture]
    rows: NDArray[np.float64]
    logits: NDArray[np.int64]
    embedding: NDArray[np.int8]
    picture: NDArray[np.int64]
    label: NDArray[np.int64]

    @property
    def allowed(self) -> tuple[frozenset[str], ...]:
        """The types that each cell's label allows."""
        return tuple(
            _types(self.pictures[picture], label) for picture, label in zip(self.picture, self.label, strict=True)
        )

    @property
    def group(self) -> tuple[str, ...]:
        """Patient or slide of each cell; empty where unknown."""
        return tuple(self.pictures[picture].group for picture in self.picture)

    @property
    def unit(self) -> tuple[str, ...]:
        """Patient or slide of each cell, else its picture: what belongs in one part."""
        owners = [self.pictures[picture] for picture in self.picture]
        return tuple(owner.group or str(owner.path) for owner in owners)

    def where(self, chosen: NDArray[np.bool_]) -> Measured:
        """Return the cells at which `chosen`, an (n,) bool array, is True."""
        picture, label = self.picture[chosen], self.label[chosen]
        return Measured(self.pictures, self.rows[chosen], self.logits[chosen], self.embedding[chosen], picture, label)


def measure(
    pictures: Sequence[Picture], bundle: Path, folder: Path, um_per_px: float | None = None, jobs: int = 1
) -> Measured:
    """Find and measure the cells of labelled pictures; labelled cells that are not found are left out.

    Parameters
    ----------
    pictures : sequence of LabelledCell or LabelledField
        Of a picture of one cell the one in its middle is taken, of a field those that match a label, and those that
        match none where every cell is labelled.
    bundle : Path
        Whose finder and network are used.
    folder : Path
        Where portions are kept; those of the same pictures and bundle are not measured again.
    um_per_px : float, optional
        For pictures that state no scale.
    jobs : int
        Processes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_by = _maker(Bundle.load(bundle))
    portions = [pictures[start : start + PORTION] for start in range(0, len(pictures), PORTION)]
    work = partial(_cells, bundle=bundle, um_per_px=um_per_px)
    parts = []
    with ProcessPoolExecutor(jobs) as pool, tqdm(total=len(pictures), desc="cells", disable=None) as bar:
        for number, portion in enumerate(portions):
            named = [(str(item.path), item.path.stat().st_size, _boxes(item)) for item in portion]
            path = folder / f"{fingerprint(made_by, um_per_px, named)}.npz"
            if not path.exists():
                found = list(pool.map(work, portion) if jobs > 1 else map(work, portion))
                _save(path, found)
            with np.load(path) as saved:
                own = (saved[key] for key in ("rows", "logits", "embedding", "label"))
                parts.append((*own, saved["picture"] + number * PORTION))
            bar.update(len(portion))
    rows, logits, embedding, label, picture = (np.concatenate(values) for values in zip(*parts, strict=True))
    return Measured(pictures, rows, logits, embedding, picture, label)


def mirrored(crops: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """Return crops (n, h, h, 3) as they are, upside down, with rows and columns exchanged, and both.

    The features of a cell stay the same, up to rounding; what the network sees changes by what means nothing.
    """
    exchanged = crops.transpose(0, 2, 1, 3)
    return crops, crops[:, ::-1], exchanged, exchanged[:, ::-1]


def central_view(finder: CellFinder, cell: LabelledCell, um_per_px: float | None = None) -> View | None:
    """Return the cell in the middle of a single-cell picture as the product sees it; None where it sees none."""
    pixels = cell.pixels()
    y, x = pixels.shape[0] / 2, pixels.shape[1] / 2
    views = finder.find(finder.optics(pixels, _scale(cell.um_per_px or um_per_px))).views
    return view_at(views, x, y)


def view_at(views: Sequence[View], x: float, y: float) -> View | None:
    """Return the largest cell whose box holds a place, px; None where there is none."""
    holding = [view for view in views if view.box[0] <= x < view.box[2] and view.box[1] <= y < view.box[3]]
    return max(holding, key=lambda view: int(view.cell.sum()), default=None)


def picture_views(
    finder: CellFinder, picture: Picture, um_per_px: float | None = None, device: Device | None = None
) -> tuple[list[View], list[int]]:
    """Return the found cells of a labelled picture that count, and the index of each one's label, -1 for none."""
    if isinstance(picture, LabelledField):
        return field_views(finder, picture, um_per_px, device)
    view = central_view(finder, picture, um_per_px)
    return ([], []) if view is None else ([view], [0])


def field_views(
    finder: CellFinder, field: LabelledField, um_per_px: float | None = None, device: Device | None = None
) -> tuple[list[View], list[int]]:
    """Return the found cells of a field that count, and the index of each one's label, -1 for none."""
    optics = finder.optics(field.pixels(), _scale(field.um_per_px or um_per_px), device)
    views = finder.find(optics).views if optics.quality.verdict != "rejected" else []
    labelled = [number for number, box in enumerate(field.boxes) if box.types]
    boxes = np.array([view.box for view in views], dtype=np.float64).reshape(-1, 4)
    pairs = match([field.boxes[number].box for number in labelled], boxes, "centre").pairs
    owner = {found: labelled[truth] for truth, found in pairs}
    counting = [i for i, known in enumerate(field.known(boxes)) if known or i in owner]
    return [views[i] for i in counting], [owner.get(i, -1) for i in counting]


def described(views: Sequence[View]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return features (n, f) and network inputs (n, 96, 96, 3) of views."""
    rows = [features.compute(view.pixels, view.nucleus, view.cell) for view in views]
    crops = np.array([crop.network_input(view.pixels) for view in views], np.uint8)
    return np.array(rows).reshape(-1, len(features.NAMES)), crops.reshape(-1, crop.CROP_PX, crop.CROP_PX, 3)


Found = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int8], list[int]]


def _cells(picture: Picture, bundle: Path, um_per_px: float | None) -> Found:
    finder, classifier = _loaded(bundle)
    views, labels = picture_views(finder, picture, um_per_px)
    table, crops = described(views)
    seen = [classifier.network(own) for own in mirrored(crops)]
    logits = np.array(classifier.logits(seen[0], table), np.int64).reshape(seen[0].logits.shape)
    return table, logits, np.stack([own.embedding for own in seen], axis=1), labels


def _save(path: Path, found: Sequence[Found]) -> None:
    rows, logits, embedding, labels = zip(*found, strict=True)
    picture = np.repeat(np.arange(len(found)), [len(own) for own in labels])
    draft = path.with_suffix(".draft.npz")
    np.savez(
        draft,
        rows=np.concatenate(rows),
        logits=np.concatenate(logits),
        embedding=np.concatenate(embedding),
        label=np.array([label for own in labels for label in own], np.int64),
        picture=picture,
    )
    draft.replace(path)


def _maker(bundle: Bundle) -> tuple[str, ...]:
    """What a measurement depends on besides the picture: parameters, network and the code that measures."""
    used = {name: values for name, values in bundle.parameters.items() if name not in ("attributes", "differential")}
    package = Path(lowcost.__file__).parent
    rooms = (package / name for name in ("image", "segmentation", "features"))
    modules = [*package.glob("*.py"), *(module for room in rooms for module in room.glob("*.py"))]
    code = b"".join(module.read_bytes() for module in sorted(modules))
    models = [bundle.file(bundle.parameters[name]["file"]) for name in ("classifier", "morphology") if name in used]
    return fingerprint(used), fingerprint(models), fingerprint(code)


@cache
def _loaded(bundle: Path) -> tuple[CellFinder, Classifier]:
    loaded = Bundle.load(bundle)
    return CellFinder(loaded), Classifier.load(loaded)


def _types(picture: Picture, label: int) -> frozenset[str]:
    if isinstance(picture, LabelledCell):
        return picture.types
    if label < 0:
        return OTHERS
    box = picture.boxes[label]
    alone = sum(other.is_leukocyte for other in picture.boxes) == 1 and len(picture.types) == 1
    # Where a field names its one leukocyte and the box does not, the name is that box's.
    return picture.types[0] if alone and box.is_leukocyte else box.types


def _boxes(picture: Picture) -> tuple[Box, ...]:
    return () if isinstance(picture, LabelledCell) else tuple(box.box for box in picture.boxes)


def _scale(um_per_px: float | None) -> Scale | None:
    return None if um_per_px is None else Scale(um_per_px, um_per_px, "given", 1.0)
