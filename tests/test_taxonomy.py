"""The names fit together and carry the codes that other systems know."""

from __future__ import annotations

import re

import pytest

from lowcost.taxonomy import (
    ATTRIBUTES,
    CELL_TYPES,
    DIFFERENTIAL_PANEL_LOINC,
    EVIDENCE_LEVELS,
    NEUTROPHILS_LOINC,
    NOT_ASSESSABLE,
    RESEARCH_USE_NOTICE,
    UNIDENTIFIED,
)


def loinc_check_digit(number: str) -> int:
    """Mod 10 check digit as the LOINC users' guide defines it: odd places from the right are doubled as a number."""
    digits = [int(digit) for digit in reversed(number)]
    odd = int("".join(map(str, digits[0::2]))) * 2
    total = int("".join(map(str, digits[1::2])) + str(odd)) if len(digits) > 1 else odd
    return -sum(int(digit) for digit in str(total)) % 10


CODES = [
    *(cell_type.loinc for cell_type in CELL_TYPES.values() if cell_type.loinc),
    DIFFERENTIAL_PANEL_LOINC,
    NEUTROPHILS_LOINC,
]


@pytest.mark.parametrize("code", CODES)
def test_loinc_codes_have_their_check_digit(code: str) -> None:
    number, digit = code.split("-")
    assert loinc_check_digit(number) == int(digit)


def test_no_code_stands_twice() -> None:
    assert len(set(CODES)) == len(CODES)


@pytest.mark.parametrize("names", [CELL_TYPES, ATTRIBUTES])
def test_names_are_identifiers_and_their_own_keys(names: dict[str, object]) -> None:
    for key, item in names.items():
        assert getattr(item, "name") == key  # noqa: B009
        assert re.fullmatch(r"[a-z][a-z_]*", key)
        assert getattr(item, "label")[0].isupper()  # noqa: B009


def test_no_label_stands_twice() -> None:
    for names in (CELL_TYPES, ATTRIBUTES):
        assert len({item.label for item in names.values()}) == len(names)


def test_what_counts() -> None:
    counted = {name for name, cell_type in CELL_TYPES.items() if cell_type.is_leukocyte}
    assert UNIDENTIFIED in counted
    assert not counted & {"erythroblast", "smudge_cell", "platelet", "platelet_clump", "artefact"}
    for cell_type in CELL_TYPES.values():
        assert cell_type.is_leukocyte or not cell_type.is_blast_equivalent
    assert {name for name, cell_type in CELL_TYPES.items() if cell_type.is_blast_equivalent} == {"blast"}
    assert all(CELL_TYPES[name].loinc for name in counted - {UNIDENTIFIED})


def test_leukocytes_come_before_what_does_not_count() -> None:
    order = [cell_type.is_leukocyte for cell_type in CELL_TYPES.values()]
    assert order == sorted(order, reverse=True)


def test_both_schemes_are_whole() -> None:
    schemes = [attribute.scheme for attribute in ATTRIBUTES.values()]
    assert schemes == ["WBCAtt"] * 11 + ["LeukemiaAttri"] * 7
    for attribute in ATTRIBUTES.values():
        assert len(attribute.values) >= 2
        assert len(set(attribute.values)) == len(attribute.values)
        assert NOT_ASSESSABLE not in attribute.values


def test_evidence_and_notice_say_what_they_must() -> None:
    assert EVIDENCE_LEVELS == ("trained", "mapped", "rule (not validated)", "person")
    assert "Research Use Only" in RESEARCH_USE_NOTICE
    assert "Not for use in diagnostic procedures" in RESEARCH_USE_NOTICE
