"""How lowcost and detectors beside it fail as photographs get worse: ``python -m benchmarks.robustness``.

A method should decline a field before it errs on it, so errors are counted among the fields that it accepts, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import detection as detectors
from benchmarks import fields, record
from benchmarks.distortions import SWEEPS, Scene
from benchmarks.fields import Detector
from lowcost.datasets import raabin_dev
from lowcost.datasets.types import LabelledField
from lowcost.errors import InputError
from lowcost.evaluation import detection, faults
from lowcost.evaluation.bootstrap import Estimate, interval
from lowcost.evaluation.matching import match
from lowcost.evaluation.tables import Table
from lowcost.pipeline import Analyzer
from lowcost.result import Cell
from lowcost.synth import presets, render
from lowcost.synth.settings import Smear
from lowcost.taxonomy import UNIDENTIFIED

LEUKOCYTES = ("neutrophil_segmented", "lymphocyte", "monocyte", "eosinophil")

COVERS, TOUCHING = (0.1, 0.3, 0.5, 0.65, 0.8), (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Outcome:
    """What one method makes of one scene.

    Attributes
    ----------
    counts : detection.Counts
        Found, missed and spurious cells.
    verdict : str
        ``accepted``, ``doubtful`` or ``rejected``.
    named, misnamed : int
        Cells whose type the labels know and the method tells, and those of them that it tells wrongly.
    """

    counts: detection.Counts
    verdict: str = "accepted"
    named: int = 0
    misnamed: int = 0


Method = Callable[[Scene], Outcome]


def main() -> None:
    """Distort all scenes by all degrees, write ``robustness.json``."""
    parser = detectors.parser(__doc__)
    parser.add_argument("--fields", type=int, default=60, help="of each set")
    options = parser.parse_args()
    number = 4 if options.quick else options.fields
    analyzer = Analyzer.load()
    methods: dict[str, Method] = {"lowcost": lambda scene: ours(analyzer, scene)}
    for detector in detectors.rivals(options):
        methods[detector.name] = _counted(detector)
    scenes = {"rendered": rendered(number), **real(options.data, number)}
    rows = [
        {"set": name, "distortion": distortion, "degree": degree, "method": method}
        | summary([measure(distort(scene, degree)) for scene in own])
        for name, own in scenes.items()
        for distortion, (distort, degrees) in SWEEPS.items()
        for degree in degrees[:: 3 if options.quick else 1]
        for method, measure in methods.items()
    ]
    rows += [
        {"set": "rendered", "distortion": what, "degree": degree, "method": method}
        | summary([measure(scene) for scene in rendered(number, smear)])
        for what, degree, smear in crowds()
        for method, measure in methods.items()
    ]
    table = Table("robustness", "Fields made worse by degrees", tuple(rows), (
        "Fields that are rejected count as missed cells in F1; `errors` are accepted fields with a missed or spurious "
        "cell; `misnamed` is the share of wrong types among the cells that are named on accepted fields.",
        "The installed bundle has learnt from other fields of BCCD and from these slides of Raabin.",
    ))  # fmt: skip
    record.write(options.out, "robustness", [table], {"fields of each set": number})


def ours(analyzer: Analyzer, scene: Scene) -> Outcome:
    """What lowcost makes of a scene whose scale it is not told."""
    try:
        found = analyzer.analyze(scene.pixels).fields[0]
    except InputError:
        return Outcome(_missed(scene), "rejected")
    cells = [cell for cell in found.cells if cell.is_leukocyte]
    boxes = [cell.box for cell in cells]
    pairs = match(scene.boxes, boxes, "centre", scene.ignore).pairs
    told = [(scene.types[i], cells[j]) for i, j in pairs if scene.types and cells[j].type != UNIDENTIFIED]
    counts = detection.score(scene.boxes, boxes, "centre", scene.ignore)
    return Outcome(counts, found.verdict, len(told), sum(not _allows(types, cell) for types, cell in told))


def summary(outcomes: Sequence[Outcome]) -> dict[str, int | float | Estimate | None]:
    """Figures of one method on one set of scenes."""
    rows = [(own.counts.true_positive, own.counts.false_positive, own.counts.false_negative) for own in outcomes]
    accepted = [own for own in outcomes if own.verdict == "accepted"]
    named = sum(own.named for own in accepted)
    erring = [bool(own.counts.false_positive or own.counts.false_negative) for own in accepted]
    return {
        "fields": len(outcomes),
        "F1": interval(_f1, rows),
        "rejected": _share(own.verdict == "rejected" for own in outcomes),
        "doubtful": _share(own.verdict == "doubtful" for own in outcomes),
        "errors": float(np.mean(erring)) if erring else None,
        "named": named,
        "misnamed": sum(own.misnamed for own in accepted) / named if named else None,
    }


def rendered(number: int, smear: Smear | None = None) -> list[Scene]:
    """Return rendered fields with the stain and camera of phones, three leukocytes each."""
    made = []
    for seed in range(number):
        settings = presets.draw("phone", seed).settings
        if smear is not None:
            settings = replace(settings, smear=smear)
        types = [LEUKOCYTES[(seed + i) % len(LEUKOCYTES)] for i in range(3)]
        field = render(seed, width=800, height=600, um_per_px=0.1, cells=types, settings=settings)
        boxes = np.array([item.box for item in field.leukocytes], np.float64).reshape(-1, 4)
        made.append(Scene(field.pixels, boxes, np.zeros((0, 4)), (), 0.1))
    return made


def crowds() -> list[tuple[str, float, Smear]]:
    """Return rendered smears of growing crowds: of red cells, and of leukocytes that touch."""
    return [("red cell cover", cover, Smear(red_cell_cover=cover)) for cover in COVERS] + [
        ("touching leukocytes", touching, Smear(touching=touching)) for touching in TOUCHING
    ]


def real(data: Path, number: int) -> dict[str, list[Scene]]:
    """Return fields of BCCD's test split and of Raabin, evenly drawn."""
    every = {"bccd": fields.split(data, "test"), "raabin_dev": raabin_dev.fields(data)}
    found = {}
    for name, pictures in every.items():
        listed, step = faults.known(pictures), max(1, len(pictures) // number)
        found[name] = [_scene(field, listed, fields.UM_PER_PX[name]) for field in pictures[::step][:number]]
    return found


def _scene(field: LabelledField, listed: Sequence[faults.Fault], um_per_px: float) -> Scene:
    truth = faults.truth(field, listed)
    known = len(truth.boxes) == 1 and len(field.types) == 1
    return Scene(field.pixels(), truth.boxes, truth.ignore, field.types if known else (), um_per_px)


def _counted(detector: Detector) -> Method:
    def measure(scene: Scene) -> Outcome:
        return Outcome(detection.score(scene.boxes, detector.find(scene.pixels).boxes, "centre", scene.ignore))

    return measure


def _missed(scene: Scene) -> detection.Counts:
    return detection.Counts(false_negative=len(scene.boxes))


def _allows(types: frozenset[str], cell: Cell) -> bool:
    return cell.type in types


def _f1(rows: np.ndarray) -> float:
    right, spurious, missed = rows.sum(axis=0)
    return float(2 * right / (2 * right + spurious + missed)) if right + spurious + missed else 1.0


def _share(hits: object) -> float:
    return float(np.mean(list(hits)))  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
