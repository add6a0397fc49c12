import numpy as np
import pytest

from lowcost.features.geometry import squared_distance
from lowcost.features.peaks import peaks
from tests.features.cells import disc, lobed


def found(mask):
    return peaks(squared_distance(mask.astype(np.uint8)), 5.0)


def test_a_disc_is_one_lobe():
    only, *bumps = found(disc(20))
    assert (only.row, only.column, only.saddle) == (128, 128, 0.0)
    assert only.radius == pytest.approx(20.5, abs=0.6)
    assert all(bump.neck > 0.8 for bump in bumps)


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("neck", [2, 6, 10])
def test_discs_on_a_rod_are_as_many_lobes(count, neck):
    lobes = [peak for peak in found(lobed(count, neck)) if peak.neck < 0.7]
    assert len(lobes) == count
    assert [peak.saddle for peak in lobes[1:]] == pytest.approx([neck / 2 + 0.5] * (count - 1), abs=1)
    assert sorted(peak.column for peak in lobes) == pytest.approx([84 + 30 * i for i in range(count)], abs=1)


def test_separate_parts_have_no_neck():
    assert [peak.saddle for peak in found(lobed(3, 0)) if peak.neck < 0.7] == [0.0, 0.0, 0.0]


def test_bumps_below_the_least_are_left_out_but_the_largest_stays():
    assert len(peaks(squared_distance(lobed(3, 2).astype(np.uint8)), 20.0)) == 1
    only = np.zeros((5, 5), np.uint8)
    only[2, 2] = 1
    assert [peak.radius for peak in peaks(squared_distance(only), 5.0)] == [1.0]
