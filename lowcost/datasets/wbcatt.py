"""WBCAtt as published: tables of 11 attributes for 10,298 views of the Barcelona PBC set, with the split to use.

``pbc_attr_v1_{train,val,test}.csv`` (folder ``submission`` of the repository) and the views in
``PBC_dataset_normal_DIB``, beside the tables, in ``data/PBC`` as the authors put them, or beside the folder. The
column ``path`` was not verified beyond its last two parts, folder and name, and only those are used.
"""

from __future__ import annotations

from pathlib import Path

from lowcost.datasets import pbc
from lowcost.datasets.layouts import table
from lowcost.datasets.types import Card, Finding, LabelledCell, MissingFile, as_published, is_there, noted, set_folder

CARD = Card(
    name="wbcatt",
    title="WBCAtt: 11 morphological attributes of Barcelona PBC cells",
    licence="MIT (attributes), CC BY 4.0 (images)",
    may_train=True,
    source="Tsutsui, Pang and Wen, NeurIPS 2023; Acevedo et al. 2020, doi:10.1016/j.dib.2020.105474",
    holds="attributes of 10,298 single cells of 5 types, three tables",
    get="git clone https://github.com/apple2373/wbcatt, and the images of `pbc` as PBC_dataset_normal_DIB",
    split="published; patients are not, so figures are too good",
)

LABELS = pbc.LABELS
"""Types by prefix of the file name."""

_TABLES = {part: f"pbc_attr_v1_{part}.csv" for part in ("train", "val", "test")}
_IMAGES = ("PBC_dataset_normal_DIB", "data/PBC/PBC_dataset_normal_DIB", "../PBC_dataset_normal_DIB")


def recognises(folder: Path) -> bool:
    """Whether the tables are in this folder."""
    return _tables(folder).is_dir() and (_tables(folder) / _TABLES["train"]).is_file()


def cells(root: Path, findings: list[Finding] | None = None) -> list[LabelledCell]:
    """Return every view of the tables that is there, in their order.

    Raises
    ------
    InputError
        A table or an image is missing (noted in `findings` if given).
    """
    folder = _tables(set_folder(root, CARD.name))
    images = next((folder / place for place in _IMAGES if (folder / place).is_dir()), folder)
    result = []
    for part, name in _TABLES.items():
        with noted(findings, folder / name), as_published(folder / name):
            for row in table(folder / name):
                path = images.joinpath(*Path(row["path"]).parts[-2:])
                with noted(findings, path):
                    if not is_there(path):
                        raise MissingFile(f"{path.parent.name}/{path.name} has attributes, but the image is missing.")
                    result.append(pbc.cell(path, row, part, CARD.name))
    return result


def _tables(folder: Path) -> Path:
    return folder / "submission" if (folder / "submission").is_dir() else folder
