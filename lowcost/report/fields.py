"""The fields: what each photograph looks like, whether it can be judged and how large its pixels are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from lowcost.report import words
from lowcost.report.gallery import jpeg_uri
from lowcost.report.markup import Html, element, file_name
from lowcost.report.pictures import FieldPictures
from lowcost.result import Field, Scale, SmearResult
from lowcost.taxonomy import CELL_TYPES

_SOURCES = {
    "given": "given by the user",
    "metadata": "from the file's metadata",
    "red cells": "measured from {}",
    "device": "from the device profile",
    "unknown": "unknown",
}


_UNLIKE = "The cells look unlike anything the models were trained on: another stain, camera or focus."


def section(result: SmearResult, pictures: Mapping[int, FieldPictures]) -> Html:
    """Return the section of the fields, with the inputs that could not be analysed."""
    verdicts = Counter(field.verdict for field in result.fields)
    said = ", ".join(f"{verdicts[name]} {name}" for name in ("accepted", "doubtful", "rejected") if verdicts[name])
    return element(
        "section",
        element("h2", "Fields"),
        element("p", f"{words.count(len(result.fields), 'field')}: {said}." if said else "No field was analysed."),
        _failures(result),
        element(
            "div",
            (_field(number, field, pictures.get(number - 1)) for number, field in enumerate(result.fields, 1)),
            class_="fields",
        ),
        id="fields",
    )


def _failures(result: SmearResult) -> Html | None:
    if not result.failures:
        return None
    return element(
        "div",
        element("h3", f"{words.count(len(result.failures), 'input')} could not be analysed"),
        element("ul", (element("li", file_name(failed.name), ": ", failed.message) for failed in result.failures)),
        class_="failures",
    )


def _field(number: int, field: Field, shown: FieldPictures | None) -> Html:
    return element(
        "article",
        element("h3", f"{number}. ", file_name(field.name)),
        _overview(number, field, shown),
        element("p", element("span", field.verdict, class_=f"verdict {field.verdict}"), " ", "; ".join(field.reasons)),
        element("p", _counts(field)),
        element("p", f"Scale: {_scale(field.scale)}"),
        element("p", _UNLIKE, class_="unlike") if words.unlike(field.novelty) else None,
        element("details", element("summary", "Optics and stain"), _measured(field)),
        id=f"field-{number}",
    )


def _overview(number: int, field: Field, shown: FieldPictures | None) -> Html | None:
    if shown is None:
        return None
    alt = f"Field {number} with its {words.count(len(field.cells), 'object')} marked"
    image = element("img", src=jpeg_uri(shown.overview), alt=alt, loading="lazy")
    return element("a", image, href=shown.overlay) if shown.overlay else image


def _counts(field: Field) -> str:
    counts = Counter(cell.type for cell in field.cells)
    found = [f"{counts[name]} {CELL_TYPES[name].label.lower()}" for name in CELL_TYPES if counts[name]]
    if field.verdict == "rejected":
        return "No cells were looked for."
    return f"Found: {', '.join(found)}." if found else "No cells were found."


def _scale(scale: Scale) -> str:
    if min(scale.um_per_px_x, scale.um_per_px_y) <= 0:
        return f"unknown. {scale.note}".strip()
    x, y = f"{scale.um_per_px_x:.4g}", f"{scale.um_per_px_y:.4g}"
    size = f"{x} um per px" if x == y else f"{x} um per px across, {y} down"
    source = _SOURCES[scale.source].format(words.count(scale.red_cells, "red cell"))
    note = f" {scale.note}" if scale.note else ""
    return f"{size}, {source}, confidence {words.probability(scale.confidence)}.{note}"


def _measured(field: Field) -> Html:
    stains = {name: ", ".join(f"{part:.2f}" for part in vector) for name, vector in field.stain_vectors.items()}
    lines = {
        "size": f"{field.width} \u00d7 {field.height} px",
        "white point (red, green, blue)": ", ".join(map(str, field.white_point)),
        **{f"stain: {name}": vector for name, vector in stains.items()},
        **{words.feature(name): words.number(value) for name, value in field.quality.items()},
        **({} if field.novelty is None else {"novelty of its leukocytes": words.probability(field.novelty)}),
        "SHA-256": field.sha256,
    }
    return table(lines)


def table(lines: Mapping[str, str]) -> Html:
    """Return names and values as a table of two columns."""
    rows = (element("tr", element("th", name, scope="row"), element("td", value)) for name, value in lines.items())
    return element("table", element("tbody", rows), class_="pairs")
