"""What is counted of each slide, in one pass over a store that keeps no field in memory."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from lowcost.batch.item import Item
from lowcost.batch.store import Store
from lowcost.differential import Parameters as Conventions
from lowcost.differential import share
from lowcost.export.files import stems
from lowcost.novelty import Parameters
from lowcost.report import words
from lowcost.result import Cell, Share
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

BLASTS = tuple(name for name, kind in CELL_TYPES.items() if kind.is_blast_equivalent)
LEUKOCYTES = tuple(name for name, kind in CELL_TYPES.items() if kind.is_leukocyte)
SURE = 10
"""Lower limit of the share of blast equivalents, %, from which on a slide comes before all others."""

_FIGURE = re.compile(r"\d[\d.e-]*")
"""What differs from field to field in reasons that are one: a scale, say."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Photograph:
    """One image of a slide that was analysed.

    Attributes
    ----------
    item : Item
        Where it lies.
    blasts, unidentified : int
        How many cells of it are blast equivalents, and have no type.
    """

    item: Item
    blasts: int
    unidentified: int


@dataclass
class Slide:
    """One slide, or all slides of a patient.

    Attributes
    ----------
    name : str
        The slide, or the patient.
    patient, device : str
        Whose it is and what took it (a profile by the name of its file); empty where that is not known.
    day : date or None
        The first of its days.
    slides : int
        How many slides these are.
    fields : Counter of str
        Fields by verdict.
    failures, pending : int
        Images that could not be analysed, and that are still to be.
    counts : Counter of str
        Objects by type, on fields that were not rejected.
    maybe_blasts : int
        Leukocytes with another name, or none, that may be blasts at the bundle's stated coverage.
    unlike, measured : int
        Leukocytes that look unlike the training set, of those whose novelty was measured.
    deviation : (features,) float64 array or None
        Mean distance of its leukocytes' features from training cells of their own type, in spreads; None of a slide
        without leukocytes, and of a patient.
    photographs : list of Photograph
        Its images by name; none of a patient.
    mosaic : bool
        Whether its photographs overlap.
    file : str
        What its files are called, without ending; empty of a patient.
    """

    name: str
    patient: str = ""
    device: str = ""
    day: date | None = None
    slides: int = 1
    fields: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    pending: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    maybe_blasts: int = 0
    unlike: int = 0
    measured: int = 0
    deviation: Floats | None = None
    photographs: list[Photograph] = field(default_factory=list)
    mosaic: bool = False
    file: str = ""

    @property
    def leukocytes(self) -> int:
        """Leukocytes, the unidentified ones too."""
        return sum(self.counts[name] for name in LEUKOCYTES)

    @property
    def named(self) -> int:
        """Leukocytes with a type."""
        return self.leukocytes - self.counts[UNIDENTIFIED]

    def share(self, *types: str) -> Share:
        """Return the share of some types among the named leukocytes."""
        return share(sum(self.counts[name] for name in types), self.named)

    @property
    def blasts(self) -> Share:
        """Blast equivalents among the named leukocytes."""
        return self.share(*BLASTS)

    def needs_more(self, conventions: Conventions) -> bool:
        """Whether its limits leave open a share of blasts that matters, and more cells could settle it."""
        blasts = self.blasts
        few = self.named < conventions.reference
        return few and any(blasts.low < percent <= blasts.high for percent in conventions.blast_thresholds)

    @property
    def unsure(self) -> Share:
        """Unidentified among all leukocytes."""
        return share(self.counts[UNIDENTIFIED], self.leukocytes)

    @property
    def usable(self) -> Share:
        """Fields that were not rejected among all images that were tried."""
        good = self.fields.total() - self.fields["rejected"]
        return share(good, self.fields.total() + self.failures)


