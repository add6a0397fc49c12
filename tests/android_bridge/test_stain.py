"""Optical densities and stain vectors in Java are those of `lowcost.stain`."""

from __future__ import annotations

import numpy as np
import pytest

from lowcost import stain
from lowcost.bundle import Bundle
from tests.android_bridge.optics import same


@pytest.mark.parametrize(("size", "share"), [((40, 50), 0.5), ((300, 401), 0.7), ((9, 9), 0.1), ((8, 8), 0.0)])
def test_density_chromatin_and_vectors(java, size, share):
    bundle = Bundle.load()
    parameters = bundle.section("stain", stain.Parameters)
    random = np.random.default_rng(size)
    image = random.integers(0, 256, (*size, 3), dtype=np.uint8)
    nuclei = random.random(size) < share
    found = java("stain", image=image, bundle=str(bundle.folder), nuclei=nuclei, rest=~nuclei)
    density = stain.optical_density(image, parameters)
    same(found["density"], density, "density")
    same(found["chromatin"], stain.chromatin_density(density, parameters.blue_limit), "chromatin")
    for name, vector in stain.vectors(density, nuclei, ~nuclei, parameters).items():
        same(found[f"vector of {name}"], np.array(vector), name)
