"""What people call cells in sets of their own, and the types that each word allows."""

from __future__ import annotations

import re

from lowcost.datasets import munich
from lowcost.datasets.types import LEUKOCYTES, NEUTROPHILS, PLATELETS
from lowcost.taxonomy import CELL_TYPES

_NOTHING: frozenset[str] = frozenset()
_IMMATURE = frozenset({"metamyelocyte", "myelocyte", "promyelocyte"})


def _all(types: frozenset[str], *words: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(words, types)


_WORDS: dict[str, frozenset[str]] = {
    **{name: frozenset({name}) for name in CELL_TYPES},
    **{code.lower(): types for code, types in munich.TYPES.items()},
    **_all(LEUKOCYTES, "wbc", "leukocyte", "leucocyte", "white_blood_cell", "white_cell"),
    **_all(_NOTHING, "rbc", "red_blood_cell", "red_cell", "erythrocyte", "reticulocyte"),
    **_all(PLATELETS, "platelet", "thrombocyte", "plt"),
    **_all(frozenset({"platelet_clump"}), "giant_platelet_clump", "platelet_aggregate"),
    **_all(NEUTROPHILS, "neutrophil", "neu", "neutrophil_granulocyte"),
    **_all(frozenset({"neutrophil_segmented"}), "segmented_neutrophil", "segmented", "sne", "pmn"),
    **_all(frozenset({"neutrophil_band"}), "band_neutrophil", "band", "stab", "bne"),
    **_all(frozenset({"metamyelocyte"}), "mmy"),
    **_all(frozenset({"myelocyte"}), "my"),
    **_all(
        frozenset({"promyelocyte"}), "pmy", "abnormal_promyelocyte", "atypical_promyelocyte", "promyelocyte_atypical"
    ),
    **_all(_IMMATURE, "ig", "immature_granulocyte"),
    **_all(frozenset({"eosinophil"}), "eo", "eosinophil_granulocyte"),
    **_all(frozenset({"basophil"}), "ba", "basophil_granulocyte"),
    **_all(
        frozenset({"lymphocyte"}), "ly", "lymph", "atypical_lymphocyte", "reactive_lymphocyte", "variant_lymphocyte"
    ),
    **_all(frozenset({"lymphocyte"}), "large_granular_lymphocyte", "lymphocyte_large_granular"),
    **_all(frozenset({"lymphocyte"}), "lymphocyte_reactive", "lymphocyte_neoplastic", "lymphocyte_atypical"),
    **_all(frozenset({"monocyte"}), "mo", "mono"),
    **_all(frozenset({"blast"}), "myeloblast", "lymphoblast", "monoblast", "promonocyte", "blast_cell"),
    **_all(frozenset({"erythroblast"}), "normoblast", "erb", "nrbc", "nucleated_red_blood_cell"),
    **_all(frozenset({"smudge_cell"}), "smudge", "gumprecht_shadow"),
    **_all(frozenset({"artefact"}), "artifact", "debris", "precipitate", "none"),
    **_all(LEUKOCYTES, "not_identifiable", "unidentified"),
    **_all(_NOTHING, "plasma_cell", "hairy_cell", "other", "background"),
}


def types_of(label: str) -> frozenset[str] | None:
    """Return the types that a label allows: none for what has no type here, None for an unknown word.

    Parameters
    ----------
    label : str
        In any case, singular or plural, with spaces, hyphens or underscores.

    Examples
    --------
    >>> sorted(types_of("Band Neutrophils"))
    ['neutrophil_band']
    >>> types_of("RBC")
    frozenset()
    >>> types_of("dog") is None
    True
    """
    word = re.sub(r"[^a-z0-9]+", "_", label.strip().lower()).strip("_")
    return _WORDS.get(word, _WORDS.get(word.removesuffix("s")))
