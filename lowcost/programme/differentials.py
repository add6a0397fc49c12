"""The sections of the slides' and the patients' differentials."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lowcost.programme.rows import LONGEST, scrolling, shown, when
from lowcost.programme.tally import BLASTS, Slide
from lowcost.report.markup import Html, element, file_name

COLUMNS: dict[str, tuple[str, ...]] = {
    "Neutrophils": ("neutrophil_segmented", "neutrophil_band"),
    "Lymphocytes": ("lymphocyte",),
    "Monocytes": ("monocyte",),
    "Eosinophils": ("eosinophil",),
    "Basophils": ("basophil",),
    "Immature": ("metamyelocyte", "myelocyte", "promyelocyte"),
    "Blast equivalents": BLASTS,
}
"""Groups of types whose shares the tables of slides show."""


def section(slides: Sequence[Slide], kind: str, file: str) -> Iterable[Html]:
    """Yield the parts of a section.

    Parameters
    ----------
    slides : sequence of Slide
        Slides, or the slides of each patient counted together.
    kind : {"Slide", "Patient"}
        Which.
    file : str
        The table that holds all.
    """
    if not slides:
        yield element("p", "None.")
        return
    rows = (
        element(
            "tr",
            element("th", file_name(slide.name), scope="row"),
            element("td", [slide.patient, element("small", when(slide))] if kind == "Slide" else slide.slides),
            element(
                "td",
                f"{slide.fields.total() - slide.fields['rejected']} of {slide.fields.total() + slide.failures}",
                class_="num",
            ),
            element("td", slide.named, class_="num"),
            element("td", shown(slide.unsure), class_="num"),
            (element("td", shown(slide.share(*types)), class_="num") for types in COLUMNS.values()),
        )
        for slide in slides[:LONGEST]
    )
    second = "Patient, day" if kind == "Slide" else "Slides"
    yield scrolling((kind, second, "Usable fields", "Named", "Unidentified", *COLUMNS), rows, numbers=2)
    if len(slides) > LONGEST:
        yield element("p", f"{len(slides) - LONGEST} more in {file}.", class_="quiet")
