"""Names and notes in other letters than Western European ones stand on paper as they are written."""

from __future__ import annotations

import io
from datetime import datetime, timezone

import pytest

pytest.importorskip("fpdf", reason="needs the extra serve: pip install lowcost[serve]")
pytest.importorskip("pypdf", reason="needs pypdf: pip install lowcost[dev]")

import pypdf

from lowcost.report import Heading, Verification
from lowcost.serve.reports import pdf
from tests.smears import field, smear

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)


def paper(case="P-1", note="", name="field.png", by="ana"):
    verified = (Verification(by, NOW),)
    return pdf.render(
        smear([field(name=name)]), {}, Heading(NOW, case, "1", "MGG", note, verified=verified, agreement=())
    )


def text(content):
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def fonts(content):
    found = set()
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        found |= {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].get_object().values()}
    return {name.rsplit("+", 1)[-1] for name in found}


@pytest.mark.parametrize("written", ["مریض", "خون کا نمونہ", "Łódź", "Иванова", "Ελένη", "Nguyễn"])
def test_letters_stand_as_they_are_written(written):
    for content in (paper(case=written), paper(note=f"note\n{written}"), paper(name=written), paper(by=written)):
        for word in written.split():
            assert word in text(content)


def test_urdu_is_joined_and_runs_from_right_to_left():
    content = paper(case="مریض")
    assert "NotoNaskhArabic" in str(fonts(content))
    # Joined letters have other glyphs than single ones: shaped, the word is narrower than its letters apart.
    sheet = pdf._Paper("")
    face = sheet._other_letters()
    sheet.set_font(face.family, "", 20)
    assert sheet.get_string_width("مریض") < 0.9 * sum(sheet.get_string_width(letter) for letter in "مریض")


def test_what_the_fonts_lack_is_a_number_and_no_two_names_look_the_same():
    assert "\\u6f22\\u5b57 7" in text(paper(case="漢字 7"))
    assert "\\U0001f9ea" in text(paper(case="\U0001f9ea مریض"))
    assert pdf.told("مa\u202eb") == "مa\\u202eb"


def test_plain_reports_carry_no_fonts_and_others_small_ones():
    assert all(name.startswith("/Helvetica") for name in fonts(paper(note="Ärzte – 5 µm")))
    assert len(paper(case="مریض")) < len(paper()) + 60_000
