"""Names of what `lowcost` reports: cell types with their LOINC codes, and the attributes with their values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CellType:
    """One name that a detected object can carry.

    Attributes
    ----------
    name : str
        The identifier used in results, bundles and exports.
    label : str
        The words shown to a person.
    is_leukocyte : bool
        Whether the object counts in the differential.
    is_blast_equivalent : bool
        Whether it counts towards the blast-equivalent fraction.
    loinc : str or None
        LOINC code of "this type as a percentage of leukocytes", where one exists.
    """

    name: str
    label: str
    is_leukocyte: bool
    is_blast_equivalent: bool = False
    loinc: str | None = None


_TYPES = (
    CellType("neutrophil_segmented", "Segmented neutrophil", True, loinc="26505-8"),
    CellType("neutrophil_band", "Band neutrophil", True, loinc="26508-2"),
    CellType("metamyelocyte", "Metamyelocyte", True, loinc="28541-1"),
    CellType("myelocyte", "Myelocyte", True, loinc="26498-6"),
    CellType("promyelocyte", "Promyelocyte", True, loinc="26524-9"),
    CellType("eosinophil", "Eosinophil", True, loinc="26450-7"),
    CellType("basophil", "Basophil", True, loinc="30180-4"),
    CellType("lymphocyte", "Lymphocyte", True, loinc="26478-8"),
    CellType("monocyte", "Monocyte", True, loinc="26485-3"),
    CellType("blast", "Blast", True, is_blast_equivalent=True, loinc="26446-5"),
    CellType("unidentified", "Unidentified", True),
    CellType("erythroblast", "Erythroblast", False),
    CellType("smudge_cell", "Smudge cell", False, loinc="34992-8"),
    CellType("platelet", "Platelet", False),
    CellType("platelet_clump", "Platelet clump", False),
    CellType("artefact", "Artefact", False),
)

CELL_TYPES: dict[str, CellType] = {cell_type.name: cell_type for cell_type in _TYPES}
"""Every cell type by name, in the order in which reports list them."""

UNIDENTIFIED = "unidentified"
"""The type of a leukocyte that the program is unsure of."""

DIFFERENTIAL_PANEL_LOINC = "69738-3"
"""LOINC code of the whole differential panel."""

NEUTROPHILS_LOINC = "26511-6"
"""LOINC code of segmented and band neutrophils together, as a percentage of leukocytes."""


@dataclass(frozen=True)
class Attribute:
    """A named morphological property and the values that it can take.

    Attributes
    ----------
    name : str
        The identifier, unique over both schemes.
    label : str
        The words shown to a person.
    scheme : str
        ``"WBCAtt"`` (Tsutsui et al., NeurIPS 2023) or ``"LeukemiaAttri"`` (Rehman et al., MICCAI 2024).
    values : tuple of str
        The values, in the order in which class indices count.
    """

    name: str
    label: str
    scheme: str
    values: tuple[str, ...]


_ATTRIBUTES = (
    Attribute("cell_size", "Cell size", "WBCAtt", ("big", "small")),
    Attribute("cell_shape", "Cell shape", "WBCAtt", ("round", "irregular")),
    Attribute(
        "nucleus_shape",
        "Nucleus shape",
        "WBCAtt",
        (
            "segmented-multilobed",
            "segmented-bilobed",
            "unsegmented-band",
            "unsegmented-indented",
            "unsegmented-round",
            "irregular",
        ),
    ),
    Attribute("nuclear_cytoplasmic_ratio", "Nuclear to cytoplasmic ratio", "WBCAtt", ("high", "low")),
    Attribute("chromatin_density", "Chromatin density", "WBCAtt", ("densely", "loosely")),
    Attribute("cytoplasm_vacuole", "Cytoplasm vacuoles", "WBCAtt", ("yes", "no")),
    Attribute("cytoplasm_texture", "Cytoplasm texture", "WBCAtt", ("clear", "frosted")),
    Attribute("cytoplasm_colour", "Cytoplasm colour", "WBCAtt", ("light blue", "blue", "purple blue")),
    Attribute("granule_type", "Granule type", "WBCAtt", ("small", "round", "coarse", "nil")),
    Attribute("granule_colour", "Granule colour", "WBCAtt", ("pink", "purple", "red", "nil")),
    Attribute("granularity", "Granularity", "WBCAtt", ("yes", "no")),
    Attribute("lld_cell_size", "Cell size (three grades)", "LeukemiaAttri", ("small", "medium", "large")),
    Attribute("nuclear_chromatin", "Nuclear chromatin", "LeukemiaAttri", ("open", "coarse")),
    Attribute("nuclear_shape", "Nuclear outline", "LeukemiaAttri", ("regular", "irregular")),
    Attribute("nucleolus", "Nucleolus", "LeukemiaAttri", ("inconspicuous", "prominent")),
    Attribute("cytoplasm", "Amount of cytoplasm", "LeukemiaAttri", ("scanty", "abundant")),
    Attribute("cytoplasmic_basophilia", "Cytoplasmic basophilia", "LeukemiaAttri", ("slight", "moderate")),
    Attribute("cytoplasmic_vacuoles", "Cytoplasmic vacuoles", "LeukemiaAttri", ("absent", "prominent")),
)

ATTRIBUTES: dict[str, Attribute] = {attribute.name: attribute for attribute in _ATTRIBUTES}
"""Every attribute by name: the 11 of WBCAtt, then the 7 of LeukemiaAttri."""

EVIDENCE_LEVELS = ("trained", "mapped", "rule (not validated)", "person")
"""How an attribute's value was come by: a head trained on its own labels, a head trained on labels that map to it,
a documented rule on features that no labels have confirmed, or a person who looked at the cell."""

NOT_ASSESSABLE = "not assessable"
"""The value of an attribute that the image's resolution cannot carry."""

RESEARCH_USE_NOTICE = "For Research Use Only. Not for use in diagnostic procedures."
"""The sentence that stands on everything a person sees."""
