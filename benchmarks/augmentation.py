"""What each change of the training views is worth: networks trained without it. ``python -m benchmarks.augmentation``.

All learn from PBC and bone marrow, from the same seed and for as long, and name the same cells as the methods of
``benchmarks.accuracy``: by the network alone, before it becomes int8 and before features and a profile speak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks import cells, paired, record
from benchmarks.cells import Opinion
from lowcost.bundle import Bundle
from lowcost.classifier import Parameters
from lowcost.crop import UM_PER_PX
from lowcost.evaluation import naming
from lowcost.evaluation.naming import Named
from lowcost.evaluation.tables import Table
from lowcost.strength import Strength
from lowcost.training import augmentation, backend
from lowcost.training.morphology import Table as Cells
from lowcost.training.views import Views

if TYPE_CHECKING:
    from lowcost.training.cell_type import Settings


def _as_it_is(image: NDArray[Any], *_: Any) -> NDArray[np.float32]:
    return image.astype(np.float32)


def _rounded(image: NDArray[np.float32], *_: Any) -> NDArray[np.uint8]:
    return np.clip(image + 0.5, 0, 255).astype(np.uint8)


def _own(view: NDArray[np.uint8], *_: Any) -> NDArray[np.uint8]:
    return view


STAIN = {"_stain": _as_it_is}
CAMERA = {"_optics": _as_it_is, "_camera": _rounded}
SURROUNDINGS = {"_surroundings": _own}

VARIANTS: dict[str, Mapping[str, Any]] = {
    "nothing: all changes": {},
    "changes of the stain": STAIN,
    "blur, noise, light and JPEG": CAMERA,
    "exchange of the surroundings": SURROUNDINGS,
    "all of these: turned, scaled and shifted alone": STAIN | CAMERA | SURROUNDINGS,
}
"""What is left out, and what stands in its place in `lowcost.training.augmentation`."""


def main() -> None:
    """Train what is not trained, name all cells, write ``augmentation.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--epochs", type=int, default=10, help="of each training; the shipped network's has 28")
    options = parser.parse_args()
    backend.prepare()  # before Keras is imported, as with all trainings
    from lowcost.training.cell_type import Settings

    quick, long = Settings(epochs=1, steps=20), Settings(epochs=options.epochs)
    settings = quick if options.quick else long
    data = cells.learnt(options.data, options.work, options.quick)
    tested = cells.tested(options.data, options.work, options.quick)
    told: dict[str, dict[str, Named]] = {}
    for number, variant in enumerate(VARIANTS):
        kept = options.work / f"augmentation-{number}-{settings.epochs}.npz"
        told[variant] = named(data, tested, variant, settings, kept)
    whole = told[next(iter(VARIANTS))]
    rows = [
        {"set": name, "without": variant} | summary(found[name], whole[name])
        for name in tested
        for variant, found in told.items()
    ]
    notes = (
        "The network alone, in float32. Seeds differ, too: benchmarks/results/new_cameras.md has two networks that "
        "were trained alike but for the seed (A teacher of several networks).",
    )
    table = Table("augmentation", "Networks trained without some changes of their views", tuple(rows), notes)
    record.write(options.out, "augmentation", [table], {"epochs": settings.epochs})


def named(data: Views, tested: Mapping[str, Cells], variant: str, settings: Settings, kept: Path) -> dict[str, Named]:
    """Train without some changes and name the cells of each set; a training that was stopped goes on."""
    from lowcost.training import cell_type

    bundle = Bundle.load()
    strength, parameters = Strength.load(bundle, UM_PER_PX), bundle.section("classifier", Parameters)
    with without(variant):
        model = cell_type.train(data, settings, strength, kept)
    found = {}
    for name, table in tested.items():
        crops = cell_type.normalised(cell_type.levelled(table.crops, strength))
        scores = np.asarray(model.predict(crops, batch_size=256, verbose=0), np.float64)
        found[name] = cells.named(Opinion.of_scores(scores, cell_type.present(data)), table, parameters)
    return found


@contextmanager
def without(variant: str) -> Iterator[None]:
    """Meanwhile make training views without what a variant leaves out."""
    with ExitStack() as stack:
        for name, instead in VARIANTS[variant].items():
            stack.enter_context(patch.object(augmentation, name, instead))
        yield


def summary(found: Named, whole: Named) -> dict[str, Any]:
    """One row: the figures of a variant, and what it loses against all changes."""
    return {
        "accuracy": naming.accuracy(found),
        "balanced accuracy": naming.balanced_accuracy(found).value,
        "loss": None if found is whole else paired.difference(whole.right, found.right, found.group),
    }


if __name__ == "__main__":
    main()
