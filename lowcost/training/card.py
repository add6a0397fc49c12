"""The measured part of ``CARD.md``, written by the command that trained the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lowcost.evaluation import naming
from lowcost.evaluation.bootstrap import Estimate
from lowcost.evaluation.naming import Named
from lowcost.evaluation.tables import Table
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED
from lowcost.training import record
from lowcost.training.views import Views

PUBLISHED = "cell type figures"
"""The part of the shipped card that holds its figures."""

_COARSE = (
    frozenset({"metamyelocyte", "myelocyte", "promyelocyte"}),
    frozenset({"neutrophil_segmented", "neutrophil_band"}),
)
"""The two published classes of the Barcelona set that are coarser than ours."""


def published(test: Mapping[str, Named], agreement: Estimate | None, facts: Mapping[str, Any]) -> str:
    """Return the figures of the shipped card as Markdown.

    Parameters
    ----------
    test : mapping of str to Named
        Test cells by set, as the int8 network names them.
    agreement : Estimate or None
        Share of them with the same best class before and after quantisation.
    facts : mapping
        How it was trained.
    """
    rows = figures(test)
    if agreement is not None:
        rows.append(("Same best class before and after quantisation", str(agreement)))
    return _table(rows) + f"\n\n{_made(facts)}"


def own(
    data: Views,
    classes: Sequence[str],
    tables: Sequence[Table],
    agreement: Estimate,
    described: str,
    facts: Mapping[str, Any],
) -> str:
    """Return the card of a network that was trained on other sets, as Markdown.

    Parameters
    ----------
    data : Views
        Its views.
    classes : sequence of str
        What it tells apart.
    tables : sequence of Table
        Figures on its test cells.
    agreement : Estimate
        Share of them with the same best class before and after quantisation.
    described : str
        The sets with their licences.
    facts : mapping
        How it was trained.
    """
    numbers = ", ".join(f"{int((data.part == part).sum())} {part}" for part in ("train", "dev", "test"))
    limits = (
        "Whole slides or patients were kept apart."
        if any(data.group)
        else "Slides are unknown, so training and test cells may come from the same one: the intervals are too narrow."
    )
    others = (
        ""
        if any(not CELL_TYPES[name].is_leukocyte for name in classes)
        else (" None of its classes is anything but a leukocyte: whatever is found is called one.")
    )
    figures = "\n".join(table.markdown().replace("## ", "#### ", 1) for table in tables)
    return (
        f"## Cell type\n\nTells apart {', '.join(classes)}.{others}\n\n### Training data\n\n{described}. Views: "
        f"{numbers}. {limits}\n\n### Figures\n\nOf the int8 network on test cells, best class; same best class "
        f"before and after quantisation: {agreement}.\n\n{figures}\n{_made(facts)}"
    )


def figures(test: Mapping[str, Named]) -> list[tuple[str, str]]:
    """Name and value of every figure of the shipped card."""
    pbc, marrow, bccd = (_without_artefacts(test[name]) for name in ("pbc", "bone_marrow", "bccd"))
    eight = _coarser(pbc)
    fine = pbc.where(np.array([len(types) == 1 and _is_cell(next(iter(types))) for types in pbc.allowed]))
    blast, others, lymphocytes = (
        marrow.where(np.array([choose(label) for label in marrow.labels]))
        for choose in ("blast".__eq__, "blast".__ne__, "lymphocyte".__eq__)
    )
    share = naming.share
    return [
        (f"PBC test, 8 published classes, accuracy (n = {len(eight)})", str(naming.accuracy(eight))),
        ("PBC test, 8 published classes, macro-F1", str(naming.macro_f1(eight))),
        (f"PBC test, 11 fine classes, accuracy (n = {len(fine)})", str(naming.accuracy(fine))),
        ("PBC test, 11 fine classes, macro-F1", str(naming.macro_f1(fine))),
        ("PBC test, unidentified", str(share(_decided(pbc, UNIDENTIFIED)))),
        (f"PBC test, cells called blast (none is; n = {len(pbc)})", str(share(_decided(pbc, "blast")))),
        ("PBC test, calibration error", str(naming.calibration_error(pbc))),
        (f"Marrow test, blasts found (n = {len(blast)})", str(share(_decided(blast, "blast")))),
        (f"Marrow test, other cells called blast (n = {len(others)})", str(share(_decided(others, "blast")))),
        (
            f"Marrow test, lymphocytes called blast (n = {len(lymphocytes)})",
            str(share(_decided(lymphocytes, "blast"))),
        ),
        ("Marrow test, 6 classes, accuracy", str(naming.accuracy(marrow))),
        ("Marrow test, calibration error", str(naming.calibration_error(marrow))),
        (f"BCCD test, leukocytes of 5 types and platelets, accuracy (n = {len(bccd)})", str(naming.accuracy(bccd))),
        *_never_seen(test),
    ]


def _never_seen(test: Mapping[str, Named]) -> list[tuple[str, str]]:
    """Figures on a camera that was left out of training, where one was."""
    if "raabin_dev" not in test:
        return []
    raabin = test["raabin_dev"]
    named = raabin.where(~_decided(raabin, UNIDENTIFIED))
    return [
        (
            f"Raabin, camera never seen, balanced accuracy over 5 types (n = {len(raabin)})",
            str(naming.balanced_accuracy(raabin)),
        ),
        ("Raabin, unidentified", str(naming.share(_decided(raabin, UNIDENTIFIED)))),
        ("Raabin, balanced accuracy of the cells that are named", str(naming.balanced_accuracy(named))),
        ("Raabin, calibration error", str(naming.calibration_error(raabin))),
    ]


def _without_artefacts(cells: Named) -> Named:
    return cells.where(np.array(["artefact" not in types for types in cells.allowed]))


def _coarser(cells: Named) -> Named:
    """The same cells with labels that allow their whole published class."""
    allowed = tuple(next((group for group in _COARSE if types <= group), types) for types in cells.allowed)
    return replace(cells, allowed=allowed)


def _is_cell(name: str) -> bool:
    return CELL_TYPES[name].is_leukocyte or name == "erythroblast"


def _decided(cells: Named, kind: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([name == kind for name in cells.decided])


def _table(rows: Sequence[tuple[str, str]]) -> str:
    lines = ["| figure | value (95 % interval) |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines)


def _made(facts: Mapping[str, Any]) -> str:
    settings = ", ".join(f"{name} {value}" for name, value in facts.items() if name not in ("model", "sets"))
    made = ", ".join(f"{name} {number}" for name, number in record.versions().items())
    return f"Settings: {settings}. Made with {made}."
