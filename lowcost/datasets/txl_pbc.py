"""TXL-PBC: 1,260 pictures of BCCD, BCDD, PBC and Raabin-WBC with boxes drawn anew, YOLO text, published split.

``TXL_PBC/{images,labels}/{train,val,test}`` and ``data.yaml``, as seen in the published repository. Files carry names
without meaning, so neither source nor slide is known.
"""

from __future__ import annotations

import re
from pathlib import Path

from lowcost.datasets.layouts import yolo
from lowcost.datasets.types import (
    LEUKOCYTES,
    PLATELETS,
    Card,
    Finding,
    LabelledField,
    image_folder,
    image_size,
    noted,
    on_image,
    set_folder,
)

CARD = Card(
    name="txl_pbc",
    title="TXL-PBC: fields and views of four public sets with boxes drawn anew",
    licence="MIT",
    may_train=True,
    source="https://github.com/lugan113/TXL-PBC_Dataset",
    holds="1,260 pictures with 18,143 boxes of WBC, RBC and platelets",
    get="git clone https://github.com/lugan113/TXL-PBC_Dataset",
    split="published; its pictures are also in `bccd`, `pbc` and `raabin`: never train on one and test on the other",
)

LABELS = {"WBC": LEUKOCYTES, "RBC": frozenset[str](), "Platelets": PLATELETS}
"""Types by label, in the order of the index; red cells have none."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def recognises(folder: Path) -> bool:
    """Whether the set is in this folder, by the form of its file names."""
    images = folder / "images" / "train"
    return images.is_dir() and any(_UUID.fullmatch(path.stem) for path in images.iterdir())


def fields(root: Path, findings: list[Finding] | None = None) -> list[LabelledField]:
    """Return every picture in the order of split and file name.

    Raises
    ------
    InputError
        The set is not there, or one of its files cannot be read (noted in `findings` if given).
    """
    folder, names, result = set_folder(root, CARD.name), tuple(LABELS), []
    for split in ("train", "val", "test"):
        for path in image_folder(folder, "images", split):
            with noted(findings, path):
                size, boxes = image_size(path), []
                for index, box, _ in yolo(folder / "labels" / split / f"{path.stem}.txt", *size, len(names)):
                    boxes.append(on_image(box, *size, names[index], LABELS[names[index]]))
                result.append(LabelledField(CARD.name, path, tuple(boxes), split=split))
    return result