@dataclass
class Shift:
    """The photographs of one device on one day.

    Attributes
    ----------
    device : str
        Which; empty where that is not known.
    day : date or None
        When.
    fields : Counter of str
        Fields by verdict.
    failures : int
        Images that could not be analysed.
    reasons : Counter of str
        Why fields were doubtful or rejected, in words.
    edges, scales : list of float
        Of each field the width of outlines, um, and um per px, where they were measured.
    unlike, measured : int
        As of `Slide`.
    """

    device: str
    day: date | None
    fields: Counter[str] = field(default_factory=Counter)
    failures: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    edges: list[float] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)
    unlike: int = 0
    measured: int = 0

    @property
    def usable(self) -> Share:
        """Fields that were not rejected among all images that were tried."""
        return share(self.fields.total() - self.fields["rejected"], self.fields.total() + self.failures)


def read(store: Store, training: Parameters | None) -> tuple[list[Slide], list[Shift]]:
    """Count every slide of a store, and the photographs of every device and day.

    Parameters
    ----------
    store : Store
        Open for reading.
    training : Parameters or None
        The bundle's section ``novelty``: what training cells look like.

    Returns
    -------
    slides : list of Slide
        By name.
    shifts : list of Shift
        By device and day.
    """
    shifts: dict[tuple[str, str], Shift] = {}

    def shift(item: Item) -> Shift:
        key = (_device(item.device), item.day or "")
        return shifts.setdefault(key, Shift(key[0], _day(item.day)))

    slides = []
    means = _means(training) if training else {}
    rows = list(store.slides())
    # A slide is a folder's path: its files are named by all of it.
    for row, file in zip(rows, stems(row.slide.replace("/", " ") for row in rows), strict=True):
        slide = Slide(
            row.slide, row.patient or "", _device(row.device), _day(row.day), mosaic=store.is_mosaic, file=file
        )
        slide.failures, slide.pending = row.failures, row.pending
        deviations, cells = np.zeros(len(training.features) if training else 0), 0
        for item, found in store.fields(row.slide):
            own = shift(item)
            slide.fields[found.verdict] += 1
            own.fields[found.verdict] += 1
            own.reasons.update(_FIGURE.sub("\u2026", reason.partition(":")[0]) for reason in found.reasons)
            own.edges += [found.quality["edge_width_um"]] if "edge_width_um" in found.quality else []
            own.scales += [found.scale.um_per_px_x] if found.scale.um_per_px_x > 0 else []
            counted = Counter(cell.type for cell in found.cells if found.verdict != "rejected")
            blasts = sum(counted[name] for name in BLASTS)
            slide.photographs.append(Photograph(item, blasts, counted[UNIDENTIFIED]))
            for cell in found.cells if found.verdict != "rejected" else ():
                slide.counts[cell.type] += 1
                if not cell.is_leukocyte:
                    continue
                slide.maybe_blasts += cell.type not in BLASTS and any(name in BLASTS for name in cell.possible_types)
                if cell.novelty is not None:
                    for whole in (slide, own):
                        whole.measured += 1
                        whole.unlike += words.unlike(cell.novelty)
                away = _deviation(cell, means.get(cell.type), training)
                if away is not None:
                    deviations, cells = deviations + away, cells + 1
        slide.deviation = deviations / cells if cells else None
        slides.append(slide)
    for item, _ in store.failures(twins=False):
        shift(item).failures += 1
    return slides, [shifts[key] for key in sorted(shifts)]


def patients(slides: Iterable[Slide]) -> list[Slide]:
    """Return the slides of each patient put together, by name of the patient; those of nobody are left out."""
    ordered = sorted((slide for slide in slides if slide.patient), key=lambda slide: slide.patient)
    return [_together(name, list(own)) for name, own in groupby(ordered, key=lambda slide: slide.patient)]


def first_to_look_at(slides: Iterable[Slide]) -> Iterator[tuple[Slide, str]]:
    """Give every slide in the order in which a person should look at them, each with why.

    First come those whose share of blast equivalents has a lower limit of `SURE` or more, by it; then all others by
    the upper limit of the share of cells that are blast equivalents or unidentified, so that few cells and unsure ones
    come before many that are named; slides that agree in it by how many of their leukocytes may be blasts.
    """

    def key(slide: Slide) -> tuple[float, float, float, str]:
        low = slide.blasts.low if slide.named else 0.0
        possible = sum(slide.counts[name] for name in (*BLASTS, UNIDENTIFIED))
        return (
            -low if low >= SURE else 0.0,
            -share(possible, slide.leukocytes).high,
            -(slide.maybe_blasts / slide.leukocytes if slide.leukocytes else 0.0),
            slide.name,
        )

    for slide in sorted(slides, key=key):
        yield slide, _why(slide)


