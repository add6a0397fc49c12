"""The gallery: every leukocyte at the same scale, by type, the least sure first, each with its attributes and why."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import cv2
import numpy as np

from lowcost.export.palette import COLOURS
from lowcost.report import words
from lowcost.report.markup import Html, element, join
from lowcost.report.pictures import CROP_PX, CROP_UM, FieldPictures, frame
from lowcost.result import AttributeValue, Cell, Field, Reason, SmearResult
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, NOT_ASSESSABLE, UNIDENTIFIED

MOST_PER_TYPE = 250
"""Cells of one type that are shown; all of them are in the table of cells."""

_OUTLINES = join(
    [
        element("input", type="checkbox", id="outlines", checked=True),
        element("label", " draw the outlines of cell and nucleus", for_="outlines"),
    ]
)

Pictures = Mapping[int, FieldPictures]
Found = tuple[int, Field, Cell]
"""Number of a field from 1, the field and one object on it."""


def section(result: SmearResult, pictures: Pictures) -> Html:
    """Return the section of the cells, and that of what was found besides them."""
    groups = _groups(result)
    leukocytes = [name for name in groups if CELL_TYPES[name].is_leukocyte]
    others = [name for name in groups if not CELL_TYPES[name].is_leukocyte]
    said = f"Every picture is {CROP_UM:.0f} um wide. Within a type the least sure come first: a person verifies them."
    return element(
        "section",
        element("h2", "Cells"),
        element("p", said if leukocytes else "No leukocyte was found.", class_="quiet"),
        _OUTLINES if groups else None,
        (_group(name, groups[name], pictures) for name in leukocytes),
        _others(others, groups, pictures),
        id="cells",
    )


def shown(result: SmearResult) -> list[Found]:
    """Return the objects whose pictures the gallery needs."""
    return [member for members in _groups(result).values() for member in members[:MOST_PER_TYPE]]


def _groups(result: SmearResult) -> dict[str, list[Found]]:
    """The objects of each type that was found, unidentified first; the least sure first in each."""
    found = defaultdict(list)
    for number, field in enumerate(result.fields, 1):
        for cell in field.cells:
            found[cell.type].append((number, field, cell))
    order = [UNIDENTIFIED, *(name for name in CELL_TYPES if name != UNIDENTIFIED)]
    return {name: sorted(found[name], key=lambda item: item[2].probability) for name in order if name in found}


def _group(name: str, members: Sequence[Found], pictures: Pictures) -> Html:
    hidden = len(members) - MOST_PER_TYPE
    return element(
        "section",
        element(
            "h3",
            element("i", class_="swatch", style=f"background:rgb{COLOURS[name]}"),
            f"{CELL_TYPES[name].label} ",
            element("small", words.count(len(members), "object" if not _is_cell(name) else "cell")),
        ),
        element("div", (_card(*member, pictures) for member in members[:MOST_PER_TYPE]), class_="cards"),
        element("p", f"{hidden} more, surer than these, are in cells.csv.", class_="quiet") if hidden > 0 else None,
        id=f"type-{name}",
    )


def _is_cell(name: str) -> bool:
    return CELL_TYPES[name].is_leukocyte or name == "erythroblast"


def _others(names: Sequence[str], groups: Mapping[str, Sequence[Found]], pictures: Pictures) -> Html | None:
    if not names:
        return None
    listed = ", ".join(f"{CELL_TYPES[name].label.lower()} {len(groups[name])}" for name in names)
    return element(
        "details",
        element("summary", f"Found and not counted: {listed}"),
        (_group(name, groups[name], pictures) for name in names),
        class_="others",
    )


def _card(number: int, field: Field, cell: Cell, pictures: Pictures) -> Html:
    whole = f"{field.verdict} field" if field.verdict != "accepted" else "field"
    rest = f", cell {cell.id}{', cut by the edge' if cell.touches_edge else ''}"
    label = CELL_TYPES[cell.type].label
    crop = pictures[number - 1].crops.get(cell.id) if number - 1 in pictures else None
    unsure = cell.type == UNIDENTIFIED
    title = label if unsure else f"{label} {words.probability(cell.probability)}"
    return element(
        "figure",
        _picture(crop, f"{label}, field {number}{rest}", field, cell),
        element(
            "figcaption",
            element("b", title),
            element("span", f"perhaps {words.candidates(cell)}") if unsure and cell.probabilities else None,
            element("span", words.possible(cell)) if words.possible(cell) and not unsure else None,
            element("span", "unlike the training cells", class_="unlike") if words.unlike(cell.novelty) else None,
            element("span", words.at_a_glance(cell.attributes)) if cell.attributes else None,
            element("span", element("a", f"{whole} {number}", href=f"#field-{number}"), rest, class_="quiet"),
            _attributes(cell),
        ),
        id=f"cell-{number}-{cell.id}",
        style=f"--type:rgb{COLOURS[cell.type]}",
    )


def jpeg_uri(content: bytes) -> str:
    """Return a JPEG as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


def _picture(crop: bytes | None, alt: str, field: Field, cell: Cell) -> Html:
    if crop is None:
        return element("div", "no picture", class_="crop")
    drawn = [_path(cell.polygon, field, cell, "cell"), *(_path(p, field, cell, None) for p in cell.nucleus_polygons)]
    return element(
        "div",
        element("img", src=jpeg_uri(crop), alt=alt, width=CROP_PX, height=CROP_PX, loading="lazy"),
        element("svg", drawn, viewBox=f"0 0 {10 * CROP_PX} {10 * CROP_PX}", aria_hidden="true"),
        class_="crop",
    )


def _path(polygon: Sequence[tuple[float, float]], field: Field, cell: Cell, kind: str | None) -> Html | None:
    """One outline in px of the cell's picture, with no more corners than can be seen."""
    if len(polygon) < 3:
        return None
    x0, y0, x1, y1 = frame(cell, field)
    points = (np.array(polygon) - (x0, y0)) * (CROP_PX / (x1 - x0), CROP_PX / (y1 - y0))
    corners = cv2.approxPolyDP(points.astype(np.float32), 0.35, True)[:, 0]
    return element("path", class_=kind, d="M" + " ".join(f"{x:.0f},{y:.0f}" for x, y in corners * 10) + "z")


def _attributes(cell: Cell) -> Html | None:
    if not cell.attributes or all(found.value == NOT_ASSESSABLE for found in cell.attributes.values()):
        return None
    schemes: dict[str, list[AttributeValue]] = defaultdict(list)
    for name, found in cell.attributes.items():
        schemes[ATTRIBUTES[name].scheme].append(found)
    return element(
        "details",
        element("summary", f"{len(cell.attributes)} attributes, why"),
        element(
            "table",
            (
                element(
                    "tbody",
                    element("tr", element("th", scheme, colspan=4, scope="rowgroup", class_="scheme")),
                    (_attribute(found) for found in members),
                )
                for scheme, members in schemes.items()
            ),
        ),
    )


def _attribute(found: AttributeValue) -> Html:
    badge = found.evidence.split(" ")[0]  # trained, mapped or rule
    sure = "" if found.probability is None else words.probability(found.probability)
    return element(
        "tr",
        element("th", ATTRIBUTES[found.name].label, scope="row"),
        element("td", f"{found.value} {sure}"),
        element("td", element("span", found.evidence, class_=badge)),
        element("td", _reasons(found.reasons)),
    )


def _reasons(reasons: Iterable[Reason]) -> Iterable[Html]:
    for reason in reasons:
        sign = "+" if reason.weight > 0 else "\u2212"
        yield element("i", f"{sign} {words.reason(reason)}")
