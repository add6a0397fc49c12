"""The labels of LeukemiaAttri and LLD: text with attributes (AttriDet), or COCO with the attributes as keys.

Both lie where the release has them, so that ``lowcost.datasets.lld`` reads them where the photographs are named as
theirs and the folder as one of its subsets. The sets know 14 classes and 7 attributes, and no lineage is invented:
a blast of unknown kind has no class.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from lowcost.convert import coco
from lowcost.convert.stream import Labelled, Labels, Photograph
from lowcost.datasets.lld import ATTRIBUTE_KEYS, LABELS
from lowcost.export import files

_NOT_APPLICABLE = 4


def label(box: Labelled) -> str | None:
    """Return the class that the set has for an object, or a wider one (``neutrophil``); None where there is none."""
    word = box.label.strip().lower().replace(" ", "_")
    if word in LABELS:
        return word
    wider = [name for name, types in LABELS.items() if box.types and box.types < types]
    return wider[0] if len(wider) == 1 else None


def write_text(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write ``txt_labels/AttriDet/SPLIT/NAME.txt``: class, box in fractions of the photograph, seven attributes."""
    index = {name: number for number, name in enumerate(LABELS)}
    for stem, each in zip(files.stems(each.file_name for each in labels.photographs), labels.photographs, strict=True):
        assert each.size is not None
        width, height = each.size
        lines = []
        for box in each.boxes:
            x0, y0, x1, y1 = box.box
            place = ((x0 + x1) / (2 * width), (y0 + y1) / (2 * height), (x1 - x0) / width, (y1 - y0) / height)
            numbers = [f"{value:.12f}" for value in place]
            lines.append(" ".join([str(index[box.label]), *numbers, *map(str, _codes(box).values())]))
        text = "".join(f"{line}\n" for line in lines)
        yield f"txt_labels/AttriDet/{_split(each)}/{stem}.txt", text.encode("ascii")


def write_coco(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write ``json_labels/SPLIT.json``."""
    splits: dict[str, list[Photograph]] = defaultdict(list)
    for each in labels.photographs:
        splits[_split(each)].append(each)
    for split, found in splits.items():
        bare = [
            replace(each, boxes=tuple(replace(box, judged={}, score=None, touches_edge=None) for box in each.boxes))
            for each in found
        ]
        content = coco.document(Labels(tuple(bare), tuple(LABELS)))
        boxes = (box for each in found for box in each.boxes)
        for annotation, box in zip(content["annotations"], boxes, strict=True):
            annotation |= _codes(box)
        yield f"json_labels/{split}.json", f"{json.dumps(content, allow_nan=False)}\n".encode("ascii")


def _split(shown: Photograph) -> str:
    return shown.split if shown.split in ("train", "test") else "train"


def _codes(box: Labelled) -> dict[str, int]:
    """The set's seven codes by key; what is not known is not applicable."""
    return {key: box.attributes.get(name, _NOT_APPLICABLE) for key, name in ATTRIBUTE_KEYS.items()}
