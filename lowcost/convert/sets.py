"""Any set that `lowcost.datasets` reads: published ones, and pictures of single cells in one folder per class."""

from __future__ import annotations

from pathlib import Path

from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import BY_PERSON, Labelled, Labels, Photograph, codes, in_order, of_set
from lowcost.datasets import catalogue
from lowcost.datasets.types import Finding, LabelledCell, image_size
from lowcost.result import AttributeValue


def read(path: Path, photographs: Photographs) -> Labels:
    """Read a set; files of it that cannot be read are told.

    Raises
    ------
    InputError
        There is no set.
    """
    folder, entry = catalogue.find(path)
    findings: list[Finding] = []
    records = entry.read(folder, findings)
    found = [_picture(each) if isinstance(each, LabelledCell) else of_set(each) for each in records]
    failures = tuple(f"{each.where}: {each.what}" for each in findings)
    return Labels(tuple(found), in_order(found), failures=failures)


def _picture(cell: LabelledCell) -> Photograph:
    """A picture of one cell as a photograph on which that is everything."""
    width, height = image_size(cell.path)
    judged = {name: AttributeValue(name, value, None, BY_PERSON) for name, value in cell.attributes.items()}
    box = Labelled((0, 0, width, height), cell.label, cell.types, codes(judged), judged=judged)
    return Photograph(
        dataset=cell.dataset,
        path=cell.path,
        boxes=(box,),
        split=cell.split,
        group=cell.group,
        um_per_px=cell.um_per_px,
        file_name=cell.path.name,
        size=(width, height),
    )
