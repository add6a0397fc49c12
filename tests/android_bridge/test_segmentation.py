"""Nuclei, what surrounds them, and outlines of cells in Java are those of Python, px by px."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from lowcost import cells
from lowcost.bundle import Bundle
from lowcost.image.reading import read
from lowcost.result import Scale
from lowcost.segmentation import lobes, nuclei, outline, surroundings
from lowcost.segmentation.nuclear_edge import NuclearEdge
from lowcost.synth import presets


@pytest.fixture(scope="module")
def bundle():
    return Bundle.load()


@pytest.fixture
def compare(java, bundle, repository, monkeypatch):
    """Run Python's pipeline over a photograph; what each stage was given goes to Java, and must come out alike."""
    finder = cells.CellFinder(bundle)
    seen = SimpleNamespace()

    def record(owner, name, keep):
        known = getattr(owner, name)

        def stage(*arguments):
            found = known(*arguments)
            keep(arguments, found)
            return found

        monkeypatch.setattr(owner, name, stage)

    record(nuclei, "find", lambda given, found: setattr(seen, "field", (given, found)))
    record(NuclearEdge, "around", lambda given, _: seen.views.append(given))
    record(outline, "outline", lambda _, found: seen.cells.extend(found))
    reunite = lobes.reunite

    def recorded(pieces, outlines, outline_as_one, *rest):
        as_one = []

        def outlined(*arguments):
            as_one.append(outline_as_one(*arguments))
            return as_one[-1]

        found = reunite(pieces, outlines, outlined, *rest)
        seen.reunion = outlines, as_one, found
        return found

    monkeypatch.setattr(lobes, "reunite", recorded)

    def run(pixels, name, um_per_px=None):
        known = None if um_per_px is None else Scale(um_per_px, um_per_px, "given", 1.0)
        optics = finder.optics(pixels, known)
        if optics.scale.source == "unknown":
            return 0
        seen.views, seen.cells = [], []
        finder.find(optics)
        density, _, inside, scale = seen.field[0][:4]
        field = {"density": density.astype(np.int32), "inside": inside, "um_per_px": scale}
        field["bundle"] = str(repository / "models" / "lowcost-1")
        answer = java("segmentation.nuclei", **field, **stacked(seen.views))
        same(name, seen.field[1], density, answer)
        if seen.views:
            for kind, ours in (("nuclei", "nucleus"), ("cells", "cell")):
                expected = np.stack([getattr(one, ours) for one in seen.cells])
                different = np.argwhere(expected != answer[kind])
                assert not len(different), f"{name}: {kind} differ first at view, row, column {different[0]}"
            assert np.array_equal(np.stack([one.polygon for one in seen.cells]).ravel(), answer["polygons"]), name
        outlines, as_one, joined = seen.reunion
        if outlines and len(seen.field[1].pieces) == len(outlines):
            points, lengths = chained(outlines)
            more, more_lengths = chained(as_one)
            answer = java(
                "segmentation.nuclei",
                **field,
                outlines=points,
                lengths=lengths,
                as_one=more,
                as_one_lengths=more_lengths,
            )
            assert answer["left"] == 0, name
            assert answer["boxes"].tolist() == [list(one.box) for one in seen.field[1].with_pieces(joined).pieces], name
        return len(seen.cells)

    return run


def chained(outlines):
    """Points of outlines one after the other, and how many each has."""
    return np.concatenate([np.zeros((0, 2)), *outlines]), np.array([len(points) for points in outlines], np.int32)


def stacked(views):
    if not views:
        return {}
    density, _, own, others, um_per_px, _ = zip(*views, strict=True)
    return {
        "views": np.stack(density).astype(np.int32),
        "own": np.stack(own),
        "others": np.stack(others),
        "view_um_per_px": um_per_px[0],
    }


def same(name, found, density, answer):
    for kind, ours in (
        ("scores", found.surroundings.score(density)),
        ("stained", found.stained),
        ("labels", found.labels),
    ):
        different = np.argwhere(ours != answer[kind])
        assert not len(different), f"{name}: {kind} differ first at row, column {different[0]}"
    assert answer["boxes"].tolist() == [list(piece.box) for piece in found.pieces], name
    assert answer["platelets"].tolist() == [list(box) for box in found.platelets], name


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_rendered_smears(compare, preset):
    found = 0
    for seed, um_per_px in ((1, None), (2, 0.07), (3, 0.2)):
        field = presets.draw(preset, seed).render(seed)
        found += compare(field.pixels, f"{preset} {seed}", um_per_px)
    assert found


@pytest.mark.parametrize(
    ("pattern", "step", "um_per_px"),
    [
        ("pbc/*/*.jpg", 500, 0.1),
        ("raabin_dev/**/*.png", 30, None),
        ("bccd/images/*", 40, None),
        ("phone_leukemia/*.jpg", 8, None),
        ("lld_dev/images/*", 3, None),
        ("bone_marrow/*/*.jpg", 400, 0.09),
    ],
)
def test_real_photographs(compare, shared_data, pattern, step, um_per_px):
    files = sorted(shared_data.glob(pattern))[::step]
    assert sum(compare(read(file).pixels, file.name, um_per_px) for file in files)


def crowd(random, count, size=300):
    """Densities of discs of chromatin that touch, on glass and on something with the colour of cytoplasm."""
    y, x = np.mgrid[:size, :size]
    density = np.zeros((size, size, 3), np.int32)
    density[cv2.GaussianBlur(random.standard_normal((size, size)), (0, 0), 9) > 0] = 150, 220, 90
    for _ in range(count):
        column, row = random.integers(20, size - 20, 2)
        radius = random.integers(3, 14)
        density[(x - column) ** 2 + (y - row) ** 2 < radius * radius] = 700, 1100, 300
    return np.maximum(density + random.integers(-40, 41, density.shape), 0).astype(np.int16)


@pytest.fixture
def compare_nuclei(java, bundle, repository):
    """Find nuclei by optical density in both languages."""
    sections = ("nuclei", nuclei.Parameters), ("lobes", lobes.Parameters), ("surroundings", surroundings.Parameters)
    parameters = [bundle.section(name, kind) for name, kind in sections]

    def run(density, inside, name):
        chromatin = np.maximum(density[..., 1] - np.minimum(density[..., 2], 600), 0).astype(np.int16)
        found = nuclei.find(density, chromatin, inside, 0.4, *parameters)
        field = {"density": density.astype(np.int32), "inside": inside, "um_per_px": 0.4}
        answer = java("segmentation.nuclei", **field, bundle=str(repository / "models" / "lowcost-1"))
        same(name, found, density, answer)
        return found.count

    return run


@pytest.mark.parametrize("count", [3, 25, 60, 120, 400])
def test_crowds(compare_nuclei, count):
    found = 0
    for seed in range(4):
        density = crowd(np.random.default_rng(1000 * count + seed), count)
        inside = np.ones(density.shape[:2], bool)
        inside[: 40 * seed] = False
        found += compare_nuclei(density, inside, f"{count} discs, seed {seed}")
    assert found


@pytest.mark.parametrize("shape", [(1, 1), (2, 60), (40, 50)])
def test_uniform_fields(compare_nuclei, shape):
    for value in (0, 100, 1500, 4000):
        for inside in (np.zeros(shape, bool), np.ones(shape, bool)):
            compare_nuclei(np.full((*shape, 3), value, np.int16), inside, f"{shape}, density {value}")
