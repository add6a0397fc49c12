"""Whole-slide images of any size, put together from few rendered blocks, so that memory does not grow with them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TILE = 512
_REDUCED = (4, 16)
# How many px of the image each px of the coarser levels stands for, along each axis.


@dataclass(frozen=True, eq=False)
class WholeSlide:
    """A slide of equal square blocks.

    Attributes
    ----------
    blocks : sequence of (n, n, 3) uint8 array
        The blocks that there are; n a multiple of 16.
    layout : (rows, columns) int array
        Which block lies where.
    um_per_px : float
        Scale.
    """

    blocks: Sequence[NDArray[np.uint8]]
    layout: NDArray[np.int64]
    um_per_px: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, px."""
        edge = len(self.blocks[0])
        return self.layout.shape[1] * edge, self.layout.shape[0] * edge

    def write(self, path: str | os.PathLike[str], quality: int | None = 90) -> None:
        """Write a pyramidal OME-TIFF, tile by tile.

        Parameters
        ----------
        path : path
            Where to; ``.ome.tif``.
        quality : int, optional
            Of JPEG tiles; None stores them without loss.
        """
        from tifffile import TiffWriter

        options = {"tile": (_TILE, _TILE), "photometric": "rgb", "dtype": np.uint8}
        options |= {"compression": "deflate"} if quality is None else {"compression": "jpeg"}
        options |= {} if quality is None else {"compressionargs": {"level": quality}}
        sizes = {f"PhysicalSize{axis}{kind}": value for axis in "XY" for kind, value in _length(self.um_per_px)}
        with TiffWriter(path, bigtiff=True, ome=True) as file:
            for number, factor in enumerate((1, *_REDUCED)):
                blocks = [_shrunk(block, factor) for block in self.blocks]
                shape = (self.size[1] // factor, self.size[0] // factor, 3)
                level = (
                    {"subfiletype": 1} if number else {"subifds": len(_REDUCED), "metadata": {"axes": "YXS"} | sizes}
                )
                file.write(_tiles(blocks, self.layout), shape=shape, **options, **level)


def _length(um: float) -> tuple[tuple[str, float | str], ...]:
    return ("", um), ("Unit", "µm")


def _shrunk(block: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """A block with each square of px represented by their mean, as the programs of scanners do."""
    if factor == 1:
        return block
    edge = len(block) // factor
    total = block.reshape(edge, factor, edge, factor, 3).sum(axis=(1, 3), dtype=np.uint32)
    mean: NDArray[np.uint8] = ((total + factor * factor // 2) // (factor * factor)).astype(np.uint8)
    return mean


def _tiles(blocks: Sequence[NDArray[np.uint8]], layout: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    """The tiles of a level in reading order."""
    edge = len(blocks[0])
    height, width = layout.shape[0] * edge, layout.shape[1] * edge
    for top in range(0, height, _TILE):
        # One row of tiles at a time lies in memory.
        strip = np.concatenate(
            [
                np.concatenate([blocks[number][y % edge : (y % edge) + rows] for number in layout[y // edge]], axis=1)
                for y, rows in _cuts(top, min(top + _TILE, height), edge)
            ]
        )
        for left in range(0, width, _TILE):
            yield np.ascontiguousarray(strip[:, left : left + _TILE])


def _cuts(start: int, stop: int, edge: int) -> Iterator[tuple[int, int]]:
    """The stretches of a span, first px and length, that lie in one block each."""
    while start < stop:
        length = min(stop, (start // edge + 1) * edge) - start
        yield start, length
        start += length
