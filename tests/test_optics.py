"""Light and scale of rendered photographs, of which both are known."""

from __future__ import annotations

from functools import cache

import pytest

from lowcost.bundle import Bundle
from lowcost.optics import Parameters, measure
from lowcost.result import Scale
from tests import fields


@cache
def parameters() -> Parameters:
    return Parameters.of(Bundle.load())


@pytest.mark.parametrize(("name", "seed"), fields.CLEAN)
def test_the_scale_is_measured_and_squeezed_pixels_are_seen(name: str, seed: int) -> None:
    field = fields.preset(name, seed)
    optics = measure(field.pixels, parameters())
    assert optics.scale.source == "red cells"
    assert (optics.scale.um_per_px_x, optics.scale.um_per_px_y) == pytest.approx(field.um_per_px, rel=0.08)


def test_a_given_scale_is_used_as_it_is() -> None:
    scale = Scale(0.1234, 0.1234, "given", 1.0)
    assert measure(fields.row().pixels, parameters(), scale).scale == scale
