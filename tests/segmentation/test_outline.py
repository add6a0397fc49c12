"""The outline is the best closed curve, and follows the edge of drawn cells."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from lowcost.segmentation import surroundings
from lowcost.segmentation.outline import NuclearEdge, Outlined, Parameters, best_closed_curves, gather, outline

Mask = NDArray[np.bool_]
Disc = tuple[float, float, float]

UM_PER_PX = 0.125
SIZE = 256
RED_CELL, CYTOPLASM, CHROMATIN = (70, 230, 170), (230, 270, 60), (480, 900, 150)


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


def disc(x: float, y: float, radius: float, size: int = SIZE, um_per_px: float = UM_PER_PX) -> Mask:
    """A disc by centre and radius, um, from the middle of a view."""
    rows, columns = (np.mgrid[:size, :size] + 0.5 - size / 2) * um_per_px
    mask: Mask = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    return mask


def noisy(density: NDArray[np.int16], seed: int) -> NDArray[np.int16]:
    noise = np.random.default_rng(seed).normal(0, 8, density.shape)
    return np.maximum(density + noise, 0).astype(np.int16)


@pytest.fixture(scope="module")
def around(surroundings_parameters: surroundings.Parameters) -> surroundings.Surroundings:
    """The colours of a field of red cells."""
    rng = np.random.default_rng(0)
    density = np.zeros((400, 400, 3), np.int16)
    for _ in range(60):
        density[disc(*rng.uniform(-75, 75, 2), 3.6, 400, 0.4)] = RED_CELL
    inside = np.ones((400, 400), bool)
    return surroundings.measure(noisy(density, 1), ~inside, inside, 0.4, surroundings_parameters)


def outlined(
    density: NDArray[np.int16],
    chromatin: NDArray[np.int16],
    own: Mask,
    others: Mask,
    around: surroundings.Surroundings,
    parameters: Parameters,
) -> Outlined:
    evidence = gather(density, chromatin, own, others, around, UM_PER_PX, parameters)
    return outline([evidence], parameters)[0]


class View:
    """A leukocyte among red cells, and perhaps neighbours."""

    def __init__(self, cell: Disc, nucleus: Disc, red_cells: list[Disc], neighbours: list[tuple[Disc, Disc]]) -> None:
        self.density = np.zeros((SIZE, SIZE, 3), np.int16)
        for red_cell in red_cells:
            self.density[disc(*red_cell)] = RED_CELL
        self.others = np.zeros((SIZE, SIZE), bool)
        for other, other_nucleus in neighbours:
            self.density[disc(*other)] = CYTOPLASM
            self.density[disc(*other_nucleus)] = CHROMATIN
            self.others |= disc(*other_nucleus)
        self.cell, self.nucleus = disc(*cell), disc(*nucleus)
        self.density[self.cell] = CYTOPLASM
        self.density[self.nucleus] = CHROMATIN
        self.density = noisy(self.density, 2)
        self.chromatin = np.maximum(self.density[..., 1] - self.density[..., 2], 0)

    def outlined(self, around: surroundings.Surroundings, parameters: Parameters) -> Outlined:
        return outlined(self.density, self.chromatin, self.nucleus, self.others, around, parameters)


VIEWS = {
    "in the middle": View((0, 0, 6.5), (0, 0, 4.0), [], []),
    "small": View((0, 0, 4.6), (0.2, 0, 4.0), [], []),
    "large": View((0, 0, 9.0), (1.0, -0.5, 4.5), [], []),
    "its nucleus at one side": View((1.5, -1.0, 6.5), (-0.5, 0.5, 3.8), [], []),
    "among red cells": View((0, 0, 6.5), (0, 0, 4.0), [(10.6, 0, 3.6), (-7.3, 7.3, 3.6), (0, -10.5, 3.6)], []),
    "beside another": View((0, 0, 6.0), (0, 0, 4.2), [], [((12.5, 0, 6.0), (12.5, 0, 4.2))]),
    "touching another": View((0, 0, 6.0), (0, 0, 4.2), [], [((11.6, 2.5, 6.0), (11.6, 2.5, 4.2))]),
}


def dice(one: Mask, other: Mask) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize("name", VIEWS)
def test_drawn_cells_are_outlined(name: str, around: surroundings.Surroundings, outline_parameters: Parameters) -> None:
    view = VIEWS[name]
    found = view.outlined(around, outline_parameters)
    assert dice(found.nucleus, view.nucleus) > 0.97
    # The curve moves in steps of 0.25 um, which a small cell and the narrow gaps to red cells feel most.
    assert dice(found.cell, view.cell) > (0.92 if name in ("small", "among red cells") else 0.95)
    assert not (found.nucleus & ~found.cell).any()
    assert not (found.cell & view.others).any()


@pytest.mark.parametrize("name", VIEWS)
def test_the_polygon_is_the_outline_of_the_cell(
    name: str, around: surroundings.Surroundings, outline_parameters: Parameters
) -> None:
    found = VIEWS[name].outlined(around, outline_parameters)
    assert found.polygon.shape == (outline_parameters.angles, 2)
    x, y = found.polygon.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert found.cell.sum() == pytest.approx(area, rel=0.02)
    # Neighbouring radii differ by a limited number of steps of two px, also where the curve closes.
    centre = found.polygon.mean(axis=0)
    radii = np.hypot(*(found.polygon - centre).T)
    assert np.abs(np.diff(np.append(radii, radii[0]))).max() < 4 * outline_parameters.largest_slope


def test_a_mirrored_view_gives_the_mirrored_cell(
    around: surroundings.Surroundings, outline_parameters: Parameters
) -> None:
    view = VIEWS["its nucleus at one side"]
    found = view.outlined(around, outline_parameters)
    flipped = outlined(
        view.density[:, ::-1],
        view.chromatin[:, ::-1],
        view.nucleus[:, ::-1],
        view.others[:, ::-1],
        around,
        outline_parameters,
    )
    assert dice(flipped.cell[:, ::-1], found.cell) > 0.98


def test_distance_is_counted_from_the_nucleus_and_not_from_the_edge_of_the_view(
    around: surroundings.Surroundings, outline_parameters: Parameters
) -> None:
    """Far from the nucleus everything looks like cytoplasm here; the outline still stays near the nucleus."""
    density = np.zeros((SIZE, SIZE, 3), np.int16)
    density[:] = CYTOPLASM
    nucleus = disc(0, 0, 3.0)
    density[nucleus] = CHROMATIN
    chromatin = density[..., 1] - density[..., 2]
    nobody = np.zeros_like(nucleus)
    found = outlined(density, chromatin, nucleus, nobody, around, outline_parameters)
    reach = np.hypot(*(found.polygon - SIZE / 2).T) * UM_PER_PX
    assert reach.max() - reach.min() < 1.0
    assert 4.0 < reach.mean() < 12.0


def test_a_nucleus_at_the_edge_of_the_view_is_outlined_too(
    around: surroundings.Surroundings, outline_parameters: Parameters
) -> None:
    view = View((-13.0, 13.0, 6.0), (-13.0, 13.0, 4.0), [], [])
    found = view.outlined(around, outline_parameters)
    assert dice(found.cell, view.cell) > 0.9
    assert dice(found.nucleus, view.nucleus) > 0.95


@pytest.mark.parametrize("colour", [RED_CELL, (90, 200, 150), (50, 90, 60)])
def test_cytoplasm_of_the_red_cells_colour_or_nearly_without_any_belongs_to_the_cell(
    colour: tuple[int, int, int], around: surroundings.Surroundings, outline_parameters: Parameters
) -> None:
    view = View((0, 0, 6.5), (1.0, 0, 3.8), [(11.5, 0, 3.6), (-8, 8, 3.6)], [])
    view.density[view.cell & ~view.nucleus] = colour
    view.density = noisy(view.density, 3)
    view.chromatin = np.maximum(view.density[..., 1] - view.density[..., 2], 0)
    found = view.outlined(around, outline_parameters)
    assert dice(found.cell, view.cell) > 0.93
    assert dice(found.nucleus, view.nucleus) > 0.97


# ---------------------------------------------------------------- the nucleus


@pytest.mark.parametrize("radius", [3.4, 4.0, 4.6])
def test_the_edge_of_a_nucleus_does_not_depend_on_the_first_guess(
    radius: float, outline_parameters: Parameters
) -> None:
    view = VIEWS["in the middle"]
    guess = disc(0, 0, radius)
    found = NuclearEdge.around(view.chromatin, guess, view.others, UM_PER_PX, outline_parameters).guess()
    assert dice(found, view.nucleus) > 0.97


def test_a_neighbouring_nucleus_is_left_to_its_own_cell(outline_parameters: Parameters) -> None:
    view = View((0, 0, 6.0), (0, 0, 3.5), [], [((7.2, 0, 5.0), (7.2, 0, 3.5))])
    found = NuclearEdge.around(view.chromatin, view.nucleus, view.others, UM_PER_PX, outline_parameters).guess()
    assert dice(found, view.nucleus) > 0.95
    assert (found & view.others).sum() < 0.01 * view.nucleus.sum()


def test_specks_and_pinholes_are_not_part_of_a_nucleus(outline_parameters: Parameters) -> None:
    view = View((0, 0, 6.5), (0, 0, 4.0), [], [])
    view.chromatin[disc(1, 1, 0.3)] = 0
    view.chromatin[disc(4.7, 0, 0.2)] = 900
    found = NuclearEdge.around(view.chromatin, view.nucleus, view.others, UM_PER_PX, outline_parameters).guess()
    assert found[disc(1, 1, 0.3)].all()
    assert not found[disc(4.7, 0, 0.1)].any()


def test_a_nucleus_without_an_edge_stays_as_first_found(outline_parameters: Parameters) -> None:
    everywhere = np.ones((SIZE, SIZE), bool)
    dark = np.full((SIZE, SIZE), 700, np.int16)
    found = NuclearEdge.around(dark, everywhere, ~everywhere, UM_PER_PX, outline_parameters).guess()
    np.testing.assert_array_equal(found, everywhere)
    guess = disc(0, 0, 3)
    found = NuclearEdge.around(dark, guess, ~everywhere, UM_PER_PX, outline_parameters).guess()
    assert (found & guess).any()


@pytest.mark.parametrize("cytoplasm", [40, 150, 300])
def test_within_a_cell_the_nuclear_edge_follows_the_density_of_its_own_cytoplasm(
    cytoplasm: int, outline_parameters: Parameters
) -> None:
    """A blurred edge, and glass so near that the ring around the nucleus shows it instead of cytoplasm."""
    away = np.hypot(*((np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) * UM_PER_PX))
    cell, nucleus = disc(0, 0, 4.8), disc(0, 0, 4.0)
    chromatin = np.where(cell, cytoplasm + (700 - cytoplasm) * np.clip((4.4 - away) / 0.8, 0, 1), 0).astype(np.int16)
    edge = NuclearEdge.around(chromatin, nucleus, ~cell & False, UM_PER_PX, outline_parameters)
    assert dice(edge.within(cell), nucleus) > 0.96
    if cytoplasm >= 300:
        assert dice(edge.within(cell), nucleus) > dice(edge.guess(), nucleus) + 0.01


def test_a_cell_that_is_nucleus_throughout_keeps_it_whole(outline_parameters: Parameters) -> None:
    """Otsu's classes are then two shades of chromatin."""
    cell = disc(0, 0, 4.0)
    chromatin = np.where(cell, 500, 0).astype(np.int16)
    chromatin[cell & (np.indices(cell.shape).sum(axis=0) % 40 < 20)] = 800
    edge = NuclearEdge.around(chromatin, cell, ~cell & False, UM_PER_PX, outline_parameters)
    assert dice(edge.within(cell), cell) > 0.97


def test_a_view_without_chromatin_keeps_its_nucleus(outline_parameters: Parameters) -> None:
    guess = disc(0, 0, 3)
    edge = NuclearEdge.around(np.zeros((SIZE, SIZE), np.int16), guess, guess & False, UM_PER_PX, outline_parameters)
    np.testing.assert_array_equal(edge.within(guess), guess)


def test_how_black_a_nucleus_is_does_not_move_its_edge(outline_parameters: Parameters) -> None:
    """A lens blurs light, not density: of a nucleus that lets none pass, most of the slope lies inside its edge."""
    away = np.hypot(*((np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2) * UM_PER_PX))
    cell, nucleus = disc(0, 0, 6.0), disc(0, 0, 4.0)
    share = np.clip((4.4 - away) / 0.8, 0, 1)
    for density in (700, 1200, 2300):
        light = share * 10 ** (-density / 1000) + (1 - share) * 10**-0.1
        chromatin = np.where(cell, -1000 * np.log10(light), 0).astype(np.int16)
        edge = NuclearEdge.around(chromatin, disc(0, 0, 3.6), ~cell & False, UM_PER_PX, outline_parameters)
        assert dice(edge.within(cell), nucleus) > 0.96
