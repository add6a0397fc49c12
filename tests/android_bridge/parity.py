"""One photograph in Java and in Python: every stage compared in the order in which they run.

Everything that decides and the whole result must be equal, every byte; before the result rounds them features differ
by at most `FEATURES`, and attribute probabilities, given equal features, by at most `PROBABILITIES`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost import crop, features
from lowcost.attributes import AttributeHeads
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder, View
from lowcost.classifier import Classifier
from lowcost.export.json import dumps
from lowcost.pipeline import Analyzer
from lowcost.result import AttributeValue, Scale, SmearResult
from tests.android_bridge.bridge import Java
from tests.android_bridge.optics import measured, same

FEATURES = 1e-9
"""How far features may differ, as a share, before the result rounds them."""

PROBABILITIES = 1e-12
"""How far probabilities and contributions of attributes may differ given equal features, before they are rounded."""


@dataclass
class Tally:
    """What was compared, and how far apart the furthest values are that need not be equal."""

    photographs: int = 0
    cells: int = 0
    values: int = 0
    features: int = 0
    unequal_features: int = 0
    feature_deviation: float = 0.0
    probability_deviation: float = 0.0


class Parity:
    """Python's analysis beside that of a Java process, with one bundle."""

    def __init__(self, java: Java, bundle: Bundle) -> None:
        self.java, self.bundle, self.tally = java, bundle, Tally()
        self.finder, self.analyzer = CellFinder(bundle), Analyzer(bundle)
        self.classifier, self.heads = Classifier.load(bundle), AttributeHeads.load(bundle)

    def __call__(self, pixels: NDArray[np.uint8], name: str = "", um_per_px: float | None = None) -> SmearResult:
        """Assert that both find the same; the text names the first stage and the first place that differ."""
        pixels = np.ascontiguousarray(pixels)
        given: dict[str, Any] = {"image": pixels, "bundle": str(self.bundle.folder)}
        if um_per_px is not None:
            given["um_per_px"] = um_per_px
        expected, views = self.trace(pixels, um_per_px)
        seen = {key: expected[key] for key in ("rows", "embedding") if key in expected} | {"assessable": True}
        found = self.java("trace", **given, **seen)
        for stage, value in expected.items():
            place = f"{name}: {stage}"
            if stage == "rows":
                self._rows(found[stage], value, place)
            elif stage == "attributes":
                self._attributes(found[stage], value, place)
            else:
                same(found[stage], value, place)
                self.tally.values += value.size if isinstance(value, np.ndarray) else 1
        result = self.analyzer.analyze(pixels, um_per_px=um_per_px)
        known, ours = json.loads(dumps(result)), json.loads(self.java("analyze", **given)["result"].tobytes())
        for data in (ours, known):
            del data["provenance"]
        alike(ours, known, name)
        self.tally.photographs += 1
        self.tally.cells += len(views)
        return result

    def trace(self, pixels: NDArray[np.uint8], um_per_px: float | None) -> tuple[dict[str, Any], list[View]]:
        """What each stage of Python hands to the next, as Java's stage ``trace`` answers it, and the views of cells."""
        known = None if um_per_px is None else Scale(um_per_px, um_per_px, "given", 1.0)
        with np.errstate(all="ignore"):
            optics = self.finder.optics(pixels, known)
        stages = measured(optics)
        if optics.quality.verdict == "rejected":
            return stages, []
        detection = self.finder.detect(optics)
        nuclei = detection.nuclei
        stages |= {
            "density": detection.density.astype(np.int32),
            "inside": detection.inside.astype(np.uint8),
            "stained": nuclei.stained.astype(np.uint8),
            "labels": nuclei.labels,
            "boxes": np.array([piece.box for piece in nuclei.pieces], np.int32).reshape(-1, 4),
            "platelets": np.array(nuclei.platelets, np.int32).reshape(-1, 4),
        }
        views = self.finder.find(optics).views
        if views:
            crops = np.stack([crop.network_input(view.pixels) for view in views])
            seen = self.classifier.network(crops)
            rows = np.stack([features.compute(view.pixels, view.nucleus, view.cell) for view in views])
            stages |= {
                "pixels": np.stack([view.pixels for view in views]),
                "nuclei": np.stack([view.nucleus for view in views]).astype(np.uint8),
                "cells": np.stack([view.cell for view in views]).astype(np.uint8),
                "crops": crops,
                "logits": seen.logits.view(np.uint8),
                "embedding": seen.embedding.view(np.uint8),
                "rows": rows,
                "attributes": self.heads.predict(rows, seen.embedding, [True] * len(views)),
            }
        else:
            stages["pixels"] = np.zeros((0, crop.VIEW_PX, crop.VIEW_PX, 3), np.uint8)
        return stages, views

    def _rows(self, found: NDArray[np.float64], expected: NDArray[np.float64], place: str) -> None:
        assert found.shape == expected.shape, f"{place}: Java {found.shape}, Python {expected.shape}"
        defined = np.isfinite(expected)
        same(np.isfinite(found), defined, f"{place} defined")
        unequal = defined & (found != expected)
        self.tally.features += expected.size
        self.tally.unequal_features += int(np.count_nonzero(unequal))
        for cell, column in zip(*np.nonzero(unequal), strict=True):
            one, other = float(found[cell, column]), float(expected[cell, column])
            named = features.NAMES[column]
            assert math.isclose(one, other, rel_tol=FEATURES, abs_tol=1e-12), (
                f"{place}: {named} of cell {cell}: Java {one!r}, Python {other!r}"
            )
            deviation = abs(one - other) / max(abs(one), abs(other), 1e-3)
            self.tally.feature_deviation = max(self.tally.feature_deviation, deviation)

        # Scores jump where many training cells have one and the same value: there the last bit of a feature counts.
        if self.classifier.morphology is not None:
            ours, known = (self.classifier.morphology.normal_scores(rows) for rows in (found, expected))
            apart = np.argwhere(np.abs(ours - known) > FEATURES)
            assert not len(apart), f"{place}: the normal score of {features.NAMES[apart[0][1]]} of cell {apart[0][0]}"

    def _attributes(self, found: Any, expected: list[dict[str, AttributeValue]], place: str) -> None:
        assert len(found) == len(expected), f"{place}: Java {len(found)} cells, Python {len(expected)}"
        for number, (ours, known) in enumerate(zip(found, expected, strict=True)):
            assert list(ours) == list(known), f"{place} of cell {number}: Java {list(ours)}, Python {list(known)}"
            for name, value in known.items():
                reasons = [[reason.feature, reason.value, reason.weight] for reason in value.reasons]
                for one, other in _pairs(ours[name], [value.value, value.probability, value.evidence, reasons]):
                    deviation = abs(one - other) if isinstance(one, float) and isinstance(other, float) else 0.0
                    assert one == other or 0.0 < deviation <= PROBABILITIES * max(1.0, abs(other)), (
                        f"{place}: {name} of cell {number}: Java {one!r}, Python {other!r}"
                    )
                    self.tally.probability_deviation = max(self.tally.probability_deviation, deviation)


def alike(found: Any, expected: Any, place: str) -> None:
    """Assert that two results are equal; the text names the first place where they are not."""
    if isinstance(expected, dict):
        assert list(found) == list(expected), f"{place}: Java {list(found)}, Python {list(expected)}"
        for key, value in expected.items():
            alike(found[key], value, f"{place}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), f"{place}: Java has {len(found)}, Python {len(expected)}"
        for number, value in enumerate(expected):
            alike(found[number], value, f"{place}[{number}]")
    else:
        assert found == expected, f"{place}: Java {found!r}, Python {expected!r}"


def _pairs(found: Any, expected: Any) -> Iterator[tuple[Any, Any]]:
    """The single values of two nested lists, beside each other."""
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        for one, other in zip(found, expected, strict=True):
            yield from _pairs(one, other)
    else:
        yield found, expected
