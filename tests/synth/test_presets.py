"""Presets draw scenes that repeat, render and look like what they are named for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lowcost.errors import InputError
from lowcost.synth import presets


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_renders_what_it_promises(name: str) -> None:
    scene = presets.draw(name, 3)
    assert scene == presets.draw(name, 3)
    assert scene != presets.draw(name, 4)
    field = dataclasses.replace(scene, width=240, height=200).render(3)
    assert field.pixels.shape == (200, 240, 3)
    assert field.um_per_px == scene.um_per_px
    assert field.settings == scene.settings
    step_x, step_y = scene.um_per_px
    assert step_x / step_y == pytest.approx(presets.PRESETS[name].squeeze)


@pytest.mark.parametrize("name", presets.PRESETS)
def test_nuclei_are_denser_in_green_than_red_cells(name: str) -> None:
    scene = presets.draw(name, 1)
    scene = dataclasses.replace(scene, width=360, height=300, cells=("neutrophil_segmented",))
    field = scene.render(1)
    density = -np.log10((field.pixels[..., 1] + 1.0) / (field.white_point[1] + 1.0))
    red = np.median(density[(field.red_cells > 0) & (field.instances == 0)])
    assert red > 0.02
    assert np.median(density[field.nucleus]) > 1.6 * red


def test_an_unknown_preset_gets_a_sentence() -> None:
    with pytest.raises(InputError, match="'microscope' is unknown; expected one of"):
        presets.draw("microscope", 1)
