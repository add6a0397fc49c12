"""Leukemia smears photographed by a phone on the eyepiece: 43 fields 640x480 without labels."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.types import Card, LabelledField, image_folder

CARD = Card(
    name="phone_leukemia",
    title="Fields of leukemia smears by a phone on the eyepiece",
    licence="none stated",
    may_train=False,
    source="unknown",
)


def fields(root: Path) -> list[LabelledField]:
    """Return every field in the order of the file names; `group` is the day of the recording.

    Raises
    ------
    InputError
        The set is not there.
    """
    return [
        LabelledField(dataset=CARD.name, path=path, group=path.stem.split("_")[0])
        for path in image_folder(root, CARD.name)
    ]
