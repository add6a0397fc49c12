"""Whole slides and mosaics against the truth and against separate fields: ``python -m benchmarks.wholeslide``.

The slide is put together from rendered blocks, so that the same pixels can also be analysed as separate fields: what is
lost or counted twice on the slide, its tiles are to blame for. Each slide is analysed in a process of its own.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from lowcost import synth
from lowcost.cli import bench
from lowcost.evaluation.matching import match
from lowcost.evaluation.tables import Table
from lowcost.synth.whole_slide import WholeSlide

Box = tuple[int, int, int, int]

UM_PER_PX = 0.25
EDGE = 4096
LEUKOCYTES = 24
"""Of each block, a square millimetre: more than blood has, so that many lie on the borders of tiles."""

MIRRORED = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""Every block lies on the slide in four ways, by the directions of its rows and columns."""

KINDS = ("neutrophil_segmented", "lymphocyte", "neutrophil_segmented", "monocyte", "eosinophil", "lymphocyte")


@dataclass(frozen=True, eq=False)
class Block:
    """A rendered block and the boxes of its leukocytes."""

    pixels: NDArray[np.uint8]
    boxes: tuple[Box, ...]

    def mirrored(self, rows: int, columns: int) -> Block:
        """The block with its rows, its columns or both in the other direction."""
        edge = len(self.pixels)
        boxes = self.boxes
        if columns < 0:
            boxes = tuple((edge - x1, y0, edge - x0, y1) for x0, y0, x1, y1 in boxes)
        if rows < 0:
            boxes = tuple((x0, edge - y1, x1, edge - y0) for x0, y0, x1, y1 in boxes)
        return Block(self.pixels[::rows, ::columns], boxes)


def main() -> None:
    """Measure all slides and mosaics, write ``wholeslide.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--blocks", type=int, default=15, help=f"blocks of {EDGE} px along each edge of the slide")
    parser.add_argument("--tiles", type=int, nargs="+", default=[3456, 800], help="largest edges of tiles, px")
    parser.add_argument("--mosaics", type=int, default=3, help="mosaics of 100 fields")
    options = parser.parse_args()
    blocks, mosaics = (2, 1) if options.quick else (options.blocks, options.mosaics)
    tables = []
    if blocks:
        note = (
            f"{UM_PER_PX} um/px, JPEG of quality 90; 'as fields' are the same px, each block a photograph of its own."
        )
        title = "Rendered whole slide by tiles, against its blocks as separate fields"
        tables.append(Table("slide", title, tuple(slides(blocks, options.tiles)), (note,)))
    if mosaics:
        note = (
            "Fields of 640 x 480 px at 0.1 um/px that share a fifth, in any order, each with its own light and noise."
        )
        rows = tuple(mosaic(seed) for seed in range(1, mosaics + 1))
        tables.append(Table("mosaic", "Mosaics of 100 overlapping rendered fields", rows, (note,)))
    record.write(options.out, "wholeslide", tables, {"blocks": blocks, "tiles": options.tiles, "mosaics": mosaics})


def slides(blocks: int, tiles: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Write a slide, then give a row for each size of tiles."""
    drawn = [own.mirrored(*way) for seed in (1, 2) for own in [block(seed)] for way in MIRRORED]
    layout = np.random.default_rng(0).integers(0, len(drawn), (blocks, blocks))
    layout.ravel()[: min(len(drawn), layout.size)] = np.arange(min(len(drawn), layout.size))
    path = Path(tempfile.gettempdir()) / f"lowcost-wholeslide-{blocks}.ome.tif"
    if not path.exists():
        draft = path.with_suffix(".draft")
        WholeSlide([own.pixels for own in drawn], layout, UM_PER_PX).write(draft)
        draft.rename(path)
    numbers = sorted(set(layout.ravel().tolist()))
    as_fields = {number: alone(str(path), *np.argwhere(layout == number)[0].tolist()) for number in numbers}
    for tile in tiles:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            seen = pool.submit(analysed, str(path), tile).result()
        row = {"edge, px": blocks * EDGE, "tile, px": tile, "tiles": seen["tiles"], "borders": seen["borders"]}
        yield (
            row
            | compared(layout, drawn, as_fields, seen["boxes"])
            | {
                "peak memory, MB": seen["peak"],
                "time, s": seen["seconds"],
            }
        )


def block(seed: int) -> Block:
    """Return a rendered block, kept in the temporary folder: it takes minutes to draw."""
    path = Path(tempfile.gettempdir()) / f"lowcost-block-{EDGE}-{LEUKOCYTES}-{seed}.npz"
    if not path.exists():
        cells = [KINDS[number % len(KINDS)] for number in range(LEUKOCYTES)]
        drawn = synth.render(seed, width=EDGE, height=EDGE, um_per_px=UM_PER_PX, cells=cells)
        np.savez(path, pixels=drawn.pixels, boxes=[item.box for item in drawn.leukocytes])
    kept = np.load(path)
    return Block(kept["pixels"], tuple(tuple(box) for box in kept["boxes"].tolist()))


