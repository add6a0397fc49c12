import math

import numpy as np
import pytest

from lowcost import Analyzer
from lowcost.bundle import Bundle
from lowcost.paleness import Parameters, tones
from tests.fields import matched, preset, weak

ANALYZER = Analyzer(Bundle.load())
SETTINGS = Parameters(darkness=40, most_percent=300)
TABLE = tuple(max(0, math.floor(1000 * math.log10(240 / max(value, 1)) + 0.5)) for value in range(256))


@pytest.mark.parametrize("darkness", [40, 41, 90, 255])
def test_a_photograph_that_is_not_pale_stays(darkness):
    assert tones(darkness, 240, TABLE, SETTINGS) is None


@pytest.mark.parametrize("darkness", [20, 25, 33, 39])
def test_what_is_stained_becomes_as_dark_as_in_the_palest_ordinary_one(darkness):
    values = tones(darkness, 240, TABLE, SETTINGS)
    assert values[240 - darkness] == pytest.approx(200, abs=1)
    assert (np.diff(values.astype(int)) >= 0).all()
    assert (values[240:] == np.arange(240, 256)).all()


def test_every_density_is_multiplied_by_the_same_factor():
    values = tones(25, 240, TABLE, SETTINGS)
    factor = TABLE[200] / TABLE[215]
    for value in (60, 100, 150, 230):
        assert values[value] == pytest.approx(240 * 10 ** (-TABLE[value] * factor / 1000), abs=2)


@pytest.mark.parametrize("darkness", [0, 1, 5])
def test_noise_is_not_made_to_stain(darkness):
    values = tones(darkness, 240, TABLE, SETTINGS)
    assert TABLE[values[200]] == pytest.approx(3 * TABLE[200], abs=6)


@pytest.mark.parametrize("seed", range(4))
def test_cells_of_a_weak_stain_are_found_as_those_of_an_ordinary_one(seed):
    field = preset("phone", seed)
    cells = [cell for cell in ANALYZER.analyze(weak(field, 0.2)).fields[0].cells if cell.is_leukocyte]
    found = matched(field, [cell.box for cell in cells])
    assert len(found.pairs) == len(cells) == len(field.leukocytes)