def to_look_at(slide: Slide) -> list[Photograph]:
    """Return the photographs of a slide, those with most blast equivalents or unidentified cells first."""
    return sorted(slide.photographs, key=lambda own: (-own.blasts - own.unidentified, -own.blasts, own.item.name))


def command(slide: Slide, out: str, bundle: str | None = None) -> str | None:
    """Return the command that writes a slide's own report, with overlays, as a shell takes it.

    Parameters
    ----------
    slide : Slide
        Which.
    out : str
        The folder to write to.
    bundle : str, optional
        Another bundle than the installed one.

    Returns
    -------
    str or None
        None where photographs are parts of other files, lie elsewhere or were not analysed: they are not for
        ``lowcost analyze``.
    """
    items = [own.item for own in slide.photographs]
    if not items or any(item.part or "://" in item.path for item in items):
        return None
    given = [*(["--mosaic"] if slide.mosaic else []), *(["--bundle", bundle] if bundle else [])]
    if items[0].device and items[0].device.lower().endswith(".json"):  # as a batch takes it: of a slide the first
        given += ["--device", items[0].device]
    scales = {item.um_per_px for item in items}
    if len(scales) == 1 and items[0].um_per_px is not None:
        given += ["--um-per-px", str(items[0].um_per_px)]
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return join(["lowcost", "analyze", "--out", out, *given, *(item.path for item in items)])


def _why(slide: Slide) -> str:
    blasts = slide.blasts
    why = ["no leukocyte was named"]
    if blasts.count:
        why = [f"{blasts.count} of {blasts.total} named leukocytes are blast equivalents"]
    elif blasts.total:
        why = [f"no blast equivalents among {words.count(blasts.total, 'named leukocyte')}"]
    if slide.maybe_blasts:
        why.append(f"{slide.maybe_blasts}{' more' if blasts.count else ''} may be blasts")
    if slide.counts[UNIDENTIFIED]:
        why.append(f"{slide.counts[UNIDENTIFIED]} unidentified")
    return ", ".join(why)


def _together(name: str, slides: list[Slide]) -> Slide:
    days = [slide.day for slide in slides if slide.day]
    return Slide(
        name=name,
        patient=name,
        device=", ".join(sorted({slide.device for slide in slides if slide.device})),
        day=min(days, default=None),
        slides=len(slides),
        fields=sum((slide.fields for slide in slides), Counter()),
        failures=sum(slide.failures for slide in slides),
        pending=sum(slide.pending for slide in slides),
        counts=sum((slide.counts for slide in slides), Counter()),
        maybe_blasts=sum(slide.maybe_blasts for slide in slides),
        unlike=sum(slide.unlike for slide in slides),
        measured=sum(slide.measured for slide in slides),
    )


def _means(training: Parameters) -> dict[str, Floats]:
    """The mean training cell of each type: the mean of its kinds, which are sets."""
    kinds = defaultdict(list)
    for kind, mean in training.kinds.items():
        for name in kind.rpartition(" ")[2].split("/"):
            kinds[name].append(mean)
    return {name: np.array(means).mean(axis=0) for name, means in kinds.items()}


def _deviation(cell: Cell, mean: Floats | None, training: Parameters | None) -> Floats | None:
    """How far a cell's features lie from the mean training cell of its type, in spreads; undefined ones lie on it."""
    if mean is None or training is None or not cell.features:
        return None
    values = np.array([cell.features.get(name, np.nan) for name in training.features])
    away = np.clip((values - mean) / training.spread, -training.limit, training.limit)
    return np.where(np.isfinite(away), away, 0.0)


def _device(text: str | None) -> str:
    """A device's name: where a profile is named, what its file is called."""
    return PurePath(text).name.removesuffix(".json") if text else ""


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