def analysed(path: str, tile: int) -> dict[str, Any]:
    """Analyse a slide by tiles of a size, keeping no more than boxes."""
    import cv2

    from lowcost import Analyzer, wholeslide
    from lowcost.wholeslide import overview

    cv2.setNumThreads(1)
    overview.TILE_PX = tile
    start, analyzer = time.perf_counter(), Analyzer.load()
    regions = wholeslide.regions(path, everywhere=True)
    found: list[tuple[Any, int, Box]] = []

    def fields() -> Iterator[tuple[Any, Any]]:
        for region in regions:
            field = wholeslide.field(analyzer, path, region)
            for cell in field.cells:
                if cell.is_leukocyte:
                    x0, y0, x1, y1 = cell.box
                    box = (region.x + x0, region.y + y0, region.x + x1, region.y + y1)
                    found.append((region, cell.id, box))
            yield field, region

    again = wholeslide.copies(fields())
    across = len({region.x for region in regions})
    down = len({region.y for region in regions})
    return {
        "boxes": [box for region, number, box in found if number not in again[region]],
        "tiles": len(regions),
        "borders": across * (down - 1) + down * (across - 1),
        "peak": bench.peak_memory() / 1e6,
        "seconds": time.perf_counter() - start,
    }


def alone(path: str, row: int, column: int) -> list[Box]:
    """Analyse one block of a slide as a photograph of its own."""
    from lowcost import Analyzer, wholeslide
    from lowcost.image.reading import read

    with wholeslide.Slide(path) as slide:
        pixels = slide.read(column * EDGE, row * EDGE, EDGE, EDGE)
    field = Analyzer.load().field(read(pixels), um_per_px=UM_PER_PX)
    return [cell.box for cell in field.cells if cell.is_leukocyte]


def compared(
    layout: NDArray[np.int64], drawn: Sequence[Block], as_fields: dict[int, list[Box]], found: Sequence[Box]
) -> dict[str, Any]:
    """Compare what was found on a slide with what was drawn, and with what its blocks gave as fields."""
    own: dict[tuple[int, int], list[Box]] = {}
    for x0, y0, x1, y1 in found:
        row, column = (y0 + y1) // 2 // EDGE, (x0 + x1) // 2 // EDGE
        left, top = column * EDGE, row * EDGE
        own.setdefault((row, column), []).append((x0 - left, y0 - top, x1 - left, y1 - top))
    truth = apart = hit = hit_apart = lost = gained = twice = 0
    for place, number in np.ndenumerate(layout):
        here, expected, boxes = own.get((place[0], place[1]), []), as_fields[int(number)], drawn[int(number)].boxes
        against = match(boxes, here, "iou")
        both = match(expected, here, "iou")
        truth, apart = truth + len(boxes), apart + len(expected)
        hit, hit_apart = hit + len(against.pairs), hit_apart + len(match(boxes, expected, "iou").pairs)
        lost, gained = lost + len(both.missed), gained + len(both.spurious)
        twice += sum(any(_middle_in(here[index], box) for box in boxes) for index in against.spurious)
    return {
        "leukocytes": truth,
        "found as fields": apart,
        "found on the slide": len(found),
        "recall as fields": hit_apart / truth,
        "recall on the slide": hit / truth,
        "on fields only": lost,
        "on the slide only": gained,
        "counted twice": twice,
    }


def mosaic(seed: int) -> dict[str, Any]:
    """Cut a rendered plane into overlapping fields, put them together again, and count."""
    from lowcost import Analyzer
    from lowcost import mosaic as room
    from lowcost.image import illumination
    from lowcost.image.reading import read

    width, height, step_x, step_y, chance = 640, 480, 512, 384, np.random.default_rng(seed)
    kinds = [KINDS[number % len(KINDS)] for number in range(250)]
    size = {"width": 9 * step_x + width, "height": 9 * step_y + height}
    plane = synth.render(seed, **size, um_per_px=0.1, cells=kinds)
    v, u = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    corners, fields = [], []
    for number in chance.permutation(100).tolist():
        left = min(max(number % 10 * step_x + int(chance.integers(-12, 13)), 0), 9 * step_x)
        top = min(max(number // 10 * step_y + int(chance.integers(-9, 10)), 0), 9 * step_y)
        light = (1 - 0.075 * (u * u + v * v) + 0.03 * u) * chance.uniform(0.96, 1.0)
        seen = plane.pixels[top : top + height, left : left + width] * light[..., None]
        fields.append(np.clip(seen + chance.normal(0, 1.5, seen.shape), 0, 255).astype(np.uint8))
        corners.append((left, top))
    analyzer = Analyzer.load()
    found = [analyzer.field(read(pixels), um_per_px=0.1) for pixels in fields]
    start, light = time.perf_counter(), analyzer.bundle.section("illumination", illumination.Parameters)
    places = room.place([room.Thumb.of(pixels, light) for pixels in fields])
    seconds = time.perf_counter() - start
    once = room.unique(found, places)
    before, after = (sum(cell.is_leukocyte for own in some for cell in own.cells) for some in (found, once))
    off = np.array([(place.x, place.y) for place in places]) - corners
    truth = len(plane.leukocytes)
    return {
        "plane": seed,
        "planes found": len({place.plane for place in places}),
        "misplaced by at most, px": float(np.abs(off - off[0]).max()),
        "leukocytes": truth,
        "found on all fields": before,
        "counted once": after,
        "difference, %": 100.0 * (after - truth) / truth,
        "registration, s": seconds,
    }


def _middle_in(box: Box, other: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]


if __name__ == "__main__":
    main()
