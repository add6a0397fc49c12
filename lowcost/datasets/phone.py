"""Unlabelled fields photographed through an eyepiece: two sets that are looked at and never scored."""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets.types import Card, Finding, LabelledField, image_folder

LEUKEMIA = Card(
    name="phone_leukemia",
    title="Fields of leukemia smears by a phone on the eyepiece",
    licence="none stated",
    may_train=False,
    source="unknown",
    holds="43 fields 640x480 without labels",
    get="development fields of this project",
    split="by day of recording (`group`); for looking at only",
)
FIELDS = Card(
    name="phone_fields",
    title="Fields photographed through an eyepiece",
    licence="none stated",
    may_train=False,
    source="unknown",
    holds="20 fields with vignetted corners and many small cells, without labels",
    get="development fields of this project",
    split="nothing is known: for looking at only",
)


def fields(root: Path, findings: list[Finding] | None = None, *, card: Card) -> list[LabelledField]:
    """Return every field of `LEUKEMIA` or `FIELDS` in the order of the file names.

    Parameters
    ----------
    root : Path
        The set's folder, or the folder that holds it.
    findings : list of Finding, optional
        Unused: there are no labels to be missing.
    card : Card
        Which of the two. `group` of `LEUKEMIA` is the day of the recording.

    Raises
    ------
    InputError
        The set is not there.
    """
    folder = root if root.name == card.name else root / card.name
    days = card is LEUKEMIA
    return [
        LabelledField(dataset=card.name, path=path, group=path.stem.split("_")[0] if days else "")
        for path in image_folder(folder.parent, folder.name)
    ]
