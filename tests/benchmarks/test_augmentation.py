"""Each variant leaves out what it says, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.augmentation import VARIANTS, without
from lowcost.training.augmentation import augment
from lowcost.training.views import EDGE


def views(variant: str) -> list[np.ndarray]:
    noise = np.random.default_rng(0)
    cell = np.full((EDGE, EDGE, 3), 235, np.uint8)
    cell[48:80, 48:80] = noise.integers(60, 120, (32, 32, 3))
    other = np.full((EDGE, EDGE, 3), 90, np.uint8)
    with without(variant):
        return [augment(cell, other, np.random.default_rng(seed)) for seed in range(30)]


def spread(found: list[np.ndarray], where: tuple[slice, slice]) -> float:
    return float(np.std([view[where].mean() for view in found]))


MIDDLE, CORNER = (slice(38, 58), slice(38, 58)), (slice(0, 8), slice(0, 8))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_view_stays_a_view(variant):
    assert {(view.shape, view.dtype.name) for view in views(variant)} == {((96, 96, 3), "uint8")}


def test_what_is_left_out_does_not_change():
    whole, stain, _camera, surroundings, none = (views(variant) for variant in VARIANTS)
    assert spread(stain, MIDDLE) < 0.5 * spread(whole, MIDDLE)
    assert spread(surroundings, CORNER) < 0.5 * spread(whole, CORNER)
    assert spread(none, CORNER) == 0
    assert {tuple(view[0, 0]) for view in none} == {(235, 235, 235)}
