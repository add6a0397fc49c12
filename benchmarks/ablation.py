"""What each part of lowcost is worth: the same fields without it. ``python -m benchmarks.ablation``.

What a part of the naming is worth is told by ``benchmarks.accuracy`` too, which names cells without network, without
features and with a profile, and by ``results/features-alone``, the attributes without the network's embedding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks import cells, fields, paired, record
from lowcost.bundle import Bundle
from lowcost.datasets import zheng1
from lowcost.datasets.types import LabelledField
from lowcost.evaluation import detection, faults, naming
from lowcost.evaluation.analysis import Analysed
from lowcost.evaluation.segmentation import dice
from lowcost.evaluation.tables import Table
from lowcost.image import illumination
from lowcost.pipeline import Analyzer
from lowcost.segmentation import lobes, nuclei, surroundings
from lowcost.strength import Strength

USUAL_UM_PER_PX = 0.1
"""What a scale would be guessed as without a ruler: an objective of 100x."""

WHITE = 245.0
"""What empty background would be guessed as."""

Part = Callable[[Bundle], Any]


@dataclass(frozen=True)
class Figures:
    """What one variant makes of one set.

    Attributes
    ----------
    centre, overlap : float
        F1 of detection by centre and by an overlap of one half; None where the set has masks alone.
    right : (n,) array
        For each field with labelled cells whether all are found and nothing else.
    named : naming.Named or None
        Found cells whose types are known.
    masks : (n, 2) array
        Dice of nuclei and cells; empty without masks.
    """

    centre: float | None
    overlap: float | None
    right: np.ndarray
    named: naming.Named | None
    masks: np.ndarray


def main() -> None:
    """Analyse all fields with every variant, write ``ablation.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--left-out", type=Path, help="a bundle that has not learnt from Raabin and BCCD")
    parser.add_argument("--every", type=int, default=1, help="take one field in so many")
    options = parser.parse_args()
    every = 12 if options.quick else options.every
    bundle = cells.named_by(options.left_out)
    sets = {name: (own, faults.within_limit(own)) for name, own in _sets(options.data).items()}
    rows = []
    for name, (pictures, listed) in sets.items():
        whole = None
        for variant, part in VARIANTS.items():
            with part(bundle) as (analyzer, um_per_px):
                found = measure(analyzer, pictures[::every], listed, um_per_px)
            whole = whole or found
            rows.append({"set": name, "without": variant} | summary(found, whole))
    table = Table("ablation", "lowcost without its parts", tuple(rows), (
        "Types are named by a bundle that has not learnt from these cameras." if options.left_out else
        "Types are named by the installed bundle, which has learnt from BCCD and Raabin.",
    ))  # fmt: skip
    record.write(options.out, "ablation", [table], {"fields": f"one in {every}"}, bundle)


def measure(
    analyzer: Analyzer, pictures: Sequence[LabelledField], listed: Sequence[faults.Fault], um_per_px: float | None
) -> Figures:
    """Analyse fields and compare them with their labels; `um_per_px` replaces what is known or measured."""
    truths = [faults.truth(field, listed) for field in pictures]
    analysed = []
    for field in pictures:
        result = analyzer.analyze([field.path], um_per_px=um_per_px or field.um_per_px)
        analysed.append(Analysed(field, result.fields[0] if result.fields else None))
    boxes = [own.boxes for own in analysed]
    boxed = any(len(truth.boxes) for truth in truths)
    scores = detection.evaluate(truths, boxes) if boxed else {}
    counts = [
        detection.score(truth.boxes, own, "centre", truth.ignore) for truth, own in zip(truths, boxes, strict=True)
    ]
    right = np.array([not own.false_positive and not own.false_negative for own in counts])
    pairs = [
        (types, cell, own.labelled.group)
        for own in analysed
        for types, cell in detection.typed_pairs(own.labelled, () if own.found is None else own.found.cells)
    ]
    masks = []
    for own in analysed:
        truth = own.labelled.masks()
        if truth is not None:
            drawn = own.masks(truth.cell.shape)
            masks.append((dice(truth.nucleus, drawn.nucleus), dice(truth.cell, drawn.cell)))
    return Figures(
        scores["centre"].f1.value if scores else None,
        scores["iou"].f1.value if scores else None,
        right if boxed else np.zeros(0, np.bool_),
        _named(pairs),
        np.array(masks).reshape(-1, 2),
    )


