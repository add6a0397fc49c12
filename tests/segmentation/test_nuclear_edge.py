"""The edge of a nucleus is found whatever surrounds it, however dark it is, and whatever granules lie beside it."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lowcost.segmentation.nuclear_edge import NuclearEdge, Parameters
from tests.segmentation.drawn import SIZE, UM_PER_PX, VIEWS, Mask, View, dice, disc


def sought(
    chromatin: NDArray[np.int16], own: Mask, others: Mask, parameters: Parameters, red: NDArray[np.int16] | int = 0
) -> NuclearEdge:
    """Where the edge is sought in a view of these densities."""
    density = np.zeros((*chromatin.shape, 3), np.int16)
    density[..., 0] = red
    return NuclearEdge.around(density, chromatin, own, others, UM_PER_PX, parameters)


@pytest.mark.parametrize("radius", [3.4, 4.0, 4.6])
def test_the_edge_of_a_nucleus_does_not_depend_on_the_first_guess(
    radius: float, nuclear_edge_parameters: Parameters
) -> None:
    view = VIEWS["in the middle"]
    guess = disc(0, 0, radius)
    found = sought(view.chromatin, guess, view.others, nuclear_edge_parameters).guess()
    assert dice(found, view.nucleus) > 0.97


def test_a_neighbouring_nucleus_is_left_to_its_own_cell(nuclear_edge_parameters: Parameters) -> None:
    view = View((0, 0, 6.0), (0, 0, 3.5), [], [((7.2, 0, 5.0), (7.2, 0, 3.5))])
    found = sought(view.chromatin, view.nucleus, view.others, nuclear_edge_parameters).guess()
    assert dice(found, view.nucleus) > 0.95
    assert (found & view.others).sum() < 0.01 * view.nucleus.sum()


def test_specks_and_pinholes_are_not_part_of_a_nucleus(nuclear_edge_parameters: Parameters) -> None:
    view = View((0, 0, 6.5), (0, 0, 4.0), [], [])
    view.chromatin[disc(1, 1, 0.3)] = 0
    view.chromatin[disc(4.7, 0, 0.2)] = 900
    found = sought(view.chromatin, view.nucleus, view.others, nuclear_edge_parameters).guess()
    assert found[disc(1, 1, 0.3)].all()
    assert not found[disc(4.7, 0, 0.1)].any()


def test_a_nucleus_without_an_edge_stays_as_first_found(nuclear_edge_parameters: Parameters) -> None:
    everywhere = np.ones((SIZE, SIZE), bool)
    dark = np.full((SIZE, SIZE), 700, np.int16)
    found = sought(dark, everywhere, ~everywhere, nuclear_edge_parameters).guess()
    np.testing.assert_array_equal(found, everywhere)
    guess = disc(0, 0, 3)
    found = sought(dark, guess, ~everywhere, nuclear_edge_parameters).guess()
    assert (found & guess).any()


@pytest.mark.parametrize("cytoplasm", [40, 150, 300])
def test_within_a_cell_the_nuclear_edge_follows_the_density_of_its_own_cytoplasm(
    cytoplasm: int, nuclear_edge_parameters: Parameters
) -> None:
    """A blurred edge, and glass so near that the ring around the nucleus shows it instead of cytoplasm."""
    away = np.hypot(*((np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) * UM_PER_PX))
    cell, nucleus = disc(0, 0, 4.8), disc(0, 0, 4.0)
    chromatin = np.where(cell, cytoplasm + (700 - cytoplasm) * np.clip((4.4 - away) / 0.8, 0, 1), 0).astype(np.int16)
    edge = sought(chromatin, nucleus, np.zeros_like(cell), nuclear_edge_parameters)
    assert dice(edge.within(cell), nucleus) > 0.96
    if cytoplasm >= 300:
        assert dice(edge.within(cell), nucleus) > dice(edge.guess(), nucleus) + 0.01


def test_a_cell_that_is_nucleus_throughout_keeps_it_whole(nuclear_edge_parameters: Parameters) -> None:
    """Otsu's classes are then two shades of chromatin."""
    cell = disc(0, 0, 4.0)
    chromatin = np.where(cell, 500, 0).astype(np.int16)
    chromatin[cell & (np.indices(cell.shape).sum(axis=0) % 40 < 20)] = 800
    edge = sought(chromatin, cell, np.zeros_like(cell), nuclear_edge_parameters)
    assert dice(edge.within(cell), cell) > 0.97


