"""Nuclei stand out from red cells in every look, are counted once each and numbered in reading order."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from lowcost import stain
from lowcost.bundle import Bundle
from lowcost.image import illumination, resample
from lowcost.segmentation import lobes, nuclei, surroundings
from lowcost.segmentation.nuclei import Nuclei, chromatin_threshold
from lowcost.synth import RenderedField
from tests import fields

UM_PER_PX = 0.4
Densities = tuple[NDArray[np.int16], NDArray[np.int16]]


class Finder:
    """Nuclei of a rendered field whose scale is known, without the rest of the road."""

    def __init__(self, bundle: Bundle) -> None:
        self.light = bundle.section("illumination", illumination.Parameters)
        self.stain = bundle.section("stain", stain.Parameters)
        self.nuclei = bundle.section("nuclei", nuclei.Parameters)
        self.lobes = bundle.section("lobes", lobes.Parameters)
        self.surroundings = bundle.section("surroundings", surroundings.Parameters)

    def densities(self, field: RenderedField) -> Densities:
        pixels = illumination.measure(field.pixels, self.light).balance(field.pixels)
        step_x, step_y = (UM_PER_PX / step for step in field.um_per_px)
        size = int(pixels.shape[1] / step_x), int(pixels.shape[0] / step_y)
        density = stain.optical_density(resample.sample(pixels, 0, 0, step_x, step_y, *size, 240), self.stain)
        return density, stain.chromatin_density(density, self.stain.blue_limit)

    def find(self, densities: Densities, inside: NDArray[np.bool_] | None = None) -> Nuclei:
        density, chromatin = densities
        inside = np.ones(chromatin.shape, bool) if inside is None else inside
        return nuclei.find(density, chromatin, inside, UM_PER_PX, self.nuclei, self.lobes, self.surroundings)


@cache
def finder() -> Finder:
    return Finder(Bundle.load())


def truth(field: RenderedField) -> list[NDArray[np.bool_]]:
    """The nucleus of each leukocyte on the detection image's grid."""
    step_x, step_y = (UM_PER_PX / step for step in field.um_per_px)
    height, width = field.instances.shape
    rows = ((np.arange(int(height / step_y)) + 0.5) * step_y).astype(int)
    columns = ((np.arange(int(width / step_x)) + 0.5) * step_x).astype(int)
    ids, nucleus = field.instances[rows][:, columns], field.nucleus[rows][:, columns]
    return [nucleus & (ids == item.id) for item in field.leukocytes]


@pytest.mark.parametrize(("name", "seed"), fields.CLEAN)
def test_every_nucleus_is_found_once_and_nothing_else(name: str, seed: int) -> None:
    field = fields.preset(name, seed)
    found = finder().find(finder().densities(field))
    masks = truth(field)
    assert found.count == len(masks)
    for mask in masks:
        share = np.bincount(found.labels[mask], minlength=found.count + 1)[1:] / mask.sum()
        assert share.max() > 0.75
        number = int(share.argmax()) + 1
        assert (found.labels[mask] == number).sum() > 0.8 * ((found.labels == number) & ~mask).sum()


def test_touching_nuclei_of_a_crowd_are_counted_one_by_one() -> None:
    field = fields.preset("leukemia", 4)
    found = finder().find(finder().densities(field))
    masks = truth(field)
    numbers = {int(np.bincount(found.labels[mask]).argmax()) for mask in masks}
    assert 0 not in numbers
    assert len(numbers) == len(masks)


@pytest.mark.parametrize(("name", "seed"), [("clinic", 3), ("leukemia", 4)])
def test_numbers_pieces_and_labels_agree_and_are_in_reading_order(name: str, seed: int) -> None:
    found = finder().find(finder().densities(fields.preset(name, seed)))
    boxes = [piece.box for piece in found.pieces]
    assert boxes == sorted(boxes, key=lambda box: (box[1], box[0], box[3], box[2]))
    assert found.count == len(boxes) == found.labels.max()
    for number, piece in enumerate(found.pieces, start=1):
        labelled = np.zeros(found.labels.shape, bool)
        labelled[piece.window] = piece.mask
        np.testing.assert_array_equal(found.labels == number, labelled)
    assert found.stained[found.labels > 0].mean() > 0.98


def test_the_same_field_gives_the_same_labels() -> None:
    densities = finder().densities(fields.preset("clinic", 3))
    first, second = finder().find(densities), finder().find(densities)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.platelets == second.platelets


@pytest.mark.parametrize("turn", ["mirrored", "upside down", "turned"])
def test_a_turned_field_has_the_turned_nuclei(turn: str) -> None:
    density, chromatin = finder().densities(fields.preset("clinic", 3))
    found = finder().find((density, chromatin))
    turned = {
        "mirrored": lambda image: image[:, ::-1],
        "upside down": lambda image: image[::-1],
        "turned": lambda image: np.rot90(image),
    }[turn]
    other = finder().find((np.ascontiguousarray(turned(density)), np.ascontiguousarray(turned(chromatin))))
    assert other.count == found.count
    assert ((other.labels > 0) != (turned(found.labels) > 0)).mean() < 0.001


