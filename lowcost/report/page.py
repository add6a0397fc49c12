"""The page: its order, and the small print."""

from __future__ import annotations

import os
from collections.abc import Mapping

from lowcost.export import files
from lowcost.report import differential, fields, gallery, morphology, words
from lowcost.report.document import document
from lowcost.report.heading import Heading
from lowcost.report.markup import Html, element
from lowcost.report.pictures import FieldPictures
from lowcost.result import NETWORK, SmearResult

_DEFINITIONS = {
    "Unidentified": "a leukocyte whose type the program is not sure enough of; it is no part of the percentages.",
    "Blast equivalents": "myeloblasts, lymphoblasts, monoblasts, promonocytes and abnormal promyelocytes together; "
    "this program names them all blast.",
    "Sampling only": "limits that hold the share of the slide if every cell was named rightly.",
    "Corrected share": "for the classifier\u2019s errors, which were counted on held-out cells of the training "
    "laboratories; the corrected share and its limits (Lang and Reiczigel 2014) hold for photographs like theirs; the "
    "limits widen "
    "where few cells of a type were there.",
    "One type or another": "the types that the cell may have: of held-out cells of each type of the training "
    "laboratories, 95 in 100 list their own, if the bundle says no other number. Elsewhere fewer do.",
    "Unlike": "farther from the cells that the models were trained on than 39 in 40 of those laboratories\u2019 other "
    "cells; a field is when half of its leukocytes are.",
    "Doubtful, rejected": "the cells of a doubtful field count, with its reasons beside it; a rejected field cannot be "
    "judged and is not searched.",
    "Trained": "the attribute was learnt from labels of this very attribute.",
    "Mapped": "it was learnt from labels of another scheme that mean the same.",
    "Rule (not validated)": "it follows from a written rule on the measured features that no labels have confirmed.",
    "+ and \u2212": "what weighed most for an attribute, three things at most, and whether they spoke for its value.",
    "What the network sees": "what the network that names cells has learnt to look for, taken together; it weighs "
    "like a measurement, but has no value that means something alone.",
    "WBCAtt, LeukemiaAttri": "the two published schemes of attributes (Tsutsui et al. 2023; Rehman et al. 2024).",
}


def render(result: SmearResult, pictures: Mapping[int, FieldPictures], heading: Heading | None = None) -> str:
    """Return the report as one HTML document without scripts that loads nothing.

    Parameters
    ----------
    result : SmearResult
        What was found.
    pictures : mapping of int to FieldPictures
        By index in `SmearResult.fields`; a field without pictures is reported in words.
    heading : Heading, optional
        Whose cells these are and who has verified them, where that is known.
    """
    body = element(
        "body",
        _header(result, heading),
        element(
            "main",
            differential.section(result),
            morphology.section(result),
            gallery.section(result, pictures),
            fields.section(result, pictures),
            _small_print(result),
        ),
        element("footer", result.notice),
    )
    return document("Blood smear report", body)


def to_html(result: SmearResult, pictures: Mapping[int, FieldPictures], path: str | os.PathLike[str]) -> None:
    """Write `render` as a file.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, render(result, pictures).encode("utf-8", "backslashreplace"))


def _header(result: SmearResult, heading: Heading | None) -> Html:
    remarks = {"morphology": "Morphology"} if morphology.of(result) else {}
    links = {
        "differential": "Differential",
        **remarks,
        "cells": "Cells",
        "fields": "Fields",
        "provenance": "Provenance",
    }
    return element(
        "header",
        element("p", result.notice, class_="notice"),
        element("h1", "Blood smear report"),
        fields.table(heading.lines) if heading else None,
        element("p", words.summary(result), class_="summary"),
        element(
            "nav", (element("a", label, href=f"#{target}") for target, label in links.items()), aria_label="Sections"
        ),
    )


def _small_print(result: SmearResult) -> Html:
    definitions = ((element("dt", term), element("dd", meaning)) for term, meaning in _DEFINITIONS.items())
    return element(
        "section",
        element("h2", "Provenance"),
        fields.table({name.replace("_", " "): value for name, value in result.provenance.items()}),
        element("h3", "What the words mean"),
        element("dl", definitions),
        _features(result),
        id="provenance",
    )


def _features(result: SmearResult) -> Html | None:
    """The definitions of the features that are named as reasons."""
    named = {reason.feature for cell in result.cells for found in cell.attributes.values() for reason in found.reasons}
    if not named - {NETWORK}:
        return None
    from lowcost.features import TABLE

    units = {"um2": "um\u00b2", "1": "no unit"}
    entries = (
        (
            element("dt", words.feature(feature.name)),
            element("dd", f"{feature.definition} ({units.get(feature.unit, feature.unit)})"),
        )
        for feature in TABLE
        if feature.name in named
    )
    return element("details", element("summary", "Measurements named as reasons"), element("dl", entries))
