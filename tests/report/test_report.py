"""The report: everything in it, nothing outside it, whatever the files are called."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import datetime, timezone
from html.parser import HTMLParser
from itertools import pairwise

import cv2
import numpy as np
import pytest

from lowcost import report
from lowcost.report import pictures, words
from lowcost.report.differential import REFERENCE
from lowcost.report.markup import element
from lowcost.result import NETWORK, Failure, Reason, Scale, SmearResult
from lowcost.taxonomy import CELL_TYPES, RESEARCH_USE_NOTICE
from tests.smears import CONVENTIONS, cell, crowd, field, picture, smear

KINDS = ["neutrophil_segmented", "lymphocyte", "monocyte", "unidentified", "platelet", "blast", "erythroblast"]


class Page(HTMLParser):
    """The elements of a page, which must be properly nested, with their attributes; its text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.text = [], [], ""
        self.feed(text)
        self.text = self.text.replace("\u00a0", " ")
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data

    def all(self, tag):
        return [attributes for found, attributes in self.found if found == tag]


def rendered(result):
    shots = {i: report.take(picture(shown), shown, 400) for i, shown in enumerate(result.fields)}
    return report.render(result, shots)


@pytest.fixture(scope="module")
def page():
    return Page(rendered(crowd(24, KINDS)))


def test_it_needs_nothing_else(page):
    assert page.all("script") == page.all("link") == page.all("iframe") == []
    assert all(image["src"].startswith("data:image/jpeg;base64,") for image in page.all("img"))
    assert {"http-equiv", "content"} <= set(page.all("meta")[1])
    assert not any(name.startswith("on") for _, attributes in page.found for name in attributes)


