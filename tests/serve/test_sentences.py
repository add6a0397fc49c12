"""Pages say in their own words what the library says with options and commands."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

pytest.importorskip("starlette", reason="needs the extra serve: pip install lowcost[serve]")

from lowcost.image import quality
from lowcost.serve import language
from lowcost.serve.sentences import FORMS, recognised

QUALITY = [
    node.value
    for node in ast.walk(ast.parse(inspect.getsource(quality.assess)))
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and ": " in node.value and "\n" not in node.value
]
"""Every reason for which a photograph is not simply accepted, but the one with figures."""

OTHERS = [
    "given 0.1 um per px, but the red cells measure 0.21 across and 0.2 down: check --um-per-px",
    "the file says 0.1 um per px, but the red cells measure 0.2: check --um-per-px",
    "not as large as the device profile's photographs (640 x 480 px): the profile was not used",
    "0.1 um per px as given, 0.2 by the device profile: check objective and zoom, or leave um per px out (--um-per-px)",
    "the device profile 'a' was made with the bundle b 1, this one is c 1: use that bundle, or calibrate again",
    "IMG 1.heic is HEIC, which needs pillow-heif: run `pip install lowcost[heif]` or save it as JPEG",
    "a.jpg is damaged or cut short: its JPEG data cannot be decoded; copy or export it again",
    "a.jpg is no photograph to calibrate with: out of focus: refocus and photograph again",
    "a device profile needs at least 3 fields with cells, got 2 and 1 blank: photograph more places of a smear",
    "too dark: raise the lamp or the exposure and photograph again",
    "Too few cells to learn a correction: at least 50 are needed, got 12; label more of them.",
]


def test_there_are_reasons():
    assert len(QUALITY) >= 14


@pytest.mark.parametrize("code", language.LANGUAGES)
@pytest.mark.parametrize("sentence", [*QUALITY, *OTHERS])
def test_no_page_names_an_option_or_a_command(code, sentence):
    ((text, is_known),) = language.words(code).sentences(sentence)
    assert is_known
    assert not re.search(r"--\w|`|pip |\{\w+\}", text)


def test_several_reasons_are_told_one_by_one():
    told = language.words("es").sentences(f"{QUALITY[0]}; {QUALITY[1]}; something new")
    assert [is_known for _, is_known in told] == [True, True, False]
    assert told[-1][0] == "something new"
    told = language.words("en").sentences(f"{OTHERS[8]}; {OTHERS[7]}; {OTHERS[7]}")
    assert [is_known for _, is_known in told] == [True, True, True]


def test_names_and_figures_stay():
    ((key, places),) = recognised(OTHERS[0])
    assert (key, places) == ("other_scale", {"said": "0.1", "found": "0.21 across and 0.2 down"})
    (text, _), *_ = language.words("en").sentences(OTHERS[7])
    assert "a.jpg" in text
    assert "Out of focus" in text


def test_every_form_has_words_and_every_words_a_form():
    keys = {key.removeprefix("reason.") for key in language.table("en") if key.startswith("reason.")}
    assert keys == set(FORMS)
