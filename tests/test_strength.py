import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowcost.bundle import Bundle
from lowcost.strength import Parameters, Strength

SETTINGS = Parameters(middle_um=10.0, darkest_percent=15, density=630, weakest_percent=40, strongest_percent=300)
TABLE = tuple(max(0, math.floor(1000 * math.log10(240 / max(value, 1)) + 0.5)) for value in range(256))
STRENGTH = Strength(SETTINGS, TABLE, 0.25)


def cell(chromatin, cytoplasm=(200, 190, 225), size=96):
    """A nucleus of 7 um in a cell of 12 um on white."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    crop = np.full((size, size, 3), 240, np.uint8)
    crop[np.hypot(rows, columns) < 24] = cytoplasm
    crop[np.hypot(rows, columns) < 14] = chromatin
    return crop


def green(crop):
    return TABLE[crop[48, 48, 1]]


@pytest.mark.parametrize("chromatin", [(90, 40, 120), (120, 70, 150), (60, 25, 110)])
def test_chromatin_gets_one_density(chromatin):
    assert green(STRENGTH.level(cell(chromatin))) == pytest.approx(630, abs=8)


def test_another_density_can_be_asked_for():
    assert green(STRENGTH.level(cell((90, 40, 120)), 500)) == pytest.approx(500, abs=8)


def test_every_density_is_multiplied_by_the_same_factor():
    before = cell((120, 70, 150))
    after = STRENGTH.level(before)
    factor = 630 / TABLE[70]
    for row in (48, 48 + 20):
        for channel in range(3):
            expected = 240 * 10 ** (-TABLE[before[row, 48, channel]] * factor / 1000)
            assert after[row, 48, channel] == pytest.approx(expected, abs=2)


def test_background_and_brighter_light_stay():
    crop = cell((120, 70, 150))
    crop[:5] = 250
    after = STRENGTH.level(crop)
    assert (after[:5] == 250).all()
    assert (after[6, :10] == 240).all()


def test_what_holds_no_chromatin_is_not_made_to():
    pale = cell((228, 225, 232), (230, 228, 233))
    assert green(STRENGTH.level(pale)) <= 3 * TABLE[225] + 4
    black = cell((2, 2, 2), (3, 3, 3))
    assert green(STRENGTH.level(black)) >= 0.4 * TABLE[2] - 40


@given(st.integers(30, 200))
def test_levelled_again_nothing_changes(green_value):
    # Within the limits of the factor, and as exactly as 256 values can say it.
    once = STRENGTH.level(cell((100, green_value, 140), (210, 210, 230)))
    if abs(green(once) - 630) > 8:
        return
    twice = STRENGTH.level(once)
    assert np.abs(twice.astype(int) - once).max() <= 4


def test_the_shipped_bundle_levels_at_the_networks_scale(repository):
    strength = Strength.load(Bundle.load(repository / "models" / "lowcost-1"), 0.25)
    assert green(strength.level(cell((90, 40, 120)))) == pytest.approx(strength.parameters.density, abs=8)


def test_a_crop_of_one_value_stays_in_range():
    for value in (0, 1, 239, 240, 255):
        after = STRENGTH.level(np.full((96, 96, 3), value, np.uint8))
        assert after.dtype == np.uint8
        assert len(np.unique(after)) == 1
