import numpy as np
import pytest
from scipy import stats

from lowcost.features.distribution import Distribution, mean, total, variation


@pytest.fixture
def grey():
    return np.random.default_rng(2).integers(3, 250, (37, 61), dtype=np.uint8)


@pytest.fixture
def mask():
    return np.random.default_rng(4).random((37, 61)) < 0.4


def test_statistics_of_a_region(grey, mask):
    values = grey[mask].astype(np.int64)
    found = Distribution.of(grey, mask)
    assert (found.n, found.total, found.mean) == (len(values), values.sum(), values.sum() / len(values))
    assert (total(grey, mask), mean(grey, mask)) == (found.total, found.mean)
    assert found.deviation == pytest.approx(values.std(), rel=1e-12)
    assert found.variation == pytest.approx(variation(values.astype(np.float64)), rel=1e-12)
    assert found.skewness == pytest.approx(stats.skew(values), rel=1e-9)
    assert found.share_above(100) == np.mean(values > 100)
    assert found.share_below(100) == np.mean(values < 100)
    assert found.median == np.sort(values)[(len(values) - 1) // 2]


def test_sums_of_strided_images(grey, mask):
    assert total(grey[3:-5, 7:-2], mask[3:-5, 7:-2]) == int(grey[3:-5, 7:-2][mask[3:-5, 7:-2]].sum())


def test_regions_add_up_and_tables_replace_values(grey, mask):
    together = Distribution.of(grey, mask) + Distribution.of(grey, ~mask)
    assert np.array_equal(together.counts, np.bincount(grey.ravel(), minlength=256))
    table = np.arange(256) // 7
    replaced = Distribution.of(grey, mask).through(table)
    assert np.array_equal(replaced.counts, np.bincount(table[grey[mask]], minlength=256))


def test_nothing_is_zero(grey):
    none = np.zeros(grey.shape, bool)
    found = Distribution.of(grey, none)
    assert (found.mean, found.variation, found.skewness, found.share_below(9), mean(grey, none)) == (0, 0, 0, 0, 0)
    assert variation(np.full(5, 0.1)) == pytest.approx(0, abs=1e-15)


def test_a_symmetric_region_is_not_skewed_at_all():
    counts = np.zeros(256)
    counts[[3, 100, 197]] = 1001, 33, 1001
    assert Distribution(counts).skewness == 0


def test_equal_values_vary_by_no_more_than_a_rounding():
    assert variation(np.full(1000, 2.0)) == 0
    assert variation(np.full(1003, 2**0.5)) < 1e-12
