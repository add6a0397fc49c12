"""The section of slides that a person should look at first, with their cells and photographs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lowcost.differential import Parameters as Conventions
from lowcost.export.palette import COLOURS
from lowcost.programme import tiles
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

IMAGES, OPEN = 5, 5
"""Photographs or tiles named of a slide to look at first, and how many of these slides show theirs at once."""

_IN_QUPATH = (
    "Give lowcost programme with --geojson: geojson/{file}.zip holds the outlines of all cells of the whole slide. "
    "Unpack it, open the slide in QuPath and drag the outlines onto it."
)


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
                    _look(slide, place < OPEN, bundle),
                    colspan=5,
                ),
                class_="look",
            ),
        )
        for place, (slide, why) in enumerate(found[:FIRST])
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
                alt=f"{CELL_TYPES[own.cell.type].label}, {own.photograph}, {own.where}",
                loading="lazy",
            ),
            element(
                "figcaption",
                element("b", CELL_TYPES[own.cell.type].label),
                " ",
                words.probability(own.cell.probability) if own.cell.type != UNIDENTIFIED else None,
                element("small", file_name(own.photograph), f", {own.where}"),
            ),
            style=f"--type:rgb{COLOURS[own.cell.type]}",
        )
        for own in pictures
    )
    return element("div", cards, class_="cells")


def _look(slide: Slide, unfolded: bool, bundle: str | None) -> Html | None:
    """Where the images of a slide lie, and how to see all of its cells on them."""
    if not slide.photographs:
        return None
    chosen = to_look_at(slide)[:IMAGES]
    paths = (
        element(
            "li",
            file_name(own.item.path),
            f" ({tiles.part(own.item)})" if own.item.part else None,
            f": {words.count(own.blasts, 'blast equivalent')}, {own.unidentified} unidentified",
        )
        for own in chosen
    )
    scanned = any(own.item.kind == "region" for own in slide.photographs)
    of = f"{len(chosen)} of {words.count(len(slide.photographs), 'tile' if scanned else 'photograph')}"
    made = command(slide, f"reports/{slide.file}", bundle)
    if scanned:
        how, told = "how to see the cells on the slide", element("p", _IN_QUPATH.format(file=slide.file))
    elif made:
        how, told = "the command for a report with overlays", element("code", made)
    else:
        how = "how to get a report with overlays"
        told = element("p", "Take the photographs out of their file or store first: lowcost analyze reads image files.")
    return element("details", element("summary", f"{of}, and {how}"), element("ol", paths), told, open=unfolded)


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
