"""The process that learns and calibrates: ``python -m lowcost.serve.learner BYTES``.

It knows neither the database nor the network. One line of JSON on standard input says what to do; lines on standard
output say how far it is, the last one what came of it. Memory is limited, it gives way to pages and analyses, and it
ends by itself as soon as the server that started it is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lowcost.datasets.types import Card, LabelledBox, LabelledField
from lowcost.errors import InputError, LowcostError
from lowcost.serve.verified import LEAST_SLIDES
from lowcost.serve.worker import limit

if TYPE_CHECKING:
    from lowcost.device import Profile
    from lowcost.evaluation.bootstrap import Estimate
    from lowcost.evaluation.naming import Named
    from lowcost.training.sources import Source

Tell = Callable[[dict[str, Any]], None]


def main(limit_bytes: int) -> None:
    """Do one task."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a library that prints does not spoil an answer
    limit(limit_bytes)
    with contextlib.suppress(OSError, AttributeError):  # Windows has no niceness
        os.nice(10)
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_server, daemon=True).start()

    def tell(line: dict[str, Any]) -> None:
        answers.write(json.dumps(line, allow_nan=False) + "\n")
        answers.flush()

    try:
        tell(_TASKS[task["kind"]](task, tell))
    except LowcostError as error:
        tell({"error": _as_people_say(str(error), task["photographs"])})


def _end_with_server() -> None:
    sys.stdin.read()
    os._exit(0)


def _as_people_say(sentence: str, photographs: Sequence[dict[str, Any]]) -> str:
    """A sentence with the names that people gave in place of files."""
    for each in photographs:
        sentence = sentence.replace(each["file"], each["name"]).replace(each["sha256"], each["name"])
    return sentence


def _bundle(task: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """A bundle whose classifier is corrected by what verified cells say."""
    from lowcost.bundle import Bundle
    from lowcost.classifier import Parameters
    from lowcost.training import heads, measured
    from lowcost.training.target import open_target

    target = open_target(Path(task["folder"]), Path(task["bundle"]) if task["bundle"] else None)
    source, by = _source(task["photographs"], tell)
    classifier = Bundle.load(target.base).section("classifier", Parameters)
    scratch = Path(task["scratch"])
    cells = heads.usable(measured.measure(source.pictures, target.base, scratch / "cells"), classifier.classes)
    outcome = heads.learn(cells, classifier)
    heads.finish(cells, outcome, [source], target, scratch)
    return {"helps": outcome.helps, "report": _judged(outcome, cells.label, source, by), "profile": None}


def _verified(task: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """A device profile whose probabilities mean what verified cells say."""
    from lowcost.bundle import Bundle
    from lowcost.classifier import Parameters
    from lowcost.device import Profile
    from lowcost.training import recalibration

    bundle, profile = Bundle.load(task["bundle"]), Profile.load(task["profile"])
    source, by = _source(task["photographs"], tell)
    cells = recalibration.verified([source], profile, bundle)
    outcome = recalibration.learn(cells, bundle.section("classifier", Parameters))
    made = recalibration.recalibrated(profile, cells, outcome.recalibration)
    return {
        "helps": outcome.helps,
        "report": _judged(outcome, cells.label, source, by),
        "profile": made.dumps().decode("ascii"),
    }


def _device(task: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """The profile of a new device."""
    from lowcost.calibration import calibrate
    from lowcost.pipeline import Analyzer

    photographs = task["photographs"]
    looked: list[str] = []
    left_out: list[str] = []

    def measuring(name: str) -> None:
        looked.append(name)
        tell({"done": len(looked), "total": 2 * len(photographs)})  # first their optics, then their cells

    files = [each["file"] for each in photographs]
    analyzer = Analyzer.load(task["bundle"])
    try:
        made = calibrate(task["name"], files, analyzer, measuring, left_out.append)
    except InputError as error:
        # Why photographs were left out is why there are too few.
        raise InputError("; ".join([str(error), *left_out])) from error
    names = {f"{each['sha256']} {each['sha256']}": f"{each['name']} {each['sha256']}" for each in photographs}
    made = replace(made, provenance={key: names.get(value, value) for key, value in made.provenance.items()})
    report = _measured(made) | {"left_out": [_as_people_say(each, photographs) for each in left_out]}
    return {"helps": True, "report": report, "profile": made.dumps().decode("ascii")}


def _measured(made: Profile) -> dict[str, Any]:
    return {
        "um_per_px": [made.um_per_px_x, made.um_per_px_y],
        "spread": made.um_per_px_spread,
        "rulers": made.rulers,
        "has_light": made.flat_field is not None,
        "light_spread": made.light_spread,
        "edge_width_um": made.edge_width_um,
        "has_shift": made.shift is not None,
        "photographs": made.fields,
        "blank": made.blank_fields,
        "cells": made.cells,
        "size": [made.width, made.height],
    }


def _source(lessons: Sequence[dict[str, Any]], tell: Tell) -> tuple[Source, str]:
    """The verified photographs as a set, and what of it is held out in one piece: slides where there are enough."""
    from lowcost.datasets.labels import types_of
    from lowcost.image import reading
    from lowcost.training.sources import Source

    done: set[Path] = set()

    class Photograph(LabelledField):
        """A photograph as the product reads it."""

        def pixels(self) -> NDArray[np.uint8]:
            done.add(self.path)
            tell({"done": len(done), "total": len(lessons)})
            return reading.read(self.path).pixels

    by = "slides" if len({each["slide"] for each in lessons}) >= LEAST_SLIDES else "photographs"
    pictures = tuple(
        Photograph(
            dataset="verified cells",
            path=Path(each["file"]),
            boxes=tuple(LabelledBox(tuple(box), kind, types_of(kind) or frozenset()) for kind, box in each["cells"]),
            group=each["slide"] if by == "slides" else each["sha256"],
            um_per_px=each["um_per_px"],
        )
        for each in lessons
    )
    title, licence = "cells that this station's people have signed for", "the laboratory's own"
    card = Card("verified cells", title, licence, may_train=True, source="", holds="", get="", split="")
    return Source(card, pictures), by


def _judged(outcome: Any, labels: Sequence[str], source: Source, by: str) -> dict[str, Any]:
    """What was gained on what was held out, of a correction or a recalibration."""
    from lowcost.evaluation import naming

    def figures(named: Named) -> dict[str, Any]:
        estimates = {
            "right": naming.accuracy(named),
            "balanced": naming.balanced_accuracy(named),
            "calibration": naming.calibration_error(named),
        }
        return {name: _numbers(estimate) for name, estimate in estimates.items()}

    before, after = outcome.before, outcome.after
    of_label = np.array(before.labels)
    return {
        "cells": len(labels),
        "photographs": len(source.pictures),
        "by": by,
        "held_out": len(set(before.group)),
        "before": figures(before),
        "after": figures(after),
        "gain": _numbers(outcome.gain),
        "types": [
            {
                "type": name,
                "cells": count,
                "before": int(before.right[of_label == name].sum()),
                "after": int(after.right[of_label == name].sum()),
            }
            for name, count in Counter(labels).most_common()
        ],
    }


def _numbers(estimate: Estimate) -> list[float]:
    return [estimate.value, estimate.low, estimate.high]


_TASKS: dict[str, Callable[[dict[str, Any], Tell], dict[str, Any]]] = {
    "bundle": _bundle,
    "verified": _verified,
    "device": _device,
}

if __name__ == "__main__":
    main(int(sys.argv[1]))