def summary(found: Figures, whole: Figures) -> dict[str, Any]:
    """One row: the figures of a variant, and what it loses against the whole."""
    same = found is whole
    masked, boxed = len(found.masks) > 0, len(found.right) > 0
    return {
        "F1, centre": found.centre,
        "F1, IoU 0.5": found.overlap,
        "fields without error, loss": paired.difference(whole.right, found.right) if boxed and not same else None,
        "accuracy of types": naming.accuracy(found.named).value if found.named else None,
        "balanced accuracy": naming.balanced_accuracy(found.named).value if found.named else None,
        "nucleus Dice": float(found.masks[:, 0].mean()) if masked else None,
        "cell Dice": float(found.masks[:, 1].mean()) if masked else None,
        "cell Dice, loss": paired.difference(whole.masks[:, 1], found.masks[:, 1]) if masked and not same else None,
    }


def _named(pairs: Sequence[tuple[frozenset[str], Any, str]]) -> naming.Named | None:
    if not pairs:
        return None
    chances = [cell.probabilities or {cell.type: 1.0} for _, cell, _ in pairs]
    best = [max(row, key=row.__getitem__) for row in chances]
    decided = [cell.type for _, cell, _ in pairs]
    return naming.collect([pair[0] for pair in pairs], best, decided, chances, [pair[2] for pair in pairs])


def _sets(data: Path) -> dict[str, list[LabelledField]]:
    return fields.sets(data) | {"zheng1": zheng1.fields(data)}


@contextmanager
def _whole(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    yield Analyzer(bundle), None


@contextmanager
def _flat(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    """The lamp is taken to be even; its colour is measured."""
    with _lit(lambda surface: surface * (np.arange(6) == 0)[:, None]):
        yield Analyzer(bundle), None


@contextmanager
def _unlit(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    """Neither the lamp's falloff nor its colour is measured."""
    with _lit(lambda surface: np.where((np.arange(6) == 0)[:, None], WHITE, 0.0) + 0.0 * surface):
        yield Analyzer(bundle), None


@contextmanager
def _lit(change: Callable[[np.ndarray], np.ndarray]) -> Iterator[None]:
    measured = illumination.measure

    def changed(*args: Any, **kwargs: Any) -> illumination.Illumination:
        light = measured(*args, **kwargs)
        return replace(light, coefficients=change(light.coefficients))

    with patch.object(illumination, "measure", changed):
        yield


@contextmanager
def _guessed_scale(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    yield Analyzer(bundle), USUAL_UM_PER_PX


@contextmanager
def _lobes_apart(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    # Both by the name by which they are called: a patched original would be missed by who has imported it before.
    def as_they_are(pieces: list[Any], *_: Any) -> list[Any]:
        return pieces

    with patch.object(nuclei, "group", as_they_are), patch.object(lobes, "reunite", as_they_are):
        yield Analyzer(bundle), None


@contextmanager
def _no_surroundings(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    measured = surroundings.measure

    def blind(*args: Any, **kwargs: Any) -> surroundings.Surroundings:
        found = measured(*args, **kwargs)
        return replace(found, table=np.zeros_like(found.table))

    with patch.object(nuclei, "measure", blind):
        yield Analyzer(bundle), None


@contextmanager
def _own_strength(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    with patch.object(Strength, "level", lambda _self, crop, _wanted=None: crop):
        yield Analyzer(bundle), None


@contextmanager
def _no_gate(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    """Every object that is large enough counts as a leukocyte."""
    section = bundle.parameters["classifier"] | {"leukocyte_limit": 0.0}
    yield Analyzer(replace(bundle, parameters=bundle.parameters | {"classifier": section})), None


@contextmanager
def _network_alone(bundle: Bundle) -> Iterator[tuple[Analyzer, float | None]]:
    kept = {name: section for name, section in bundle.parameters.items() if name != "morphology"}
    yield Analyzer(replace(bundle, parameters=kept)), None


VARIANTS: dict[str, Part] = {
    "nothing: the whole": _whole,
    "evening out the light": _flat,
    "measuring the light at all": _unlit,
    "ruler of red cells (0.1 um/px for all)": _guessed_scale,
    "joining of lobes": _lobes_apart,
    "each picture's own colours": _no_surroundings,
    "levelling of the stain": _own_strength,
    "leukocyte gate": _no_gate,
    "features beside the network": _network_alone,
}
"""What is left out, and the analyzer without it."""

if __name__ == "__main__":
    main()