def test_nothing_is_found_outside_the_round_field() -> None:
    densities = finder().densities(fields.preset("clinic", 3))
    inside = np.zeros(densities[1].shape, bool)
    inside[:, : inside.shape[1] // 2] = True
    found = finder().find(densities, inside)
    assert 0 < found.count < len(fields.preset("clinic", 3).leukocytes)
    assert not found.labels[~inside].any()


def test_a_field_of_red_cells_alone_has_no_nucleus() -> None:
    field = fields.preset("analyser", 3)
    density, chromatin = finder().densities(field)
    masks = truth(field)
    left = min(np.flatnonzero(mask.any(axis=0))[0] for mask in masks)
    right = max(np.flatnonzero(mask.any(axis=0))[-1] for mask in masks)
    side = np.s_[:, right + 8 :] if density.shape[1] - right > left else np.s_[:, : left - 8]
    found = finder().find((density[side], chromatin[side]))
    assert found.count == 0


def test_an_empty_field_has_nothing() -> None:
    density = np.zeros((60, 80, 3), np.int16)
    found = finder().find((density, density[..., 0]))
    assert found.count == 0
    assert found.platelets == []
    assert not found.labels.any()


def test_small_specks_of_chromatin_are_platelets() -> None:
    density, chromatin = (each.copy() for each in finder().densities(fields.preset("analyser", 3)))
    before = finder().find((density, chromatin))
    empty = np.flatnonzero((density[20:26].max(axis=(0, 2)) < 40)[6:-6]) + 6
    x = int(empty[len(empty) // 2])
    density[21:26, x - 2 : x + 3] = (500, 800, 150)
    found = finder().find((density, np.maximum(density[..., 1] - density[..., 2], 0).astype(np.int16)))
    assert found.count == before.count
    assert any(x0 <= x < x1 and y0 <= 23 < y1 for x0, y0, x1, y1 in found.platelets)


@pytest.mark.parametrize(("top", "is_nucleus"), [(20, False), (0, True)])
def test_of_a_nucleus_at_the_edge_less_has_to_show(top: int, is_nucleus: bool) -> None:
    density, chromatin = (each.copy() for each in finder().densities(fields.preset("analyser", 3)))
    before = finder().find((density, chromatin))
    empty = np.flatnonzero((density[:36].max(axis=(0, 2)) < 40)[8:-8]) + 8
    x = int(empty[len(empty) // 2])
    density[top : top + 9, x - 4 : x + 4] = (500, 800, 150)  # 11 um2
    found = finder().find((density, np.maximum(density[..., 1] - density[..., 2], 0).astype(np.int16)))
    assert found.count == before.count + is_nucleus
    assert len(found.platelets) == len(before.platelets) + (not is_nucleus)


@pytest.mark.parametrize(("name", "seed"), fields.CLEAN)
def test_the_threshold_parts_nuclei_from_red_cells(name: str, seed: int) -> None:
    field = fields.preset(name, seed)
    density, chromatin = finder().densities(field)
    threshold, least = chromatin_threshold(density, chromatin, np.ones(chromatin.shape, bool), finder().nuclei)
    assert finder().nuclei.least_density <= least <= threshold
    masks = truth(field)
    nucleus = np.any(masks, axis=0)
    assert np.median(chromatin[nucleus]) > threshold
    assert np.percentile(chromatin[~nucleus], 95) < threshold


@pytest.mark.parametrize("nuclei", [0, 200, 2000, 20_000])
def test_rims_and_bodies_of_red_cells_are_no_classes(nuclei: int) -> None:
    """Many rims halve the mean of the lower class: the bodies must not pass for nuclei where those are rare."""
    random = np.random.default_rng(4)
    rims, bodies, chromatin = (
        random.normal(70, 12, 90_000),
        random.normal(165, 25, 310_000),
        random.normal(550, 60, nuclei),
    )
    values = np.concatenate([rims, bodies, chromatin]).astype(np.int16)[None]
    density = np.repeat(values[..., None] + 100, 3, axis=2)
    density[..., 2] = np.where(np.arange(values.size) < 400_000, 100, 60)
    threshold, _ = chromatin_threshold(density, values, np.ones(values.shape, bool), finder().nuclei)
    assert np.mean(values[0, :400_000] > threshold) < 0.002
    assert nuclei == 0 or np.mean(values[0, 400_000:] > threshold) > 0.99


@pytest.mark.parametrize("nuclei", [120_000, 200_000, 400_000])
def test_pale_nuclei_are_whole_where_nuclei_are_much_of_the_picture(nuclei: int) -> None:
    """The middle between the classes of a leukemic picture lies among its pale nuclei."""
    random = np.random.default_rng(5)
    red_cells, pale, dark = (
        random.normal(50, 25, 200_000),
        random.normal(330, 60, nuclei // 2),
        random.normal(650, 130, nuclei // 2),
    )
    values = np.concatenate([red_cells, pale, dark]).astype(np.int16)[None]
    density = np.repeat(values[..., None] + 100, 3, axis=2)
    density[..., 2] = np.where(np.arange(values.size) < 200_000, 100, 60)
    threshold, _ = chromatin_threshold(density, values, np.ones(values.shape, bool), finder().nuclei)
    assert np.mean(values[0, :200_000] > threshold) < 0.01
    assert np.mean(values[0, 200_000:] > threshold) > 0.97


def test_a_stronger_stain_moves_the_threshold_with_it() -> None:
    density, chromatin = finder().densities(fields.preset("analyser", 3))
    inside = np.ones(chromatin.shape, bool)
    limits = dataclasses.replace(finder().nuclei, density_limit=4000)
    weak, _ = chromatin_threshold(density, chromatin, inside, limits)
    strong, _ = chromatin_threshold(density * 3 // 2, chromatin * 3 // 2, inside, limits)
    assert strong == pytest.approx(1.5 * weak, rel=0.15)


def test_changed_pieces_are_numbered_anew() -> None:
    found = finder().find(finder().densities(fields.preset("clinic", 3)))
    fewer = found.with_pieces(found.pieces[:0:-1])
    assert fewer.pieces == found.pieces[1:]
    np.testing.assert_array_equal(fewer.labels, np.maximum(found.labels - 1, 0))
    assert fewer.platelets == found.platelets
