"""The targets of ``make fuzz`` accept their seeds, and refuse some hundred changed ones by a sentence."""

from __future__ import annotations

from random import Random

import pytest

from lowcost.errors import LowcostError
from tests.fuzz import mutation
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_read(name):
    for seed in TARGETS[name].seeds():
        TARGETS[name].run(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_changed_seeds_are_read_or_refused(name):
    target, random = TARGETS[name], Random(7)
    seeds, refused = target.seeds(), 0
    for number in range(150):
        data = target.mutate(seeds[number % len(seeds)], random, lambda some: mutation.bytewise(some, random))
        try:
            target.run(data)
        except LowcostError:
            refused += 1
    assert 0 < refused < 150
