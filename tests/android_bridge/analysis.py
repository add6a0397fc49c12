"""The whole analysis of one photograph in Java and in Python, compared from the optics to the result."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.export.json import dumps
from lowcost.pipeline import Analyzer
from lowcost.result import Scale, SmearResult
from tests.android_bridge.bridge import Java
from tests.android_bridge.optics import Comparison, same

FEATURES = 1e-9
"""How far features may differ, as a share, and with them what is read off them."""


class Analyses:
    """Python's analysis beside that of a Java process, with one bundle."""

    def __init__(self, java: Java, bundle: Bundle) -> None:
        self.java, self.bundle = java, bundle
        self.optics, self.finder, self.analyzer = Comparison(java, bundle), CellFinder(bundle), Analyzer(bundle)

    def __call__(self, pixels: NDArray[np.uint8], name: str = "", um_per_px: float | None = None) -> SmearResult:
        """Assert that both find the same; the text names the first cell and the first place that differ."""
        pixels = np.ascontiguousarray(pixels)
        given: dict[str, Any] = {} if um_per_px is None else {"um_per_px": um_per_px}
        expected = self.analyzer.analyze(pixels, **given)
        folder = str(self.bundle.folder)
        found = json.loads(self.java("analyze", image=pixels, bundle=folder, **given)["result"].tobytes())
        known = json.loads(dumps(expected))
        for data in (found, known):
            del data["provenance"]
        try:
            alike(found, known, name)
        except AssertionError:
            # The first stage that differs tells more than what became of it.
            if um_per_px is None:
                self.optics(pixels, name)
            self.views(pixels, name, um_per_px)
            raise
        return expected

    def views(self, pixels: NDArray[np.uint8], name: str, um_per_px: float | None) -> None:
        """Assert that both cut out and outline the same cells, px by px."""
        scale = None if um_per_px is None else Scale(um_per_px, um_per_px, "given", 1.0)
        optics = self.finder.optics(pixels, scale)
        views = self.finder.find(optics).views
        given = {} if um_per_px is None else {"known": np.array([um_per_px])}
        found = self.java("cells", image=pixels, bundle=str(self.bundle.folder), **given)
        assert len(found["pixels"]) == len(views), f"{name}: Java {len(found['pixels'])} cells, Python {len(views)}"
        for number, view in enumerate(views):
            same(found["pixels"][number], view.pixels, f"{name}: pixels of view {number}")
            same(found["cells"][number], view.cell.astype(np.uint8), f"{name}: cell of view {number}")
            same(found["nuclei"][number], view.nucleus.astype(np.uint8), f"{name}: nucleus of view {number}")


def alike(found: Any, expected: Any, place: str) -> None:
    """Assert that two results are equal, up to what features may differ by and what is computed from them."""
    if isinstance(expected, dict):
        assert list(found) == list(expected), f"{place}: Java {list(found)}, Python {list(expected)}"
        for key, value in expected.items():
            alike(found[key], value, f"{place}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), f"{place}: Java has {len(found)}, Python {len(expected)}"
        for number, value in enumerate(expected):
            alike(found[number], value, f"{place}[{number}]")
    elif isinstance(expected, float) and (".features." in place or ".attributes." in place):
        close = math.isclose(found, expected, rel_tol=FEATURES, abs_tol=1e-12)
        assert close, f"{place}: Java {found!r}, Python {expected!r}"
    else:
        assert found == expected, f"{place}: Java {found!r}, Python {expected!r}"
