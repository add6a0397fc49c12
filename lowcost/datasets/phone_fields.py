"""Photographs through an eyepiece without labels: 20 fields with vignetted corners and many small cells."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.types import Card, LabelledField, image_folder

CARD = Card(
    name="phone_fields",
    title="Fields photographed through an eyepiece",
    licence="none stated",
    may_train=False,
    source="unknown",
)


def fields(root: Path) -> list[LabelledField]:
    """Return every field in the order of the file names.

    Raises
    ------
    InputError
        The set is not there.
    """
    return [LabelledField(dataset=CARD.name, path=path) for path in image_folder(root, CARD.name)]
