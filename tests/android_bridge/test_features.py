"""Every feature in Java is Python's to 1e-9, on rendered and real cells and on masks that no cell has."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lowcost import features
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.image.reading import read
from lowcost.result import Scale
from lowcost.synth import presets
from tests.features.cells import SIDE, band, disc, drawn, ellipse, lobed

LIMIT = 1e-9


@pytest.fixture(scope="module")
def finder():
    return CellFinder(Bundle.load())


def views_of(finder, pixels, um_per_px=None):
    known = None if um_per_px is None else Scale(um_per_px, um_per_px, "given", 1.0)
    optics = finder.optics(pixels, known)
    found = finder.find(optics).views if optics.scale.source != "unknown" else []
    return [(view.pixels, view.nucleus, view.cell) for view in found]


def compare(java, cells):
    """Measure named (view, nucleus, cell) in both languages; say by how much the worst feature differs."""
    worst, at = 0.0, ""
    for name, (view, nucleus, cell) in cells.items():
        ours = features.compute(view, nucleus, cell)
        theirs = java("features", view=view, nucleus=nucleus, cell=cell)["values"]
        assert np.array_equal(np.isnan(ours), np.isnan(theirs)), (
            f"{name}: {[features.NAMES[i] for i in np.flatnonzero(np.isnan(ours) != np.isnan(theirs))]} of one are NaN"
        )
        largest = np.maximum(np.abs(ours), np.abs(theirs))
        error = np.nan_to_num(np.divide(np.abs(ours - theirs), largest, out=np.zeros_like(ours), where=largest > 0))
        if error.max() > worst:
            worst, column = error.max(), int(error.argmax())
            both = f"{float(ours[column])!r} in Python, {float(theirs[column])!r} in Java"
            at = f"{features.NAMES[column]} of {name}: {both}"
    print(f"{len(cells)} cells, relative error at most {worst:.1e}: {at}")
    assert worst <= LIMIT, at


def test_names(java):
    assert java("features.names")["names"] == list(features.NAMES)


@pytest.mark.parametrize("um_per_px", [0.07, 0.15])
def test_rendered_cells(java, finder, um_per_px):
    cells = {}
    for seed, preset in enumerate(presets.PRESETS):
        field = presets.draw(preset, seed).render(seed)
        found = views_of(finder, field.pixels, um_per_px)
        cells |= {f"{preset} {i}": view for i, view in enumerate(found)}
    assert len(cells) >= 5
    compare(java, cells)


def test_drawn_cells(java):
    whole = disc(60)
    masks = {"disc": disc(30), "ellipse": ellipse(40, 20, 25), "band": band(14), "shifted": disc(20, (150, 110))}
    masks |= {f"{count} lobes, {neck} px": lobed(count, neck) for count in (2, 3, 4) for neck in (0, 4, 9)}
    compare(java, {name: (drawn(mask, whole, seed=9), mask, whole) for name, mask in masks.items()})


def degenerate():
    nothing, everything, whole = np.zeros((SIDE, SIDE), bool), np.ones((SIDE, SIDE), bool), disc(60)

    def pixels(*places):
        mask = nothing.copy()
        for row, column in places:
            mask[row, column] = True
        return mask

    random = np.random.default_rng(8)
    line = pixels(*((100, x) for x in range(80, 140)))
    corner = line | pixels(*((y, 80) for y in range(100, 130)))
    diagonal = pixels(*((x, x) for x in range(90, 150)))
    holed = disc(40) & ~disc(9, (120, 120)) & ~disc(3, (145, 128)) & ~disc(14, (130, 150))
    nested = (disc(50) & ~disc(40)) | (disc(30) & ~disc(22)) | disc(8)
    specks = whole & (random.random(whole.shape) < 0.02)
    noise = whole & (random.random(whole.shape) < 0.5)
    dots = cv2.dilate(specks.view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    smooth = cv2.GaussianBlur(random.standard_normal(whole.shape), (0, 0), 7)
    shapes = {f"square {side}": nothing.copy() for side in (2, 3, 4, 7, 12)}
    for (name, mask), side in zip(shapes.items(), (2, 3, 4, 7, 12), strict=True):
        mask[100 : 100 + side, 90 : 90 + side] = True
        shapes[name] = mask
    masks = shapes | {
        "one px": pixels((128, 128)),
        "two px": pixels((128, 128), (128, 129)),
        "two px apart": pixels((100, 100), (140, 150)),
        "corner px": pixels((0, 0), (SIDE - 1, SIDE - 1)),
        "line": line,
        "corner of lines": corner,
        "diagonal": diagonal,
        "cross": line | line.T,
        "holes": holed,
        "rings": nested,
        "specks": specks,
        "dots": dots,
        "noise": noise,
        "blobs": smooth > 0,
        "few blobs": (smooth > 0.05) & whole,
        "everything": everything,
        "left half": np.arange(SIDE) < SIDE // 2 * np.ones((SIDE, 1), np.int64),
        "upper rows": (np.arange(SIDE) < 3)[:, None] & everything,
    }
    cases = {"nothing": (nothing, nothing)}
    for name, mask in masks.items():
        cases |= {
            f"no nucleus in {name}": (nothing, mask),
            f"{name} and nothing else": (mask, nothing),
            f"{name} as nucleus and cell": (mask, mask),
            f"{name} in a cell": (mask, whole),
            f"disc in {name}": (disc(25), mask),
            f"{name} in everything": (mask, everything),
        }
    return cases


def backgrounds():
    random = np.random.default_rng(2)
    flat = {f"flat {value}": np.full((SIDE, SIDE, 3), value, np.uint8) for value in (128, 255)}
    slope = np.linspace(20, 250, SIDE)
    return flat | {
        "noise": random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8),
        "slopes": np.stack(np.broadcast_arrays(slope, slope[:, None], slope[::-1]), axis=2).astype(np.uint8),
    }


@pytest.mark.parametrize("background", backgrounds())
def test_degenerate_masks(java, background):
    view = backgrounds()[background]
    compare(java, {name: (view, *masks) for name, masks in degenerate().items()})


def test_views_that_are_not_square(java):
    random = np.random.default_rng(6)
    cells = {}
    for height, width in ((1, 1), (1, 40), (33, 2), (50, 90), (300, 40)):
        view = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
        smooth = cv2.GaussianBlur(random.standard_normal((height, width)), (0, 0), 3)
        cells[f"{height} x {width}"] = view, smooth > smooth.mean() + smooth.std() / 2, smooth >= smooth.mean()
    compare(java, cells)


@pytest.mark.parametrize(
    ("pattern", "step", "um_per_px"),
    [
        ("pbc/*/*.jpg", 300, 0.1),
        ("raabin_dev/**/*.png", 20, None),
        ("bccd/images/*", 30, None),
        ("phone_leukemia/*.jpg", 12, None),
    ],
)
def test_real_cells(java, finder, shared_data, pattern, step, um_per_px):
    cells = {}
    for file in sorted(shared_data.glob(pattern))[::step]:
        found = views_of(finder, read(file).pixels, um_per_px)
        cells |= {f"{file.name} {i}": view for i, view in enumerate(found)}
    assert len(cells) >= 5
    compare(java, cells)