def test_it_is_accessible(page):
    assert page.all("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in page.all("img"))
    levels = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {link["href"][1:] for link in page.all("a") if link["href"].startswith("#")} <= set(ids)


def test_what_a_reader_looks_for(page):
    for text in (
        RESEARCH_USE_NOTICE,
        "Blast equivalents: 3 of 15",
        "fewer than the 100 of a routine differential",
        "Unidentified: 3 of 18 leukocytes",
        "perhaps lymphocyte 55 %, blast 45 %",
        "Segmented neutrophil 97 %",
        "Found and not counted: erythroblast 3, platelet 3",
        "0.1 um per px, measured from 31 red cells, confidence 90 %",
        "rule (not validated)",
        "+ nucleus area",
        "bundle digest",
    ):
        assert text in page.text


def test_the_unsure_come_first(page):
    groups = [a["id"] for a in page.all("section") if a["id"].startswith("type-")]
    assert groups[0] == "type-unidentified"
    unsure = dataclasses.replace(cell(2), probability=0.61)
    text = Page(rendered(smear([field([cell(1), unsure])]))).text
    assert text.index("Lymphocyte 61 %") < text.index("Lymphocyte 97 %")


def test_outlines_lie_on_the_pictures():
    shown = field([cell(1)])
    page = Page(rendered(smear([shown])))
    outline = next(path["d"] for path in page.all("path") if path.get("class") == "cell")
    corners = np.array([[int(v) for v in pair.split(",")] for pair in outline.strip("Mz").split(" ")])
    # A circle of 4 um radius in the middle of 26 um: 144 px, in tenths.
    assert corners.mean(axis=0) == pytest.approx([720, 720], abs=15)
    assert np.ptp(corners, axis=0) == pytest.approx([443, 443], abs=15)


@pytest.mark.parametrize("name", ['<script>alert("1")</script>.jpg', "a&b.jpg", "'\" onload=x.jpg", "a\u202egpj.png"])
def test_names_are_only_names(name):
    result = smear([field([cell(1)], name=name)], [Failure(name, f"{name} is empty")])
    page = Page(rendered(result))
    assert page.all("script") == []
    assert page.text.count(name) == 3


def test_a_name_that_is_no_text(tmp_path):
    shown = field(name="bad\udcff.jpg")
    report.to_html(smear([shown]), {}, tmp_path / "report.html")
    assert "bad\\udcff.jpg" in (tmp_path / "report.html").read_text("utf-8")


def test_nothing_found():
    assert "None of the inputs could be analysed." in Page(rendered(smear([]))).text
    text = Page(rendered(smear([field()]))).text
    assert "No leukocyte was found." in text
    assert "nothing can be said about blasts" in text
    text = Page(rendered(smear([field(verdict="rejected")]))).text
    assert "The field could not be judged, so no cells were looked for." in text
    assert "No cells were looked for." in text


def test_unidentified_cells():
    shown = [cell(1, "unidentified"), cell(2, "unidentified")]
    assert (
        "No leukocyte was found and named on 1 of 1 field. 2 are unidentified: please look at them."
        in Page(rendered(smear([field(shown)]))).text
    )
    text = Page(rendered(smear([field([*shown, cell(3)])]))).text
    assert "2 more are unidentified: please look at them. These are more than were named" in text


def test_one_cell():
    text = Page(rendered(smear([field([cell(1)])]))).text
    assert "1 leukocyte was found and named on 1 of 1 field." in text


def test_a_slide_of_200_cells_is_small():
    assert len(rendered(crowd(200, KINDS))) < 3e6


def test_a_very_large_slide_shows_the_least_sure():
    cells = [cell(i + 1) for i in range(260)]
    text = Page(report.render(smear([field(cells)]), {})).text
    assert "10 more, surer than these, are in cells.csv." in text
    assert "no picture" in text


def test_what_the_resolution_cannot_carry():
    attributes = {n: dataclasses.replace(a, value="not assessable") for n, a in cell(1).attributes.items()}
    page = Page(rendered(smear([field([dataclasses.replace(cell(1), attributes=attributes)])])))
    assert "attributes not assessable at this resolution" in page.text
    assert "attributes, why" not in page.text


def test_an_undefined_reason():
    found = cell(1)
    reasons = (Reason("cytoplasm_area", None, -0.5),)
    odd = {n: dataclasses.replace(a, reasons=reasons) for n, a in found.attributes.items()}
    text = Page(rendered(smear([field([dataclasses.replace(found, attributes=odd)])]))).text
    assert "\u2212 cytoplasm area undefined" in text


def test_the_network_is_a_reason_without_a_value():
    found = cell(1)
    reasons = (Reason(NETWORK, None, 0.5), Reason("cell_area", 154.0, -0.2))
    odd = {n: dataclasses.replace(a, reasons=reasons) for n, a in found.attributes.items()}
    result = smear([field([dataclasses.replace(found, attributes=odd)])])
    text = Page(rendered(result)).text
    assert "+ what the network sees" in text
    assert "what the network sees undefined" not in text
    assert "\u2212 cell area 154" in text
    assert SmearResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


@pytest.mark.parametrize(
    ("scale", "text"),
    [
        (Scale(0.1, 0.1, "given", 1.0), "0.1 um per px, given by the user, confidence 100 %."),
        (
            Scale(0.1, 0.06, "red cells", 0.7, 1, "squeezed."),
            "0.1 um per px across, 0.06 down, measured from 1 red cell",
        ),
        (Scale(0.0, 0.0, "unknown", 0.0, 0, "too few red cells"), "Scale: unknown. too few red cells"),
    ],
)
def test_the_ruler_in_words(scale, text):
    shown = dataclasses.replace(field([cell(1)]), scale=scale)
    assert text in Page(rendered(smear([shown]))).text


def test_crops_show_the_cell_at_one_scale_unsqueezed():
    shown = dataclasses.replace(field([cell(1, radius=40)]), scale=Scale(0.2, 0.1, "given", 1.0))
    x0, y0, x1, y1 = pictures.frame(shown.cells[0], shown)
    assert (x1 - x0, y1 - y0) == (130, 260)
    crop = report.take(picture(shown), shown).crops[1]
    assert cv2.imdecode(np.frombuffer(crop, np.uint8), 1).shape == (144, 144, 3)


@pytest.mark.parametrize("place", [(0, 0), (639, 479), (-500, 100), (2000, 2000)])
def test_crops_at_the_edge_and_beyond(place):
    shown = field([cell(1, "lymphocyte", *place)])
    assert len(report.take(picture(field()), shown).crops) == 1


def test_overviews_share_a_megabyte():
    assert [pictures.overview_side(n) for n in (0, 1, 10, 1000)] == [1200, 1200, 548, 200]
    assert pictures.reduced(np.zeros((50, 2000, 3), np.uint8), 100).shape == (2, 100, 3)


@pytest.mark.parametrize(
    ("blasts", "of", "text"),
    [
        (0, 200, "Both limits lie below 10 % and below 20 %."),
        (20, 200, "Both limits lie below 20 %. 10 % lies between the limits: so few cells cannot say whether"),
        (90, 200, "Both limits lie above 10 % and above 20 %."),
        (
            1,
            5,
            "10 % and 20 % lie between the limits: so few cells cannot say whether the share",
        ),
    ],
)
def test_blasts_in_words(blasts, of, text):
    cells = [cell(i + 1, "blast" if i < blasts else "lymphocyte") for i in range(of)]
    assert text in words.blasts(smear([field(cells)], conventions=CONVENTIONS)).replace("\u00a0", " ")


def test_blasts_with_the_classifier_s_errors_in_words():
    cells = [cell(i + 1, "blast" if i < 20 else "lymphocyte") for i in range(200)]
    said = words.blasts(smear([field(cells)])).replace("\u00a0", " ")
    assert "95 % limits 6.2\u201315.0 from sampling only)." in said
    corrected = smear([field(cells)]).differential.blast_equivalents.with_errors
    assert f"Corrected for the classifier's errors: {corrected.percent:.1f} % (4.0\u201314.4)." in said
    assert "The corrected limits lie below 20 %. 10 % lies between them: so few cells cannot say" in said


def test_the_table_names_both_kinds_of_limits(page):
    assert "Sampling onlyCorrected shareIts limits" in page.text
    assert len([line for line in page.all("line") if line.get("class") == "errors"]) == 4 * (10 + 2)
    alone = Page(rendered(smear(conventions=CONVENTIONS)))
    assert "Cells that the program confuses come on top." in alone.text
    assert not [line for line in alone.all("line") if line.get("class") == "errors"]


def test_what_a_cell_may_be_and_what_is_unlike_the_training_set():
    shown = [
        dataclasses.replace(cell(1), possible_types=("lymphocyte", "monocyte"), novelty=0.99),
        dataclasses.replace(cell(2), possible_types=("lymphocyte",), novelty=0.3),
    ]
    text = Page(rendered(smear([dataclasses.replace(field(shown), novelty=0.99)]))).text
    assert "lymphocyte or monocyte" in text
    assert text.count("unlike the training cells") == 1
    assert "The cells look unlike anything the models were trained on: another stain, camera or focus." in text
    assert "This device or stain looks unlike anything" in text
    usual = Page(rendered(smear([field(shown)]))).text
    assert "look unlike anything" not in usual
    assert "looks unlike anything" not in usual


def test_numbers_in_words():
    shares = [words.percent(v) for v in (0, 0.01, 5, 100)] + [words.probability(v) for v in (0, 0.5, 0.999, 1)]
    assert [share.replace("\u00a0", " ") for share in shares] == [
        *("0.0 %", "<0.1 %", "5.0 %", "100.0 %", "0 %", "50 %", ">99 %", "100 %")
    ]
    assert [words.number(v) for v in (0.01234, 1234.5, 0)] == ["0.0123", "1234", "0"]


def test_a_glance_notes_only_what_is_validated():
    odd = dataclasses.replace(cell(1).attributes["nucleolus"], value="prominent")
    assert words.at_a_glance({"nucleolus": odd}) == ""
    assert words.at_a_glance({"nucleolus": dataclasses.replace(odd, evidence="trained")}) == "prominent nucleolus"


def test_every_phrase_names_a_value_that_exists():
    from lowcost.taxonomy import ATTRIBUTES

    for name, phrases in words._PHRASES.items():
        assert set(phrases) <= set(ATTRIBUTES[name].values)


def test_reference_intervals_are_of_types():
    assert set(REFERENCE) - {"neutrophils"} <= set(CELL_TYPES)


def test_markup_takes_no_surprises():
    assert element("p", "<", ["&", None, 1], class_="x", for_="y", hidden=True, title=None) == (
        '<p class="x" for="y" hidden>&lt;&amp;1</p>'
    )
    with pytest.raises(TypeError, match="cannot put a float into HTML"):
        element("p", 1.5)


def test_the_heading_says_whose_cells_and_who_verified():
    made = datetime(2026, 1, 2, 3, 4, tzinfo=timezone.utc)
    heading = report.Heading(
        made, "P-<1>", "2", verified=(report.Verification("Ana", made), report.Verification("Ben", made))
    )
    said = Page(report.render(smear(), {}, heading)).text
    assert all(text in said for text in ("CaseP-<1>", "Statusfinal", "Ana (2026-01-02 03:04 UTC), Ben ("))
    assert "Stain" not in said.partition("found and named")[0]
    assert "Verified bynobody" in Page(report.render(smear(), {}, report.Heading(made))).text
    assert "Verified by" not in Page(report.render(smear(), {})).text


def test_fields_of_one_size_that_measure_different_scales_are_told():
    def measured(name, um_per_px, source="red cells", width=640):
        scale = Scale(um_per_px, um_per_px, source, 0.5)
        return dataclasses.replace(field([cell(1)], name), scale=scale, width=width, height=480)

    apart = words.summary(smear([measured("1", 0.08), measured("2", 0.115), measured("3", 0.09)]))
    assert "measure 0.08 to 0.115 um per px" in apart
    alike = [measured("1", 0.08), measured("2", 0.09)]
    for others in ([], [measured("3", 0.2, "given")], [measured("3", 0.2, width=1000)]):
        assert "um per px" not in words.summary(smear([*alike, *others]))


def test_doubtful_fields_stand_beside_the_number_of_fields():
    good, doubtful = field([cell(1)], "1"), field([cell(1)], "2", "doubtful")
    assert "on 2 of 2 fields, 1 of them doubtful." in words.summary(smear([good, doubtful])).replace("\u00a0", " ")


def test_no_share_of_blasts_stands_without_what_it_may_miss():
    assert words.blasts(smear([field([cell(1)])])).endswith(words.MISSED_BLASTS)
