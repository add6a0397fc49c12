"""The programme report as one HTML page, in the look of a slide's report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lowcost.differential import Parameters as Conventions
from lowcost.programme import advice, devices, differentials, looking
from lowcost.programme.devices import AXIS
from lowcost.programme.drift import LEAST_SLIDES, Drift
from lowcost.programme.pictures import Picture
from lowcost.programme.rows import marks
from lowcost.programme.tally import BLASTS, SURE, Shift, Slide, patients
from lowcost.report import words
from lowcost.report.document import document
from lowcost.report.fields import table
from lowcost.report.markup import Html, element
from lowcost.taxonomy import CELL_TYPES, RESEARCH_USE_NOTICE

_DEFINITIONS = {
    "Share": "of the leukocytes that were named; below it the exact binomial 95 % limits (Clopper\u2013Pearson). They "
    "cover the luck of which cells were met and nothing else: shares corrected for cells that are confused stand in "
    "each slide's result.json, and in the report that the command beside it makes.",
    "Blast equivalents": f"cells of the type {', '.join(CELL_TYPES[name].label.lower() for name in BLASTS)}, of any "
    "lineage. Promyelocytes stand under Immature; promonocytes are no type of their own, and may be called monocytes.",
    "Patients": "all slides of a patient counted together, as if they were one.",
    "May be blasts": "leukocytes with another name, or none, among whose possible types is a blast: of held-out cells "
    "of the training laboratories, 95 in 100 list their own type. Elsewhere fewer do.",
    "Usable": "fields that were accepted or doubtful, of all images that were tried; with the same exact limits, as if "
    "each image was tried for itself.",
    "Outlines, um": "the middle width over which the edges of cells fade into the ground: the larger, the less sharp.",
    "Um per px": "the middle scale, by red cells unless a profile or a person gave it: types and sizes depend on it.",
    "Lines": "a dot is a share or a mean, the line through it its 95 % limits, broken uprights 10 and 20 % of blast "
    "equivalents; in Drift the thin upright is training cells (or the month before), and an arrow with a number a mean "
    f"that lies beyond {AXIS:.0f} spreads. Bold rows have changed.",
    "Act, look, fine": f"act: {advice.MANY_UNLIKE} % or more of the cells are unlike, most photographs cannot be "
    f"judged, um per px differ {advice.APART}-fold on one device, or features changed. Look: so many cells are unlike "
    f"that the lower limit is {advice.UNLIKE} % or more, {advice.MANY_DOUBTFUL} % or more of the photographs are "
    "doubtful or rejected, or slides are too few to tell.",
    "A device that drifts, or is unlike": "look at its newest fields, calibrate it again (lowcost calibrate) and give "
    "the profile in the column device, and have cells of the week verified in the review station.",
    "Unlike": "leukocytes farther from the training cells than 39 in 40 held-out ones: of cells like those, 2.5 % are. "
    "Limits take each cell for itself and are too narrow where slides differ.",
    "Drift": "each slide gives one mean per feature: by how many spreads of training cells its leukocytes lie from "
    "training cells of their own type, so that other types do not look like another stain. The last seven days with "
    "slides are held against training cells, and against the 28 days before.",
    "Limits of drift": "Student's over slides, Welch's for a difference; widened so that with no change at all 95 of "
    f"100 reports show none (Bonferroni). From {LEAST_SLIDES} slides of each period.",
}


def render(
    slides: Sequence[Slide],
    shifts: Sequence[Shift],
    drifts: Sequence[Drift],
    conventions: Conventions,
    about: Mapping[str, str],
    bundle: str | None = None,
    pictures: Mapping[str, Sequence[Picture]] | None = None,
) -> str:
    """Return the report as one HTML document without scripts that loads nothing.

    Parameters
    ----------
    slides, shifts : sequence
        What `lowcost.programme.tally.read` counted.
    drifts : sequence of Drift
        What `lowcost.programme.drift.measure` found.
    conventions : lowcost.differential.Parameters
        How many cells are few, and which shares of blasts matter.
    about : mapping of str to str
        Versions and the bundle's digest.
    bundle : str, optional
        Where the bundle lies, if it is not the installed one: commands on the page name it.
    pictures : mapping of str to sequence of Picture, optional
        Cells of the slides to look at first, by the names of these.
    """
    sheet = Html((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))
    people = patients(slides)
    sections = {
        "first": ("Look at these first", looking.section(slides, conventions, bundle, pictures or {})),
        "slides": ("Slides", differentials.section(slides, "Slide", "slides.csv")),
        **({"patients": ("Patients", differentials.section(people, "Patient", "patients.csv"))} if people else {}),
        "quality": ("Quality by device and day", devices.quality(shifts)),
        "drift": ("Drift", devices.drift(drifts)),
        "words": ("What the words mean", _small_print(about)),
    }
    links = (element("a", title, href=f"#{target}") for target, (title, _) in sections.items())
    body = element(
        "body",
        element(
            "header",
            element("p", RESEARCH_USE_NOTICE, class_="notice"),
            element("h1", "Programme report"),
            element("p", summary(slides, shifts, drifts, conventions), class_="summary"),
            element("nav", links, aria_label="Sections"),
        ),
        element(
            "main",
            (
                element("section", element("h2", title), content, id=target)
                for target, (title, content) in sections.items()
            ),
        ),
        element("footer", RESEARCH_USE_NOTICE),
    )
    return document("Programme report", body, sheet)


def summary(slides: Sequence[Slide], shifts: Sequence[Shift], drifts: Sequence[Drift], conventions: Conventions) -> str:
    """Return what the slides say together, in a few plain sentences."""
    if not slides:
        return "The store holds no slides yet."
    people = len({slide.patient for slide in slides if slide.patient})
    of = f" of {words.count(people, 'patient')}" if people else ""
    named, fields = sum(slide.named for slide in slides), sum(slide.fields.total() for slide in slides)
    sentences = [
        f"{words.count(len(slides), 'slide')}{of}: {words.count(named, 'leukocyte')} named on "
        f"{words.count(fields, 'field')}."
    ]
    above = sum(slide.named > 0 and slide.blasts.low >= SURE for slide in slides)
    if above:
        sentences.append(
            f"On {words.count(above, 'slide')} even the lower limit of the share of blast equivalents is "
            f"{SURE}\u00a0% or more: look at {'it' if above == 1 else 'them'} first."
        )
    few = sum(slide.needs_more(conventions) for slide in slides)
    if few:
        sentences.append(
            f"{words.count(few, 'slide has', 'slides have')} too few cells to tell whether {marks(conventions)} are "
            "blast equivalents: take more fields."
        )
    sentences.append(words.MISSED_BLASTS)
    failures, pending = sum(slide.failures for slide in slides), sum(slide.pending for slide in slides)
    if failures:
        sentences.append(f"{words.count(failures, 'image')} could not be analysed.")
    if pending:
        sentences.append(f"{words.count(pending, 'image')} still to be analysed: give lowcost batch again.")
    urgent = advice.urgent(shifts, drifts)
    for device, said in urgent.items():
        sentences.append(f"{device or 'Unknown device'}: {', '.join(said)}.")
    if urgent:
        sentences.append("See Quality and Drift for what to do.")
    return " ".join(sentences)


def _small_print(about: Mapping[str, str]) -> Iterable[Html]:
    definitions = ((element("dt", term), element("dd", meaning)) for term, meaning in _DEFINITIONS.items())
    yield element("dl", definitions)
    yield table(about)
