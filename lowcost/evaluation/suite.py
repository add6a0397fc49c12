"""Every figure that the project states about itself, with the goals that were set for it."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import lowcost
from lowcost.datasets import bccd, deepbionet_dev, lld_dev, phone, raabin_dev, zheng1
from lowcost.evaluation import figures
from lowcost.evaluation.analysis import analyse
from lowcost.evaluation.tables import Table
from lowcost.evaluation.versions import installed

if TYPE_CHECKING:
    from lowcost.pipeline import Analyzer

Group = Callable[["Analyzer", Path], list[Table]]

_LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "lightgbm", "ai-edge-litert", "scikit-image", "scipy")

_BCCD_MASKS = (
    "What the masks are worth (30 looked at): nuclei and cells are outlined by hand and closely; the segments between "
    "lobes are mostly cut out, fine bridges are not; blue rims of lymphocytes and pale pseudopods are sometimes left "
    "out. One px of outline costs 0.03 of nucleus Dice and 0.016 of cell Dice; the best possible green threshold per "
    "image reaches 0.936 on nuclei.",
    "The published boxes are looser than the masks, by 8 px at the left, 6 at the top, 10 at the right and 4 below "
    "(medians): the box of a published mask has a median IoU of only 0.83 with the published box of its cell.",
)
_ZHENG_MASKS = (
    "What the masks are worth (36 looked at): outlines are drawn by hand and smooth, to about 1 px. The crops are "
    "small: 1 px of outline costs 0.07 of nucleus Dice and 0.035 of cell Dice; the best possible green threshold per "
    "image reaches 0.969 on nuclei.",
    "The red cells are lysed, so um/px cannot be measured.",
)


def _bccd(analyzer: Analyzer, data: Path) -> list[Table]:
    analysed = analyse(analyzer, bccd.fields(data))
    goals = {"test": (0.98, 0.93)}
    tables = [
        figures.detected(
            f"bccd_{split}",
            f"Detection, BCCD, published {split} split, corrected boxes where present",
            [item for item in analysed if item.labelled.split == split],
            goals.get(split),
        )
        for split in ("test", "val", "train")
    ]
    masks = figures.segmented("bccd_masks", "Segmentation, BCCD masks", analysed, (0.92, 0.90), _BCCD_MASKS)
    return [*tables, masks]


def _raabin(analyzer: Analyzer, data: Path) -> list[Table]:
    analysed = analyse(analyzer, raabin_dev.fields(data))
    return [
        figures.detected("raabin_dev", "Detection, raabin_dev", analysed, (0.97, 0.92)),
        *figures.recognised(
            "raabin_dev_types",
            "Types of the cells that were found, raabin_dev (which trains the shipped bundle)",
            analysed,
        ),
    ]


def _deepbionet(analyzer: Analyzer, data: Path) -> list[Table]:
    analysed = analyse(analyzer, deepbionet_dev.fields(data))
    return [figures.detected("deepbionet_dev", "Detection, deepbionet_dev", analysed, (0.97, 0.92))]


def _lld(analyzer: Analyzer, data: Path) -> list[Table]:
    analysed = analyse(analyzer, lld_dev.fields(data))
    return [
        figures.detected("lld_dev", "Detection, lld_dev", analysed, (0.95, 0.85)),
        *figures.recognised("lld_dev_types", "Types of the cells that were found, lld_dev", analysed),
    ]


def _zheng(analyzer: Analyzer, data: Path) -> list[Table]:
    analysed = analyse(analyzer, zheng1.fields(data))
    return [figures.segmented("zheng1", "Segmentation, zheng1", analysed, (0.94, 0.93), _ZHENG_MASKS)]


def _phone(analyzer: Analyzer, data: Path) -> list[Table]:
    return [
        figures.counted(
            card.name, f"What is found on {card.name} (no labels)", analyse(analyzer, phone.fields(data, card=card))
        )
        for card in (phone.LEUKEMIA, phone.FIELDS)
    ]


def _scale(analyzer: Analyzer, data: Path) -> list[Table]:
    sets = {
        "bccd, published val split": [field for field in bccd.fields(data) if field.split == "val"],
        "deepbionet_dev": deepbionet_dev.fields(data),
        "phone_fields": phone.fields(data, card=phone.FIELDS),
    }
    return [
        figures.scale_rendered(analyzer, (3.5, 5.0, 7.0, 10.0, 14.0, 20.0), range(12)),
        figures.scale_followed(analyzer, sets),
    ]


def _attributes(analyzer: Analyzer, data: Path) -> list[Table]:
    return [figures.attributed(analyzer, data)]


def _coverage(analyzer: Analyzer, data: Path) -> list[Table]:
    from lowcost.evaluation import coverage

    return coverage.tables(analyzer, data)


def _novelty(analyzer: Analyzer, data: Path) -> list[Table]:
    from lowcost.evaluation import novelty

    return novelty.tables(analyzer, data)


def _blast(analyzer: Analyzer, data: Path) -> list[Table]:
    from lowcost.evaluation import blast

    return blast.tables(analyzer, data)


GROUPS: dict[str, Group] = {
    "bccd": _bccd,
    "raabin_dev": _raabin,
    "deepbionet_dev": _deepbionet,
    "lld_dev": _lld,
    "zheng1": _zheng,
    "phone": _phone,
    "scale": _scale,
    "attributes": _attributes,
    "coverage": _coverage,
    "novelty": _novelty,
    "blast": _blast,
}
"""What can be evaluated: each gives the tables of one file of ``benchmarks/results``."""


def circumstances(bundle: str, digest: str, command: str) -> dict[str, str]:
    """Return what is needed to repeat a figure: machine, versions, bundle and command."""
    return {
        "lowcost version": lowcost.__version__,
        "bundle": bundle,
        "bundle sha256": digest,
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}",
        "python version": platform.python_version(),
        **{f"{name} version": found for name, found in installed(_LIBRARIES).items()},
        "command": command,
    }


def _processor() -> str:
    """The processor's name: Linux keeps it in a file, elsewhere the platform says it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )
