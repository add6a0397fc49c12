"""Colours that are common far from nuclei speak against cytoplasm, and rare ones for it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from lowcost.segmentation.surroundings import Parameters, measure

UM_PER_PX = 0.4
GLASS, RED_CELL, PLASMA, CYTOPLASM, CHROMATIN = (
    (0, 0, 0), (90, 240, 160), (10, 20, 10), (230, 260, 60), (500, 900, 150),
)  # fmt: skip


def field() -> tuple[NDArray[np.int16], NDArray[np.bool_], NDArray[np.bool_]]:
    """Glass, red cells, a stain in a corner, and one leukocyte: its densities, its nucleus, and the field."""
    y, x = np.mgrid[:200, :240]
    density = np.zeros((200, 240, 3), np.int16)
    density[:] = GLASS
    density[(x // 12 + y // 12) % 3 == 0] = RED_CELL
    density[190:, 200:220] = PLASMA
    distance = np.hypot(x - 120, y - 100)
    density[distance < 18] = CYTOPLASM
    nucleus = distance < 11
    density[nucleus] = CHROMATIN
    return density, nucleus, np.ones(nucleus.shape, bool)


def scores(parameters: Parameters, *colours: tuple[int, int, int]) -> list[int]:
    density, nucleus, inside = field()
    table = measure(density, nucleus, inside, UM_PER_PX, parameters)
    return [int(value) for value in table.score(np.array([colours], np.int16))[0]]


def test_the_rarer_a_colour_the_more_it_speaks_for_cytoplasm(surroundings_parameters: Parameters) -> None:
    glass, red_cell, plasma, cytoplasm = scores(surroundings_parameters, GLASS, RED_CELL, PLASMA, CYTOPLASM)
    assert glass < 0
    assert red_cell < 0
    assert glass <= plasma <= cytoplasm
    assert red_cell <= plasma
    assert cytoplasm == max(surroundings_parameters.scores)


def test_what_lies_near_a_nucleus_is_not_counted(surroundings_parameters: Parameters) -> None:
    density, nucleus, inside = field()
    before = measure(density, nucleus, inside, UM_PER_PX, surroundings_parameters)
    near = np.hypot(*(np.mgrid[:200, :240] - np.array([100, 120])[:, None, None])) < 11 + 1.4 / UM_PER_PX
    density[near] = (700, 700, 700)
    after = measure(density, nucleus, inside, UM_PER_PX, surroundings_parameters)
    np.testing.assert_array_equal(before.table, after.table)


def test_what_lies_outside_the_round_field_is_not_counted(surroundings_parameters: Parameters) -> None:
    density, nucleus, inside = field()
    inside[:, 200:] = False
    before = measure(density, nucleus, inside, UM_PER_PX, surroundings_parameters)
    density[:, 200:] = (2380, 2380, 2380)
    after = measure(density, nucleus, inside, UM_PER_PX, surroundings_parameters)
    np.testing.assert_array_equal(before.table, after.table)


def test_neighbouring_colours_count_too(surroundings_parameters: Parameters) -> None:
    """A camera's noise moves a colour by a bin."""
    edges = surroundings_parameters.density_edges
    number = int(np.searchsorted(edges, RED_CELL[1], side="right"))
    (beside,) = scores(surroundings_parameters, (RED_CELL[0], edges[number], RED_CELL[2] + edges[number] - RED_CELL[1]))
    assert beside < max(surroundings_parameters.scores)


@pytest.mark.parametrize("value", [0, 1, 1000, 2380, 4095])
def test_every_density_has_a_score(value: int, surroundings_parameters: Parameters) -> None:
    (score,) = scores(surroundings_parameters, (value, value, value))
    assert min(surroundings_parameters.scores) <= score <= max(surroundings_parameters.scores)


def test_a_crowded_field_uses_what_little_there_is(surroundings_parameters: Parameters) -> None:
    density, nucleus, inside = field()
    crowded = np.ones_like(nucleus)
    crowded[:, :9] = False
    table = measure(density, crowded, inside, UM_PER_PX, surroundings_parameters)
    glass, cytoplasm = table.score(np.array([[GLASS, CYTOPLASM]], np.int16))[0]
    assert glass < cytoplasm


def test_a_field_without_surroundings_excludes_no_colour(surroundings_parameters: Parameters) -> None:
    density, nucleus, inside = field()
    table = measure(density, np.ones_like(nucleus), inside, UM_PER_PX, surroundings_parameters)
    assert (table.table == max(surroundings_parameters.scores)).all()


def test_the_evidence_is_in_step_with_the_rarity(surroundings_parameters: Parameters) -> None:
    assert len(surroundings_parameters.scores) == len(surroundings_parameters.rarity) + 1
    assert list(surroundings_parameters.rarity) == sorted(set(surroundings_parameters.rarity))
    assert list(surroundings_parameters.scores) == sorted(surroundings_parameters.scores, reverse=True)
    assert surroundings_parameters.density_edges[0] == 0


def test_a_sample_of_px_tells_what_all_of_them_tell(surroundings_parameters: Parameters) -> None:
    density, nucleus, inside = field()
    few = dataclasses.replace(surroundings_parameters, most_pixels=9000)
    all_px = measure(density, nucleus, inside, UM_PER_PX, surroundings_parameters)
    sampled = measure(density, nucleus, inside, UM_PER_PX, few)
    colours = np.array([[GLASS, RED_CELL, CYTOPLASM]], np.int16)
    assert np.abs(all_px.score(colours) - sampled.score(colours)).max() <= 12
