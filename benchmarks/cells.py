"""The labelled cells that every classifier learns from and is tested on: the same crops for all.

Learnt from are the training views of PBC and bone marrow. Tested are the cells that the product finds on PBC's and the
marrow's test parts, and on all of Raabin and BCCD, cameras that no method here has seen unless its name says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from lowcost.bundle import Bundle
from lowcost.classifier import Parameters
from lowcost.datasets.pbc import ATTRIBUTE_NAMES
from lowcost.evaluation import naming
from lowcost.evaluation.naming import Named
from lowcost.taxonomy import ATTRIBUTES
from lowcost.training import morphology, views
from lowcost.training.morphology import Table
from lowcost.training.views import CLASSES, Sample, Views

CAMERAS = ("raabin_dev", "bccd")
"""Sets of which all is tested and nothing learnt."""

SETS = ("pbc", "bone_marrow", *CAMERAS)

QUICK_VIEWS, QUICK_CELLS = 10, 20
"""A quick run learns from one view in so many, and is tested on one cell in so many."""


@dataclass(frozen=True)
class Opinion:
    """What a method says of some cells.

    Attributes
    ----------
    probabilities : (n, 13) float64 array
        Of `lowcost.training.views.CLASSES`.
    attributes : (n, 11) int array or None
        Number of the value of each of `pbc.ATTRIBUTE_NAMES`; None where the method names types alone.
    """

    probabilities: NDArray[np.float64]
    attributes: NDArray[np.int64] | None = None

    @classmethod
    def of_scores(cls, scores: NDArray[np.float64], classes: Sequence[str]) -> Opinion:
        """Return the softmax of (n, k) scores of some of `CLASSES`; the others are impossible."""
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        probabilities = np.zeros((len(scores), len(CLASSES)))
        probabilities[:, [CLASSES.index(name) for name in classes]] = likely / likely.sum(axis=1, keepdims=True)
        return cls(probabilities)


class Namer(Protocol):
    """A method that names cells.

    Attributes
    ----------
    name : str
        In the tables.
    budget : str
        What its training was given, in words.
    """

    name: str
    budget: str

    def fit(self, data: Views) -> None:
        """Learn from the ``train`` part of labelled views."""
        ...

    def predict(self, table: Table) -> Opinion:
        """Name the cells of one set."""
        ...


def learnt(data: Path, work: Path, quick: bool) -> Views:
    """Return the views of PBC and marrow, all or those of a quick run; rendered once and kept in `work`."""
    every = QUICK_VIEWS if quick else 1
    kept = work / f"views-{every}.npz"
    if kept.exists():
        with np.load(kept) as saved:
            return Views(**saved)
    samples = [sample for sample in views.published(data, CAMERAS) if sample.source not in CAMERAS]
    made = views.render(samples[::every], Bundle.load())
    work.mkdir(parents=True, exist_ok=True)
    np.savez(kept, **vars(made))
    return made


def tested(data: Path, work: Path, quick: bool) -> dict[str, Table]:
    """Return the test cells of each set, as the installed bundle's finder cuts them out.

    Parameters
    ----------
    data, work : Path
        Folder of the sets; where measured cells are kept.
    quick : bool
        Takes those of a quick run.
    """
    every = QUICK_CELLS if quick else 1
    work.mkdir(parents=True, exist_ok=True)
    every_cell = [sample for sample in views.published(data, CAMERAS) if _is_tested(sample)]
    with patch.object(morphology, "CHANGED", 0):  # of tested cells no copies in other stains are needed
        table = morphology.measure(every_cell[::every], Bundle.load().folder, work / f"cells-{every}.npz", 1)
    source = np.array([sample.source for sample in table.samples])
    return {name: table.where(source == name) for name in SETS if (source == name).any()}


def named_by(left_out: Path | None) -> Bundle:
    """Return the installed bundle with the network and the linear model of another, so that both find the same cells.

    Parameters
    ----------
    left_out : Path or None
        A bundle that has not learnt from some cameras; None for the installed one as it is.
    """
    installed = Bundle.load()
    if left_out is None:
        return installed
    other = Bundle.load(left_out)
    naming_sections = {name: other.parameters[name] for name in ("classifier", "morphology")}
    named_files = {section["file"] for section in naming_sections.values()}
    return replace(
        installed,
        parameters=installed.parameters | naming_sections,
        files=installed.files | {name: other.file(name) for name in named_files},
    )


def labelled_attributes(table: Table) -> NDArray[np.int64]:
    """Return the published attributes, (n, 11); -1 where a cell has none."""
    return np.array([list(_values(sample)) for sample in table.samples]).reshape(-1, len(ATTRIBUTE_NAMES))


def named(opinion: Opinion, table: Table, parameters: Parameters) -> Named:
    """Return labelled cells with what a method called them; `parameters` holds the limit below which it abstains."""
    probabilities = [dict(zip(CLASSES, row, strict=True)) for row in opinion.probabilities.tolist()]
    best = [max(row, key=row.__getitem__) for row in probabilities]
    decided = [
        name if row[name] >= parameters.type_limit else "unidentified"
        for name, row in zip(best, probabilities, strict=True)
    ]
    allowed, group = [sample.types for sample in table.samples], [sample.group for sample in table.samples]
    return naming.collect(allowed, best, decided, probabilities, group)


def _is_tested(sample: Sample) -> bool:
    return sample.part == "test" and any(map(morphology.is_nucleated, sample.types))


def _values(sample: Sample) -> Iterator[int]:
    for name in ATTRIBUTE_NAMES:
        value = sample.attributes.get(name)
        yield -1 if value is None else ATTRIBUTES[name].values.index(value)
