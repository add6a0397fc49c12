"""Lobes of one nucleus join, touching nuclei part, and no px is lost or counted twice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lowcost.segmentation.geometry import Piece, label_parts
from lowcost.segmentation.lobes import Parameters, group, part, reunite

Mask = NDArray[np.bool_]
Disc = tuple[float, float, float]

UM_PER_PX = 0.2
SIZE_UM = 60.0


def drawn(discs: list[Disc]) -> Mask:
    """Discs given by centre and radius, um, on a field of 60 um."""
    count = int(SIZE_UM / UM_PER_PX)
    y, x = (np.mgrid[:count, :count] + 0.5) * UM_PER_PX
    mask = np.zeros((count, count), bool)
    for centre_x, centre_y, radius in discs:
        mask |= (x - centre_x) ** 2 + (y - centre_y) ** 2 < radius**2
    return mask


def pieces(discs: list[Disc]) -> list[Piece]:
    return label_parts(drawn(discs), 1)


def everywhere(piece: Piece) -> Mask:
    return np.ones(piece.mask.shape, bool)


def nowhere(piece: Piece) -> Mask:
    return np.zeros(piece.mask.shape, bool)


def overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


def placed(piece: Piece, shape: tuple[int, ...]) -> Mask:
    whole = np.zeros(shape, bool)
    whole[piece.window] = piece.mask
    return whole


def assert_partition(parts: list[Piece], mask: Mask) -> None:
    count = np.zeros(mask.shape, int)
    for piece in parts:
        count[piece.window] += piece.mask
    np.testing.assert_array_equal(count, mask)


# ---------------------------------------------------------------- joining


def test_two_near_lobes_join(lobe_parameters: Parameters) -> None:
    found = group(pieces([(20, 30, 2.0), (25, 30, 2.0)]), nowhere, UM_PER_PX, lobe_parameters)
    assert len(found) == 1


def test_four_lobes_of_a_neutrophil_join_whatever_their_order(lobe_parameters: Parameters) -> None:
    lobes = pieces([(20, 30, 2.0), (24.5, 28, 1.8), (27, 32, 1.9), (23, 34, 1.7)])
    assert len(lobes) == 4
    wholes = [
        group(order, nowhere, UM_PER_PX, lobe_parameters) for order in (lobes, lobes[::-1], lobes[2:] + lobes[:2])
    ]
    for found in wholes:
        assert len(found) == 1
        assert found[0].box == wholes[0][0].box
        np.testing.assert_array_equal(found[0].mask, wholes[0][0].mask)


def test_lobes_far_apart_stay_apart(lobe_parameters: Parameters) -> None:
    gap = lobe_parameters.gap_um + 1.0
    found = group(pieces([(20, 30, 2.0), (24 + gap, 30, 2.0)]), everywhere, UM_PER_PX, lobe_parameters)
    assert len(found) == 2


def test_small_round_nuclei_join_over_a_wide_gap_only_where_it_is_cytoplasm(lobe_parameters: Parameters) -> None:
    radius, gap = lobe_parameters.lobe_radius_um - 0.5, lobe_parameters.lobe_gap_um
    for wider, count in ((-0.6, 1), (0.6, 2)):
        lobes = pieces([(20, 30, radius), (20 + 2 * radius + gap + wider, 30, radius)])
        assert len(group(lobes, nowhere, UM_PER_PX, lobe_parameters)) == count
        assert len(group(lobes, everywhere, UM_PER_PX, lobe_parameters)) == 1


def test_two_nuclei_side_by_side_join_only_over_cytoplasm_and_only_small_ones(lobe_parameters: Parameters) -> None:
    side_by_side = pieces([(20, 30, 3.2), (27.4, 30, 3.2)])
    assert len(group(side_by_side, nowhere, UM_PER_PX, lobe_parameters)) == 2
    assert len(group(side_by_side, everywhere, UM_PER_PX, lobe_parameters)) == 1
    large = pieces([(20, 30, 4.4), (29.6, 30, 4.4)])
    assert len(group(large, everywhere, UM_PER_PX, lobe_parameters)) == 2


def test_nothing_larger_than_a_nucleus_is_joined(lobe_parameters: Parameters) -> None:
    row = [(6.0 + 5.0 * i, 30.0, 2.1) for i in range(10)]
    found = group(pieces(row), everywhere, UM_PER_PX, lobe_parameters)
    assert len(found) >= 3
    limit = lobe_parameters.joined_extent_um / UM_PER_PX
    for nucleus in found:
        x0, y0, x1, y1 = nucleus.box
        assert max(x1 - x0, y1 - y0) <= limit


def test_a_platelet_beside_a_nucleus_stays_out(lobe_parameters: Parameters) -> None:
    nucleus, platelet = (20.0, 30.0, 3.5), (26.5, 30.0, 1.0)
    found = group(pieces([nucleus, platelet]), nowhere, UM_PER_PX, lobe_parameters)
    assert len(found) == 2
    found = group(pieces([nucleus, platelet]), everywhere, UM_PER_PX, lobe_parameters)
    assert len(found) == 2


def test_a_fragment_at_a_lobe_joins_it(lobe_parameters: Parameters) -> None:
    found = group(pieces([(20, 30, 3.0), (24.5, 30, 1.0)]), nowhere, UM_PER_PX, lobe_parameters)
    assert len(found) == 1


def test_neighbouring_neutrophils_keep_their_own_lobes(lobe_parameters: Parameters) -> None:
    first = [(12.0, 30.0, 2.0), (16.5, 28.0, 2.0), (16.0, 33.0, 2.0)]
    second = [(x + 14.0, y, r) for x, y, r in first]
    found = group(pieces(first + second), nowhere, UM_PER_PX, lobe_parameters)
    assert len(found) == 2
    shape = drawn(first).shape
    for nucleus, lobes in zip(sorted(found, key=lambda piece: piece.box[0]), (first, second), strict=True):
        np.testing.assert_array_equal(placed(nucleus, shape), drawn(lobes))


@pytest.mark.parametrize("seed", range(6))
def test_joining_keeps_every_px(seed: int, lobe_parameters: Parameters) -> None:
    rng = np.random.default_rng(seed)
    discs = [(*rng.uniform(5, 55, 2), rng.uniform(0.8, 3.5)) for _ in range(18)]
    assert_partition(group(pieces(discs), nowhere, UM_PER_PX, lobe_parameters), drawn(discs))


def test_nothing_and_a_single_piece_stay_what_they_are(lobe_parameters: Parameters) -> None:
    assert group([], nowhere, UM_PER_PX, lobe_parameters) == []
    single = pieces([(30, 30, 3.0)])
    assert group(single, nowhere, UM_PER_PX, lobe_parameters) == single


# ---------------------------------------------------------------- parting


def parts_of(discs: list[Disc], parameters: Parameters) -> list[Piece]:
    cluster = pieces(discs)
    assert len(cluster) == 1
    found = part(cluster[0], UM_PER_PX, parameters)
    assert_partition(found, drawn(discs))
    return found


@pytest.mark.parametrize("angle", [0.0, 0.4, 0.8, 1.2, 1.6, 2.2])
def test_two_touching_discs_part(angle: float, lobe_parameters: Parameters) -> None:
    x, y = 3.3 * np.cos(angle), 3.3 * np.sin(angle)
    discs = [(30 - x, 30 - y, 3.6), (30 + x, 30 + y, 3.6)]
    found = parts_of(discs, lobe_parameters)
    assert len(found) == 2
    shape = drawn(discs).shape
    for disc in discs:
        assert max(overlap(placed(piece, shape), drawn([disc])) for piece in found) > 0.9


def test_a_chain_of_discs_parts_into_all_of_them(lobe_parameters: Parameters) -> None:
    chain = [(10.0 + 6.4 * i, 30.0 + 1.5 * (i % 2), 3.6) for i in range(6)]
    found = parts_of(chain, lobe_parameters)
    assert len(found) == 6
    shape = drawn(chain).shape
    for disc in chain:
        assert max(overlap(placed(piece, shape), drawn([disc])) for piece in found) > 0.85


def test_a_crowd_parts_into_all_of_its_nuclei(lobe_parameters: Parameters) -> None:
    crowd = [(18.0 + 6.6 * (i % 3) + 3.3 * (i // 3 % 2), 18.0 + 5.8 * (i // 3), 3.6) for i in range(9)]
    assert len(parts_of(crowd, lobe_parameters)) == 9


@pytest.mark.parametrize(
    "discs",
    [
        [(30.0, 30.0, 3.0)],
        [(30.0, 30.0, 6.5)],
        [(28.5, 30.0, 4.0), (31.5, 30.0, 4.0)],  # an oval
        [(26.0, 30.0, 2.4), (30.0, 28.0, 2.4), (34.0, 30.0, 2.4)],  # a band
        [(26.5, 30.0, 3.0), (30.0, 32.0, 3.0), (33.5, 30.0, 3.0)],  # a kidney
    ],
)
def test_one_nucleus_stays_whole(discs: list[Disc], lobe_parameters: Parameters) -> None:
    assert len(parts_of(discs, lobe_parameters)) == 1


def test_parting_is_the_same_in_a_mirror(lobe_parameters: Parameters) -> None:
    chain = [(10.0 + 6.4 * i, 30.0 + 1.5 * (i % 2), 3.2 + 0.15 * i) for i in range(5)]
    (cluster,) = pieces(chain)
    width = cluster.mask.shape[1]
    x0 = cluster.box[0]
    mirrored = part(Piece(cluster.box, cluster.mask[:, ::-1]), UM_PER_PX, lobe_parameters)
    expected = {(x0 + width - (b - x0), t, x0 + width - (a - x0), u) for a, t, b, u in _boxes(cluster, lobe_parameters)}
    assert len(mirrored) == len(expected)
    # Where two grow together the later one keeps the px: a px of difference.
    for box in expected:
        assert min(np.abs(np.subtract(box, piece.box)).max() for piece in mirrored) <= 1


def _boxes(cluster: Piece, parameters: Parameters) -> list[tuple[int, int, int, int]]:
    return [piece.box for piece in part(cluster, UM_PER_PX, parameters)]


@pytest.mark.parametrize("seed", range(8))
def test_parting_keeps_every_px_and_is_repeatable(seed: int, lobe_parameters: Parameters) -> None:
    rng = np.random.default_rng(seed)
    mask = drawn([(*rng.uniform(15, 45, 2), rng.uniform(1.5, 5.0)) for _ in range(14)])
    for cluster in label_parts(mask, 1):
        found = part(cluster, UM_PER_PX, lobe_parameters)
        assert_partition([Piece(_moved(p, cluster), p.mask) for p in found], cluster.mask)
        again = part(cluster, UM_PER_PX, lobe_parameters)
        assert [piece.box for piece in again] == [piece.box for piece in found]
        for one, other in zip(found, again, strict=True):
            np.testing.assert_array_equal(one.mask, other.mask)


def _moved(piece: Piece, cluster: Piece) -> tuple[int, int, int, int]:
    """The box of a part in the frame of its cluster."""
    left, top = cluster.box[:2]
    x0, y0, x1, y1 = piece.box
    return x0 - left, y0 - top, x1 - left, y1 - top


def test_a_featureless_darkness_is_searched_no_deeper_than_a_nucleus(
    lobe_parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = []

    def counted(mask: Mask, least_px: float) -> list[Piece]:
        searched.append(mask.size)
        return label_parts(mask, least_px)

    monkeypatch.setattr("lowcost.segmentation.lobes.label_parts", counted)
    dark = Piece((0, 0, 900, 900), np.ones((900, 900), bool))
    assert part(dark, 0.4, lobe_parameters) == [dark]
    assert len(searched) < lobe_parameters.reunited_extent_um / 2 / lobe_parameters.step_um


# ---------------------------------------------------------------- reuniting


def oval(x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
    """An ellipse by its middle and its axes, um, as an outline in px."""
    turn = np.linspace(0.0, 2.0 * np.pi, 64, endpoint=False)
    points = np.stack([x + width / 2 * np.cos(turn), y + height / 2 * np.sin(turn)], axis=1)
    return points / UM_PER_PX


def reunited(
    discs: list[Disc], outlines: list[NDArray[np.float64]], as_one: NDArray[np.float64], parameters: Parameters
) -> int:
    """How many of these nuclei, each with its outline, are left when the outline of several together is `as_one`."""
    nuclei = pieces(discs)
    assert len(nuclei) == len(discs)
    found = reunite(nuclei, outlines, lambda among, joined: as_one, UM_PER_PX, parameters)
    assert_partition(found, drawn(discs))
    return len(found)


SIDE_BY_SIDE = [(24.0, 30.0, 3.3), (31.5, 30.0, 3.3)]
HALVES = [oval(24.0, 30.0, 7.5, 12.0), oval(31.5, 30.0, 7.5, 12.0)]


@pytest.mark.parametrize(
    ("as_one", "cells"),
    [
        (oval(27.75, 30.0, 15.5, 14.0), 1),  # granules all around: an eosinophil
        (oval(27.75, 30.0, 16.0, 9.0), 2),  # long: two cells
        (oval(27.75, 30.0, 10.0, 10.0), 2),  # filled with nucleus: two cells, however round
        (oval(27.75, 30.0, 24.0, 22.0), 2),  # larger than a cell
    ],
)
def test_two_large_lobes_are_one_cells_where_its_outline_is_round(
    as_one: NDArray[np.float64], cells: int, lobe_parameters: Parameters
) -> None:
    assert reunited(SIDE_BY_SIDE, HALVES, as_one, lobe_parameters) == cells


def test_nuclei_far_apart_are_two_cells_even_where_an_outline_around_both_is_round(
    lobe_parameters: Parameters,
) -> None:
    apart = lobe_parameters.lobe_gap_um + 0.5
    discs = [(24.0, 30.0, 2.8), (24.0 + 5.6 + apart, 30.0, 2.8)]
    outlines = [oval(x, y, 5.6 + apart, 14.0) for x, y, _ in discs]
    assert reunited(discs, outlines, oval(28.0, 30.0, 16.0, 15.0), lobe_parameters) == 2


@pytest.mark.parametrize(("height", "cells"), [(12.0, 1), (10.0, 2)])
def test_outlines_that_overlap_may_be_a_little_less_round_together(
    height: float, cells: int, lobe_parameters: Parameters
) -> None:
    """Ellipses of 17.5 um fill 69 % and 57 % of the disc of their extent."""
    overlapping = [oval(25.0, 30.0, 9.5, 12.0), oval(30.5, 30.0, 9.5, 12.0)]
    as_one = oval(27.75, 30.0, 17.5, height)
    assert reunited(SIDE_BY_SIDE, overlapping, as_one, lobe_parameters) == cells
    assert reunited(SIDE_BY_SIDE, HALVES, as_one, lobe_parameters) == 2


def test_three_lobes_are_tried_together_before_two_of_them(lobe_parameters: Parameters) -> None:
    lobes = [(24.0, 26.0, 2.9), (31.0, 26.0, 2.9), (27.5, 32.0, 2.9)]
    asked = []

    def outline(among: list[Piece], joined: Piece) -> NDArray[np.float64]:
        asked.append(int(joined.mask.sum()))
        return oval(27.5, 28.5, 16.0, 15.0)

    outlines = [oval(x, y, 7.5, 7.5) for x, y, _ in lobes]
    (whole,) = reunite(pieces(lobes), outlines, outline, UM_PER_PX, lobe_parameters)
    assert asked == [int(whole.mask.sum())] == [int(drawn(lobes).sum())]