def test_uneven_chromatin_makes_no_holes_in_a_cell_that_is_nucleus_throughout(
    nuclear_edge_parameters: Parameters,
) -> None:
    """A blast's open chromatin: one bell-shaped class of densities, some of them as light as cytoplasm."""
    cell = disc(0, 0, 5.0)
    blotches = cv2.GaussianBlur(np.random.default_rng(5).normal(0, 1, cell.shape), (0, 0), 5)
    chromatin = np.where(cell, np.clip(500 + 130 * blotches / blotches.std(), 0, None), 0).astype(np.int16)
    nobody = np.zeros_like(cell)
    assert dice(sought(chromatin, cell, nobody, nuclear_edge_parameters).within(cell), cell) > 0.98
    credulous = dataclasses.replace(nuclear_edge_parameters, explained_percent=0)
    assert dice(sought(chromatin, cell, nobody, credulous).within(cell), cell) < 0.96


def test_a_view_without_chromatin_keeps_its_nucleus(nuclear_edge_parameters: Parameters) -> None:
    guess = disc(0, 0, 3)
    edge = sought(np.zeros((SIZE, SIZE), np.int16), guess, np.zeros_like(guess), nuclear_edge_parameters)
    np.testing.assert_array_equal(edge.within(guess), guess)


def test_how_black_a_nucleus_is_does_not_move_its_edge(nuclear_edge_parameters: Parameters) -> None:
    """A lens blurs light, not density: of a nucleus that lets none pass, most of the slope lies inside its edge."""
    away = np.hypot(*((np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) * UM_PER_PX))
    cell, nucleus = disc(0, 0, 6.0), disc(0, 0, 4.0)
    share = np.clip((4.4 - away) / 0.8, 0, 1)
    for density in (700, 1200, 2300):
        light = share * 10 ** (-density / 1000) + (1 - share) * 10**-0.1
        chromatin = np.where(cell, -1000 * np.log10(light), 0).astype(np.int16)
        edge = sought(chromatin, disc(0, 0, 3.6), np.zeros_like(cell), nuclear_edge_parameters)
        assert dice(edge.within(cell), nucleus) > 0.96


def granular(seed: int) -> tuple[Mask, Mask, NDArray[np.int16], NDArray[np.int16]]:
    """Cell, nucleus, chromatin and red density of an eosinophil, whose granules absorb green as its nucleus does."""
    rng = np.random.default_rng(seed)
    cell, nucleus = disc(0, 0, 6.5), disc(2.0, 0, 3.5)
    granules = np.zeros_like(cell)
    for x, y in rng.uniform(-6, 6, (260, 2)):
        granules |= disc(x, y, 0.4)
    chromatin = np.where(nucleus, 520, np.where(cell & granules, 430, np.where(cell, 200, 0)))
    red = np.where(nucleus, 450, np.where(cell, 140, 20))
    noise = rng.normal(0, 30, (2, SIZE, SIZE))
    return cell, nucleus, np.maximum(chromatin + noise[0], 0).astype(np.int16), (red + noise[1]).astype(np.int16)


@pytest.mark.parametrize("seed", range(3))
def test_granules_that_let_red_light_pass_are_not_part_of_the_nucleus(
    seed: int, nuclear_edge_parameters: Parameters
) -> None:
    cell, nucleus, chromatin, red = granular(seed)
    first = disc(0, 0, 6.0)  # the granules were taken for chromatin
    nobody = np.zeros_like(cell)
    edge = sought(chromatin, first, nobody, nuclear_edge_parameters, red)
    assert dice(edge.within(cell), nucleus) > 0.97
    assert dice(sought(chromatin, first, nobody, nuclear_edge_parameters).within(cell), nucleus) < 0.9


def test_red_density_that_parts_no_classes_leaves_the_edge_to_chromatin(nuclear_edge_parameters: Parameters) -> None:
    """A cell that is nucleus throughout, its red density blotched like that of a smudged blast."""
    cell = disc(0, 0, 4.0)
    rng = np.random.default_rng(3)
    blotches = cv2.GaussianBlur(rng.normal(0, 1, cell.shape), (0, 0), 3)
    chromatin = np.where(cell, np.maximum(500 + rng.laplace(0, 40, cell.shape), 0), 0).astype(np.int16)
    red = np.where(cell, np.maximum(300 + 60 * blotches / blotches.std(), 0), 0).astype(np.int16)
    nobody = np.zeros_like(cell)
    assert dice(sought(chromatin, cell, nobody, nuclear_edge_parameters, red).within(cell), cell) > 0.97
    credulous = dataclasses.replace(nuclear_edge_parameters, explained_percent=0, red_explained_percent=0)
    assert dice(sought(chromatin, cell, nobody, credulous, red).within(cell), cell) < 0.9
