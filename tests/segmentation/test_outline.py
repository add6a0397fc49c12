"""The outline is the best closed curve, and follows the edge of drawn cells."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from lowcost.segmentation import nuclear_edge, surroundings
from lowcost.segmentation.nuclear_edge import NuclearEdge
from lowcost.segmentation.outline import Outlined, Parameters, best_closed_curves, gather, outline
from tests.segmentation.drawn import (
    CHROMATIN,
    CYTOPLASM,
    RED_CELL,
    SIZE,
    UM_PER_PX,
    VIEWS,
    Mask,
    View,
    dice,
    disc,
    noisy,
)

Outliner = Callable[[NDArray[np.int16], Mask, Mask], Outlined]


# ---------------------------------------------------------------- the curve


def worth(gain: NDArray[np.int32], radii: NDArray[np.int64], slope_cost: int) -> int:
    """Gain of a closed curve less the cost of its slopes."""
    steps = np.abs(np.diff(np.append(radii, radii[0])))
    return int(gain[np.arange(len(radii)), radii].sum() - slope_cost * steps.sum())


def best_closed_curve(gain: NDArray[np.int32], slope_cost: int, largest_slope: int) -> NDArray[np.int64]:
    curve: NDArray[np.int64] = best_closed_curves(gain[None], slope_cost, largest_slope)[0]
    return curve


def is_closed(radii: NDArray[np.int64], largest_slope: int) -> bool:
    return bool(np.abs(np.diff(np.append(radii, radii[0]))).max() <= largest_slope)


@given(
    gain=arrays.arrays(np.int32, st.tuples(st.integers(2, 5), st.integers(1, 5)), elements=st.integers(-40, 40)),
    slope_cost=st.integers(0, 20),
    largest_slope=st.integers(1, 3),
)
def test_no_other_curve_from_the_same_start_is_better(
    gain: NDArray[np.int32], slope_cost: int, largest_slope: int
) -> None:
    radii = best_closed_curve(gain, slope_cost, largest_slope)
    angles, count = gain.shape
    assert radii.shape == (angles,)
    assert is_closed(radii, largest_slope)
    curves = (np.array(curve) for curve in itertools.product(range(count), repeat=angles) if curve[0] == radii[0])
    best = max(worth(gain, curve, slope_cost) for curve in curves if is_closed(curve, largest_slope))
    assert worth(gain, radii, slope_cost) == best


@pytest.mark.parametrize("seed", range(10))
def test_a_clear_edge_is_found_wherever_it_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = 2 * np.pi * np.arange(64) / 64
    edge = np.rint(25 + rng.uniform(0, 8) * np.cos(turn + rng.uniform(0, 6)) + 3 * np.cos(2 * turn)).astype(int)
    gain = rng.integers(-5, 5, (64, 60)).astype(np.int32)
    gain[np.arange(64), edge] = 200
    np.testing.assert_array_equal(best_closed_curve(gain, 8, 2), edge)


def test_the_slope_is_limited_and_the_curve_closed_also_in_noise() -> None:
    rng = np.random.default_rng(1)
    for largest_slope in (1, 2, 4):
        gain = rng.integers(-300, 300, (64, 112)).astype(np.int32)
        assert is_closed(best_closed_curve(gain, 8, largest_slope), largest_slope)


def test_forbidden_radii_are_entered_only_where_there_is_no_way_around() -> None:
    rng = np.random.default_rng(2)
    gain = rng.integers(-50, 50, (16, 30)).astype(np.int32)
    least = 12 + np.abs(np.arange(16) - 8)
    gain[np.arange(30) < least[:, None]] = -(1 << 28)
    assert (best_closed_curve(gain, 8, 2) >= least).all()
    steep = np.where(np.arange(16) % 2 == 0, 0, 25)
    gain[:] = -(1 << 28)
    gain[np.arange(16), steep] = 10
    radii = best_closed_curve(gain, 8, 2)
    assert is_closed(radii, 2)
    assert radii.min() >= 0
    assert radii.max() < 30


def test_a_turned_picture_gives_the_turned_curve() -> None:
    turn = 2 * np.pi * np.arange(32) / 32
    edge = np.rint(14 + 5 * np.cos(turn)).astype(int)
    gain = np.zeros((32, 30), np.int32)
    gain[np.arange(32), edge] = 100
    np.testing.assert_array_equal(best_closed_curve(np.roll(gain, 7, axis=0), 8, 2), np.roll(edge, 7))


def test_each_cell_has_the_curve_that_it_has_alone() -> None:
    gain = np.random.default_rng(5).integers(-50, 50, (7, 24, 20)).astype(np.int32)
    for alone, together in zip(gain, best_closed_curves(gain, 8, 2), strict=True):
        np.testing.assert_array_equal(best_closed_curve(alone, 8, 2), together)


# ---------------------------------------------------------------- drawn cells


@pytest.fixture(scope="module")
def around(surroundings_parameters: surroundings.Parameters) -> surroundings.Surroundings:
    """The colours of a field of red cells."""
    rng = np.random.default_rng(0)
    density = np.zeros((400, 400, 3), np.int16)
    for _ in range(60):
        density[disc(*rng.uniform(-75, 75, 2), 3.6, 400, 0.4)] = RED_CELL
    inside = np.ones((400, 400), bool)
    return surroundings.measure(noisy(density, 1), ~inside, inside, 0.4, surroundings_parameters)


@pytest.fixture
def outlined(
    around: surroundings.Surroundings,
    nuclear_edge_parameters: nuclear_edge.Parameters,
    outline_parameters: Parameters,
) -> Outliner:
    """Outlines the cell of a view from its density, its nucleus and those of its neighbours."""

    def one(density: NDArray[np.int16], own: Mask, others: Mask) -> Outlined:
        chromatin = np.maximum(density[..., 1] - density[..., 2], 0)
        edge = NuclearEdge.around(density, chromatin, own, others, UM_PER_PX, nuclear_edge_parameters)
        return outline([gather(density, edge, others, around, UM_PER_PX, outline_parameters)], outline_parameters)[0]

    return one


@pytest.mark.parametrize("name", VIEWS)
def test_drawn_cells_are_outlined(name: str, outlined: Outliner) -> None:
    view = VIEWS[name]
    found = outlined(view.density, view.nucleus, view.others)
    assert dice(found.nucleus, view.nucleus) > 0.97
    # The curve moves in steps of 0.25 um, which a small cell and the narrow gaps to red cells feel most.
    assert dice(found.cell, view.cell) > (0.92 if name in ("small", "among red cells") else 0.95)
    assert not (found.nucleus & ~found.cell).any()
    assert not (found.cell & view.others).any()


@pytest.mark.parametrize("name", VIEWS)
def test_the_polygon_is_the_outline_of_the_cell(name: str, outlined: Outliner, outline_parameters: Parameters) -> None:
    view = VIEWS[name]
    found = outlined(view.density, view.nucleus, view.others)
    assert found.polygon.shape == (outline_parameters.angles, 2)
    x, y = found.polygon.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert found.cell.sum() == pytest.approx(area, rel=0.02)
    # Neighbouring radii differ by a limited number of steps of two px, also where the curve closes.
    centre = found.polygon.mean(axis=0)
    radii = np.hypot(*(found.polygon - centre).T)
    assert np.abs(np.diff(np.append(radii, radii[0]))).max() < 4 * outline_parameters.largest_slope


def test_a_mirrored_view_gives_the_mirrored_cell(outlined: Outliner) -> None:
    view = VIEWS["its nucleus at one side"]
    found = outlined(view.density, view.nucleus, view.others)
    flipped = outlined(view.density[:, ::-1], view.nucleus[:, ::-1], view.others[:, ::-1])
    assert dice(flipped.cell[:, ::-1], found.cell) > 0.98


def test_distance_is_counted_from_the_nucleus_and_not_from_the_edge_of_the_view(outlined: Outliner) -> None:
    """Far from the nucleus everything looks like cytoplasm here; the outline still stays near the nucleus."""
    density = np.zeros((SIZE, SIZE, 3), np.int16)
    density[:] = CYTOPLASM
    nucleus = disc(0, 0, 3.0)
    density[nucleus] = CHROMATIN
    nobody = np.zeros_like(nucleus)
    found = outlined(density, nucleus, nobody)
    reach = np.hypot(*(found.polygon - SIZE / 2).T) * UM_PER_PX
    assert reach.max() - reach.min() < 1.0
    assert 4.0 < reach.mean() < 12.0


def test_a_nucleus_at_the_edge_of_the_view_is_outlined_too(outlined: Outliner) -> None:
    view = View((-13.0, 13.0, 6.0), (-13.0, 13.0, 4.0), [], [])
    found = outlined(view.density, view.nucleus, view.others)
    assert dice(found.cell, view.cell) > 0.9
    assert dice(found.nucleus, view.nucleus) > 0.95


@pytest.mark.parametrize("colour", [RED_CELL, (90, 200, 150), (50, 90, 60)])
def test_cytoplasm_of_the_red_cells_colour_or_nearly_without_any_belongs_to_the_cell(
    colour: tuple[int, int, int], outlined: Outliner
) -> None:
    view = View((0, 0, 6.5), (1.0, 0, 3.8), [(11.5, 0, 3.6), (-8, 8, 3.6)], [])
    view.density[view.cell & ~view.nucleus] = colour
    view.density = noisy(view.density, 3)
    found = outlined(view.density, view.nucleus, view.others)
    assert dice(found.cell, view.cell) > 0.93
    assert dice(found.nucleus, view.nucleus) > 0.97
