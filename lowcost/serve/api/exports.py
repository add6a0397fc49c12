"""The report of a slide as files, in every form that others read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Response

from lowcost import report
from lowcost.export import coco, csv, fhir, geojson, yolo
from lowcost.export import json as result_file
from lowcost.serve import access, collector
from lowcost.serve.asking import Here, Number, Who
from lowcost.serve.reports import material, pdf
from lowcost.serve.reports.material import Material
from lowcost.serve.station import Station

router = APIRouter(tags=["exports"])

_UNSAFE = re.compile(r"[^A-Za-z0-9]+")
_LONGEST = 40


@dataclass(frozen=True)
class Form:
    """A form of the report.

    Attributes
    ----------
    summary : str
        What it is for.
    media_type : str
        Its MIME type.
    suffix : str
        How its files end.
    write : callable
        Makes its bytes.
    features : bool
        Whether it tells the measurements of each cell.
    """

    summary: str
    media_type: str
    suffix: str
    write: Callable[[Material, Station], bytes]
    features: bool = False


def _html(found: Material, here: Station) -> bytes:
    page = report.render(found.result, material.pictures_of(found, here.storage), found.heading)
    return page.encode("utf-8", "backslashreplace")


def _pdf(found: Material, here: Station) -> bytes:
    return pdf.render(found.result, material.pictures_of(found, here.storage), found.heading)


FORMS = {
    "json": Form(
        "What a slide says, in the form of ``result.json``.",
        "application/json",
        "json",
        lambda found, _: result_file.dumps(found.result).encode("ascii"),
        features=True,
    ),
    "csv": Form(
        "One row for each object, for a spreadsheet.",
        "text/csv; charset=utf-8",
        "csv",
        lambda found, _: csv.dumps(found.result).encode("utf-8", "backslashreplace"),
        features=True,
    ),
    "html": Form("The report as one page that needs nothing else.", "text/html; charset=utf-8", "html", _html),
    "pdf": Form("The report on paper.", "application/pdf", "pdf", _pdf),
    "fhir": Form(
        "The report for a laboratory's information system: an HL7 FHIR R4 bundle.",
        "application/fhir+json",
        "fhir.json",
        lambda found, _: fhir.dumps(found.result, found.heading).encode("ascii"),
    ),
    "geojson": Form(
        "Outlines for QuPath: a ZIP archive of one GeoJSON file for each field.",
        "application/zip",
        "geojson.zip",
        lambda found, _: geojson.archive(found.result),
        features=True,
    ),
    "coco": Form(
        "Boxes and outlines as COCO JSON.",
        "application/json",
        "coco.json",
        lambda found, _: coco.dumps(found.result).encode("ascii"),
    ),
    "yolo": Form(
        "Boxes as YOLO labels, in a ZIP archive.",
        "application/zip",
        "yolo.zip",
        lambda found, _: yolo.archive(found.result),
    ),
}


def _route(name: str, form: Form) -> None:
    def export(here: Here, who: Who, number: Number) -> Response:
        with collector.at_rest():
            with here.database.read() as session:
                slide = access.slide(session, who, number)
                found = material.gather(session, slide, here.bundle, form.features)
            content = form.write(found, here)
        disposition = f'attachment; filename="{_file_name(found, form)}"'
        return Response(content, media_type=form.media_type, headers={"Content-Disposition": disposition})

    content: dict[int | str, dict[str, Any]] = {200: {"content": {form.media_type.split(";")[0]: {}}}}
    router.add_api_route(
        f"/slides/{{number}}/export/{name}",
        export,
        methods=["GET"],
        name=f"export_{name}",
        description=form.summary,
        response_class=Response,
        responses=content,
    )


for _name, _form in FORMS.items():
    _route(_name, _form)


def _file_name(found: Material, form: Form) -> str:
    """Case and slide in letters that are safe in headers and file systems; the slide's number where none are left."""
    said = (_UNSAFE.sub("-", text)[:_LONGEST].strip("-") for text in (found.heading.case, found.heading.slide))
    stem = "_".join(part for part in said if part) or f"slide-{found.id}"
    return f"{stem}.{form.suffix}"
