"""JPEG files decoded by Java and by Python: how far the pixels are apart, and what that does to the cells found."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lowcost.evaluation.matching import match
from lowcost.image.reading import read
from lowcost.result import SmearResult
from tests.android_bridge.parity import Parity

OVERLAP = "iou"
"""The criterion by which two boxes show the same cell."""


@dataclass
class Decoded:
    """What was found on two versions of the pixels of the same files.

    Attributes
    ----------
    files, unequal, levels, differing, largest : int
        Files; files of which any level differs; levels, those that differ, and by how much at most.
    cells, found, same_type : int
        Cells that Python finds on its own pixels; those also found on Java's; those of the same type there.
    spurious : int
        Cells found on Java's pixels only.
    shaken_found, shaken_same_type, shaken_spurious : int
        The same on Python's pixels with one level in ten off by one.
    """

    files: int = 0
    unequal: int = 0
    levels: int = 0
    differing: int = 0
    largest: int = 0
    cells: int = 0
    found: int = 0
    same_type: int = 0
    spurious: int = 0
    shaken_found: int = 0
    shaken_same_type: int = 0
    shaken_spurious: int = 0

    def __iadd__(self, other: Decoded) -> Decoded:
        for item in fields(self):
            one, two = getattr(self, item.name), getattr(other, item.name)
            setattr(self, item.name, max(one, two) if item.name == "largest" else one + two)
        return self


def compare(parity: Parity, file: bytes) -> Decoded:
    """Decode one file in both languages and analyse both versions."""
    pixels = read(file).pixels
    decoded = parity.java("image.decode", file=np.frombuffer(file, np.uint8))["pixels"]
    difference = np.abs(decoded.astype(np.int16) - pixels)
    known = parity.analyzer.analyze(pixels)
    differing = int(np.count_nonzero(difference))
    other = parity.analyzer.analyze(decoded) if differing else known
    cells = len(known.cells)
    return Decoded(
        1,
        int(differing > 0),
        difference.size,
        differing,
        int(difference.max()),
        cells,
        *_alike(known, other),
        *_alike(known, parity.analyzer.analyze(shaken(pixels))),
    )


def shaken(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One level in ten, drawn at random, one higher or lower: a decoder that rounds otherwise does no more."""
    random = np.random.default_rng(1)
    change = random.integers(0, 20, pixels.shape, np.int8)
    moved = pixels.astype(np.int16) + (change == 0) - (change == 1)
    return np.clip(moved, 0, 255).astype(np.uint8)


def _alike(known: SmearResult, other: SmearResult) -> tuple[int, int, int]:
    """How many cells both have, how many of the same type, and how many only the other has."""
    matching = match([cell.box for cell in known.cells], [cell.box for cell in other.cells], OVERLAP)
    same = sum(known.cells[one].type == other.cells[two].type for one, two in matching.pairs)
    return len(matching.pairs), same, len(matching.spurious)
