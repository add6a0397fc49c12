"""Types by the three-letter codes of the Munich sets, which the bone-marrow and the AML set share."""

from __future__ import annotations

from lowcost.datasets.types import LEUKOCYTES

TYPES: dict[str, frozenset[str]] = {
    "ABE": frozenset({"eosinophil"}),
    "ART": frozenset({"artefact"}),
    "BAS": frozenset({"basophil"}),
    "BLA": frozenset({"blast"}),
    "EBO": frozenset({"erythroblast"}),
    "EOS": frozenset({"eosinophil"}),
    "FGC": frozenset({"promyelocyte"}),
    "HAC": frozenset(),
    "KSC": frozenset({"smudge_cell"}),
    "LYA": frozenset({"lymphocyte"}),
    "LYI": frozenset({"lymphocyte", "blast"}),
    "LYT": frozenset({"lymphocyte"}),
    "MMZ": frozenset({"metamyelocyte"}),
    "MOB": frozenset({"blast"}),
    "MON": frozenset({"monocyte"}),
    "MYB": frozenset({"myelocyte"}),
    "MYO": frozenset({"blast"}),
    "NGB": frozenset({"neutrophil_band"}),
    "NGS": frozenset({"neutrophil_segmented"}),
    "NIF": LEUKOCYTES,
    "OTH": frozenset(),
    "PEB": frozenset({"erythroblast"}),
    "PLM": frozenset(),
    "PMB": frozenset({"promyelocyte"}),
    "PMO": frozenset({"promyelocyte"}),
}
"""Faggot cells (FGC) are abnormal promyelocytes and immature lymphocytes (LYI) may be lymphoblasts; hairy cells (HAC),
plasma cells (PLM) and others (OTH) have no type here."""
