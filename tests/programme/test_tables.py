"""The tables beside the page."""

from __future__ import annotations

from collections import Counter

from lowcost.programme import tables
from lowcost.programme.tally import Shift, Slide


def test_every_number_has_four_places_at_most():
    (row,) = tables.slides([Slide("s", counts=Counter(lymphocyte=2, blast=1))])
    assert (row["blast_equivalents.percent"], row["lymphocyte.percent"]) == (33.3333, 66.6667)
    found = [
        row,
        *tables.quality([Shift("phone", None, Counter(accepted=2, rejected=1), edges=[1 / 3], scales=[0.1 / 3])]),
    ]
    numbers = [value for each in found for value in each.values() if isinstance(value, float)]
    assert numbers
    assert all(value == round(value, 4) for value in numbers)
