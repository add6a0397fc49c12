"""Stores of slides made by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from lowcost import novelty
from lowcost.batch.columns import pack
from lowcost.batch.item import Item
from lowcost.batch.ledger import Ledger, Listed, Outcome
from lowcost.bundle import Bundle
from lowcost.result import Cell, Field
from tests.smears import cell, field

BUNDLE = Bundle.load()
TRAINING = novelty.load(BUNDLE)
LAST = date(2026, 3, 31)
"""The last day of the stores."""


def alike(number: int, kind: str, random: np.random.Generator, shift: float = 0.0) -> Cell:
    """A cell whose features lie about those of the training cells of its type, `shift` spreads away from them."""
    assert TRAINING is not None
    own = [mean for name, mean in TRAINING.kinds.items() if kind in name.rpartition(" ")[2].split("/")]
    made = cell(number, kind, 60 + 40 * (number % 14), 60 + 40 * (number // 14), 15)
    if not own:
        return made
    values = np.mean(own, axis=0) + (random.normal(shift, 1, len(TRAINING.features))) * TRAINING.spread
    features = dict(zip(TRAINING.features, values.tolist(), strict=True))
    return dataclasses.replace(made, features=features, novelty=novelty.of_cell(features, TRAINING))


def write(folder: Path, slides: Sequence[tuple[Item, Sequence[Field]]], failed: Sequence[Item] = ()) -> Path:
    """Write a store of slides, each an item of which its fields take all but the name."""
    with Ledger(folder, BUNDLE) as ledger:
        entries = [
            (dataclasses.replace(item, name=found.name, path=f"/{item.slide}/{found.name}"), found)
            for item, fields in slides
            for found in fields
        ]
        ledger.register([Listed(item, "", "1") for item in (*(item for item, _ in entries), *failed)])
        keys = [f"{item.slide}/{item.name}".encode() for item, _ in entries]
        ledger.settle(
            Outcome(item.slide, item.name, key, key, pack(found), None, 0.1)
            for key, (item, found) in zip(keys, entries, strict=True)
        )
        ledger.settle(Outcome(item.slide, item.name, failure=f"{item.name} is empty") for item in failed)
    return folder


def slide(name: str, ago: int | None = 0, patient: str | None = None, device: str | None = "phone") -> Item:
    """A slide of so many days before the last one."""
    day = None if ago is None else (LAST - timedelta(days=ago)).isoformat()
    return Item(name, "", f"/{name}", patient=patient, device=device, day=day)


def programme(folder: Path, count: int, seed: int = 1, shift: float = 0.0) -> Path:
    """Write a store of slides of two devices over five weeks; in the last one the first device differs by `shift`."""
    random = np.random.default_rng(seed)
    kinds = ["neutrophil_segmented", "lymphocyte", "monocyte", "eosinophil", "blast", "unidentified", "platelet"]
    slides = []
    for number in range(count):
        ago = number * 35 // max(count, 1)
        device = ("phone", "microscope 2")[number % 2]
        shares = random.dirichlet((55, 30, 6, 3, 60 if number % 9 == 4 else 0.2, 2, 5))
        chosen = random.choice(kinds, 110, p=shares)
        moved = shift if ago < 7 and device == "phone" else 0.0
        cells = [alike(place, kind, random, moved) for place, kind in enumerate(chosen, 1)]
        verdicts = ["accepted", "accepted", "rejected" if number % 5 == 0 else "doubtful"]
        parts = (cells[:55], cells[55:], [])
        fields = [
            field(own, f"{place}.png", verdict)
            for place, (own, verdict) in enumerate(zip(parts, verdicts, strict=True), 1)
        ]
        slides.append((slide(f"march/slide {number + 1:03d}", ago, f"P{number // 2 + 1:03d}", device), fields))
    failed = [dataclasses.replace(item, name="empty.png", path=f"/{item.slide}/empty.png") for item, _ in slides[:1]]
    return write(folder, slides, failed)
