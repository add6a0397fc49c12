"""The optics of one photograph in Java and in Python, compared stage by stage."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.device import Device
from lowcost.image.resample import block_mean
from lowcost.optics import Optics
from lowcost.result import Scale
from tests.android_bridge.bridge import Java


class Comparison:
    """Python's optics beside those of a Java process, with one bundle."""

    def __init__(self, java: Java, bundle: Bundle) -> None:
        self.java, self.bundle, self.finder = java, bundle, CellFinder(bundle)

    def __call__(
        self,
        pixels: NDArray[np.uint8],
        name: str = "",
        known: Scale | None = None,
        device: Device | None = None,
    ) -> Optics:
        """Assert that both measure the same; the text names the first stage and the first place that differ."""
        arguments: dict[str, Any] = {"bundle": str(self.bundle.folder)}
        if known is not None:
            arguments |= {"known": np.array([known.um_per_px_x, known.um_per_px_y]), "source": known.source}
        if device is not None:
            arguments["profile"] = np.frombuffer(device.profile.dumps(), np.uint8)
        with np.errstate(all="ignore"):
            optics = self.finder.optics(pixels, known, device)
        found = self.java("image.optics", image=pixels, **arguments)
        stages = measured(optics) | {"view": optics.light.balance_view(optics.pixels, 0.25, 0.9)}
        for stage, expected in stages.items():
            same(found[stage], expected, f"{name}: {stage}")
        return optics


def measured(optics: Optics) -> dict[str, Any]:
    """What was measured of a photograph, in the order in which it is measured."""
    return {
        "factor": optics.factor,
        "coarse": block_mean(optics.pixels, optics.factor),
        "coefficients": optics.light.coefficients,
        "white_point": np.array(optics.light.white_point),
        "background_share": np.array([optics.light.background_share]),
        "mask": optics.light.mask,
        "balanced": optics.balanced,
        "source": optics.scale.source,
        "scale": np.array([optics.scale.um_per_px_x, optics.scale.um_per_px_y, optics.scale.confidence]),
        "red_cells": optics.scale.red_cells,
        "note": optics.scale.note,
        "names": list(optics.quality.metrics),
        "metrics": np.array(list(optics.quality.metrics.values())),
        "verdict": optics.quality.verdict,
        "reasons": list(optics.quality.reasons),
    }


def same(found: Any, expected: Any, name: str) -> None:
    """Assert that two values are equal bit for bit; of arrays name the first place that differs."""
    if not isinstance(expected, np.ndarray):
        assert found == expected, f"{name}: Java {found!r}, Python {expected!r}"
        return
    assert found.shape == expected.shape, f"{name}: Java {found.shape}, Python {expected.shape}"
    # NaN equals NaN here: both could not tell.
    differs = (found != expected) & ~((found != found) & (expected != expected))
    if differs.any():
        place = tuple(int(index) for index in np.argwhere(differs)[0])
        raise AssertionError(
            f"{name}: {np.count_nonzero(differs)} of {differs.size} differ, first at {place}: "
            f"Java {found[place].item()!r}, Python {expected[place].item()!r}"
        )
