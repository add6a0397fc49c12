"""The section of slides that a person should look at first, with their cells and photographs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lowcost.differential import Parameters as Conventions
from lowcost.export.files import stems as stem_names
from lowcost.export.palette import COLOURS
from lowcost.programme.pictures import Picture
from lowcost.programme.rows import LONGEST, marks, scrolling, shown, when
from lowcost.programme.tally import SURE, Slide, command, first_to_look_at, to_look_at
from lowcost.report import words
from lowcost.report.differential import plot
from lowcost.report.gallery import jpeg_uri
from lowcost.report.markup import Html, element, file_name
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

FIRST = 20
"""Slides to look at first that the page shows; the tables hold all."""

PHOTOGRAPHS, OPEN = 5, 5
"""Photographs named of a slide to look at first, and how many of these slides show theirs at once."""


def section(
    slides: Sequence[Slide], conventions: Conventions, bundle: str | None, pictures: Mapping[str, Sequence[Picture]]
) -> Iterable[Html]:
    """Yield the parts of the section; the parameters are those of `lowcost.programme.page.render`."""
    found = list(first_to_look_at(slides))
    yield element(
        "p",
        f"First slides whose lower limit of the share of blast equivalents is {SURE}\u00a0% or more, then all others "
        "by how large the share of blast equivalents and unidentified cells may be. An order for looking: no slide is "
        "cleared by its place.",
    )
    stems = stem_names(slide.name.replace("/", " ") for slide, _ in found[:FIRST])
    rows = (
        (
            element(
                "tr",
                element("th", file_name(slide.name), scope="row"),
                element("td", [slide.patient, element("small", when(slide))]),
                element("td", why, class_="why"),
                element("td", shown(slide.blasts)),
                element(
                    "td", plot(slide.blasts, None, 100, conventions.blast_thresholds), class_="plot", aria_hidden="true"
                ),
            ),
            element(
                "tr",
                element(
                    "td",
                    _cells(pictures.get(slide.name, ())),
                    _look(slide, f"reports/{stem}", place < OPEN, bundle),
                    colspan=5,
                ),
                class_="look",
            ),
        )
        for place, ((slide, why), stem) in enumerate(zip(found[:FIRST], stems, strict=True))
    )
    yield scrolling(("Slide", "Patient, day", "Why", "Blast equivalents", "0 to 100 %"), rows)
    if len(found) > FIRST:
        yield element("p", f"{len(found) - FIRST} more in slides.csv, in the column look_first.", class_="quiet")
    yield from _too_few([slide for slide, _ in found if slide.needs_more(conventions)], conventions)


def _cells(pictures: Sequence[Picture]) -> Html | None:
    """The cells that a person should see first, each in its colour."""
    if not pictures:
        return None
    cards = (
        element(
            "figure",
            element(
                "img",
                src=jpeg_uri(own.jpeg),
                alt=f"{CELL_TYPES[own.cell.type].label}, {own.photograph}, cell {own.cell.id}",
                loading="lazy",
            ),
            element(
                "figcaption",
                element("b", CELL_TYPES[own.cell.type].label),
                " ",
                words.probability(own.cell.probability) if own.cell.type != UNIDENTIFIED else None,
                element("small", file_name(own.photograph), f", cell {own.cell.id}"),
            ),
            style=f"--type:rgb{COLOURS[own.cell.type]}",
        )
        for own in pictures
    )
    return element("div", cards, class_="cells")


def _look(slide: Slide, out: str, unfolded: bool, bundle: str | None) -> Html | None:
    """Where the photographs of a slide lie, and how to make its report."""
    if not slide.photographs:
        return None
    chosen = to_look_at(slide)[:PHOTOGRAPHS]
    paths = (
        element(
            "li",
            file_name(own.item.path),
            f" ({own.item.part})" if own.item.part else None,
            f": {words.count(own.blasts, 'blast equivalent')}, {own.unidentified} unidentified",
        )
        for own in chosen
    )
    of = f"{len(chosen)} of {words.count(len(slide.photographs), 'photograph')}"
    made = command(slide, out, bundle)
    return element(
        "details",
        element("summary", f"{of}, and the command for a report with overlays"),
        element("ol", paths),
        element("code", made)
        if made
        else element("p", "Take the photographs out of their file or store first: lowcost analyze reads image files."),
        open=unfolded,
    )


def _too_few(found: Sequence[Slide], conventions: Conventions) -> Iterable[Html]:
    if not found:
        return
    yield element("h3", f"Too few cells: take more fields ({words.count(len(found), 'slide')})")
    yield element("p", f"Their limits leave open whether {marks(conventions)} of the leukocytes are blast equivalents.")
    rows = (
        element(
            "tr",
            element("th", file_name(slide.name), scope="row"),
            element("td", f"{slide.named} of {conventions.reference}", class_="num"),
            element("td", shown(slide.blasts), class_="num"),
            element("td", slide.counts[UNIDENTIFIED], class_="num"),
        )
        for slide in found[:LONGEST]
    )
    counted = f"Cells named, of the {conventions.reference} that the reference method counts (CLSI H20-A2)"
    yield scrolling(("Slide", counted, "Blast equivalents", "Unidentified"), rows, numbers=1)
    if len(found) > LONGEST:
        yield element("p", f"{len(found) - LONGEST} more.", class_="quiet")
