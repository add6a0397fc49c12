"""The report as one HTML page, in the look of a slide's report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lowcost.differential import Parameters as Conventions
from lowcost.export.files import stems as stem_names
from lowcost.export.palette import COLOURS
from lowcost.programme import advice
from lowcost.programme.drift import LEAST_SLIDES, Drift, Estimate
from lowcost.programme.pictures import Picture
from lowcost.programme.tally import BLASTS, SURE, Shift, Slide, command, first_to_look_at, patients, to_look_at
from lowcost.report import words
from lowcost.report.differential import plot
from lowcost.report.document import document
from lowcost.report.fields import table
from lowcost.report.gallery import jpeg_uri
from lowcost.report.markup import Html, element, file_name
from lowcost.result import Share
from lowcost.taxonomy import CELL_TYPES, RESEARCH_USE_NOTICE, UNIDENTIFIED

FIRST, LONGEST, FARTHEST = 20, 200, 10
"""Slides to look at first, rows of a table, and features of a device that the page shows; the tables hold all."""

PHOTOGRAPHS, OPEN = 5, 5
"""Photographs named of a slide to look at first, and how many of these slides show theirs at once."""

_AXIS = 2.0
"""End of the axis of drift on either side, in spreads."""

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

_DEFINITIONS = {
    "Share": "of the leukocytes that were named; below it the exact binomial 95 % limits (Clopper\u2013Pearson). They "
    "cover the luck of which cells were met and nothing else: shares corrected for cells that are confused stand in "
    "each slide's result.json, and in the report that the command beside it makes.",
    "Patients": "all slides of a patient counted together, as if they were one.",
    "May be blasts": "leukocytes with another name, or none, among whose possible types is a blast: of held-out cells "
    "of the training laboratories, 95 in 100 list their own type. Elsewhere fewer do.",
    "Usable": "fields that were accepted or doubtful, of all images that were tried; with the same exact limits, as if "
    "each image was tried for itself.",
    "Outlines, um": "the middle width over which the edges of cells fade into the ground: the larger, the less sharp.",
    "Um per px": "the middle scale, by red cells unless a profile or a person gave it: types and sizes depend on it.",
    "Lines": "a dot is a share or a mean, the line through it its 95 % limits, broken uprights 10 and 20 % of blast "
    "equivalents; in Drift the thin upright is training cells (or the month before), and an arrow with a number a mean "
    f"that lies beyond {_AXIS:.0f} spreads. Bold rows have changed.",
    "Act, look, fine": f"act: {advice.MANY_UNLIKE} % or more of the cells are unlike, most photographs cannot be "
    f"judged, um per px differ {advice.APART}-fold on one device, or features changed. Look: so many cells are unlike "
    f"that the lower limit is {advice.UNLIKE} % or more, or slides are too few to tell.",
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
        "first": ("Look at these first", _first(slides, conventions, bundle, pictures or {})),
        "slides": ("Slides", _differentials(slides, "Slide", "slides.csv")),
        **({"patients": ("Patients", _differentials(people, "Patient", "patients.csv"))} if people else {}),
        "quality": ("Quality by device and day", _quality(shifts)),
        "drift": ("Drift", _drift(drifts)),
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
            f"{words.count(few, 'slide has', 'slides have')} too few cells to tell whether {_marks(conventions)} are "
            "blast equivalents: take more fields."
        )
    sentences.append(words.MISSED_BLASTS)
    failures, pending = sum(slide.failures for slide in slides), sum(slide.pending for slide in slides)
    if failures:
        sentences.append(f"{words.count(failures, 'image')} could not be analysed or counted again.")
    if pending:
        sentences.append(f"{words.count(pending, 'image')} still to be analysed: give lowcost batch again.")
    urgent = advice.urgent(shifts, drifts)
    for device, said in urgent.items():
        sentences.append(f"{device or 'Unknown device'}: {', '.join(said)}.")
    if urgent:
        sentences.append("See Quality and Drift for what to do.")
    return " ".join(sentences)


def _first(
    slides: Sequence[Slide], conventions: Conventions, bundle: str | None, pictures: Mapping[str, Sequence[Picture]]
) -> Iterable[Html]:
    found = list(first_to_look_at(slides))
    marks = conventions.blast_thresholds
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
                element("td", [slide.patient, element("small", _when(slide))]),
                element("td", why, class_="why"),
                element("td", _shown(slide.blasts)),
                element("td", plot(slide.blasts, None, 100, marks), class_="plot", aria_hidden="true"),
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
    yield _table(("Slide", "Patient, day", "Why", "Blast equivalents", "0 to 100 %"), rows)
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
    shown = to_look_at(slide)[:PHOTOGRAPHS]
    paths = (
        element(
            "li",
            file_name(own.item.path),
            f" ({own.item.part})" if own.item.part else None,
            f": {words.count(own.blasts, 'blast equivalent')}, {own.unidentified} unidentified",
        )
        for own in shown
    )
    of = f"{len(shown)} of {words.count(len(slide.photographs), 'photograph')}"
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
    yield element(
        "p", f"Their limits leave open whether {_marks(conventions)} of the leukocytes are blast equivalents."
    )
    rows = (
        element(
            "tr",
            element("th", file_name(slide.name), scope="row"),
            element("td", f"{slide.named} of {conventions.reference}", class_="num"),
            element("td", _shown(slide.blasts), class_="num"),
            element("td", slide.counts[UNIDENTIFIED], class_="num"),
        )
        for slide in found[:LONGEST]
    )
    counted = f"Cells named, of the {conventions.reference} that the reference method counts (CLSI H20-A2)"
    yield _table(("Slide", counted, "Blast equivalents", "Unidentified"), rows, numbers=1)
    if len(found) > LONGEST:
        yield element("p", f"{len(found) - LONGEST} more.", class_="quiet")


def _differentials(slides: Sequence[Slide], kind: str, file: str) -> Iterable[Html]:
    if not slides:
        yield element("p", "None.")
        return
    rows = (
        element(
            "tr",
            element("th", file_name(slide.name), scope="row"),
            element("td", [slide.patient, element("small", _when(slide))] if kind == "Slide" else slide.slides),
            element("td", f"{slide.fields.total() - slide.fields['rejected']} of {_tried(slide)}", class_="num"),
            element("td", slide.named, class_="num"),
            element("td", _shown(slide.unsure), class_="num"),
            (element("td", _shown(slide.share(*types)), class_="num") for types in COLUMNS.values()),
        )
        for slide in slides[:LONGEST]
    )
    second = "Patient, day" if kind == "Slide" else "Slides"
    yield _table((kind, second, "Usable fields", "Named", "Unidentified", *COLUMNS), rows, numbers=2)
    if len(slides) > LONGEST:
        yield element("p", f"{len(slides) - LONGEST} more in {file}.", class_="quiet")


def _quality(shifts: Sequence[Shift]) -> Iterable[Html]:
    if not shifts:
        yield element("p", "None.")
        return
    devices = advice.by_device(shifts)
    scales = ((device, advice.of_scales(own)) for device, own in devices.items())
    if told := [_said(device, said) for device, said in scales if said]:
        yield element("ul", told)
    newest = sorted(shifts, key=lambda each: (each.day is None, -(each.day.toordinal() if each.day else 0)))
    rows = (
        element(
            "tr",
            element("th", file_name(shift.device or "not known"), scope="row"),
            element("td", shift.day.isoformat() if shift.day else "not known", class_="day"),
            element(
                "td",
                _verdict(advice.of_shift(shift), "fine") if shift.measured or advice.of_shift(shift) else "\u2013",
                class_="do",
            ),
            element("td", _shown(shift.usable), class_="num"),
            (element("td", shift.fields[verdict], class_="num") for verdict in ("accepted", "doubtful", "rejected")),
            element("td", shift.failures, class_="num"),
            element("td", _middle(shift.edges), class_="num"),
            element("td", _middle(shift.scales), class_="num"),
            element("td", _unlike(shift), class_="num"),
            element("td", "; ".join(f"{reason} ({times})" for reason, times in shift.reasons.most_common(2))),
        )
        for shift in newest[:LONGEST]
    )
    heads = (
        "Device",
        "Day",
        "What to do",
        "Usable",
        "Accepted",
        "Doubtful",
        "Rejected",
        "Failed",
        "Outlines, um",
        "um per px",
    )
    yield _table((*heads, "Unlike", "Most frequent reasons"), rows, numbers=3)
    if len(shifts) > LONGEST:
        yield element("p", f"{len(shifts) - LONGEST} more in quality.csv.", class_="quiet")


def _verdict(found: Sequence[advice.Advice], fine: str) -> Iterable[Html]:
    if not found:
        yield element("span", fine, class_="verdict accepted")
    for said in found:
        yield element("div", _mark(said), " ", said.text)


def _mark(said: advice.Advice) -> Html:
    word, kind = ("act", "rejected") if said.urgent else ("look", "doubtful")
    return element("span", word, class_=f"verdict {kind}")


def _said(device: str, said: advice.Advice) -> Html:
    return element("li", _mark(said), " ", file_name(device or "device not known"), ": ", said.text)


def _unlike(shift: Shift) -> object:
    from lowcost.differential import share

    return _shown(share(shift.unlike, shift.measured))


def _drift(drifts: Sequence[Drift]) -> Iterable[Html]:
    if not drifts:
        yield element(
            "p",
            "Not measured. It needs the days of slides (column day in the manifest of lowcost batch), and the bundle "
            "that analysed them (--bundle), which holds the means of training cells.",
        )
        return
    for drift in drifts:
        week, month = drift.week, drift.month
        yield element("h3", file_name(drift.device or "device not known"))
        said = advice.of_drift(drift)
        yield element("div", _verdict([said] if said else [], "no change seen since the month before"))
        yield element(
            "p",
            f"{week.first.isoformat()} to {week.last.isoformat()}: {words.count(len(week.slides), 'slide')}, "
            f"{_sentence(week.unlike)} unlike the training set (2.5\u00a0% of held-out ones are). "
            f"The 28 days before: {words.count(len(month.slides), 'slide')}, {_sentence(month.unlike)}.",
        )
        if len(week.slides) < LEAST_SLIDES:
            continue
        rows = (
            element(
                "tr",
                element("th", words.feature(name), scope="row"),
                (element("td", cell) for cell in (_estimate(own), _interval(own))),
                (element("td", cell) for cell in (_estimate(difference), _interval(difference))),
                class_="changed" if difference and difference.tells else None,
            )
            for name, own, difference in drift.features[:FARTHEST]
        )
        axis = f"\u2212{_AXIS:.0f} to {_AXIS:.0f} spreads"
        yield _table(("Feature", "From training cells", axis, "From the month before", axis), rows)
        yield element("p", f"The {FARTHEST} features that lie farthest; all are in drift.csv.", class_="quiet")


def _sentence(found: Share) -> str:
    if not found.total:
        return "no leukocytes"
    return f"{words.percent(found.percent)} ({words.limits(found)}) of {words.count(found.total, 'leukocyte')}"


def _estimate(found: Estimate | None) -> object:
    if found is None or not math.isfinite(found.low):
        return "\u2013"
    return [f"{found.mean:+.2f}", element("small", f"{found.low:+.2f} to {found.high:+.2f}")]


def _interval(found: Estimate | None) -> Html | None:
    """A mean with its limits beside 0."""
    if found is None or not math.isfinite(found.low):
        return None

    def x(value: float) -> str:
        return f"{50 + 50 * min(max(value / _AXIS, -1), 1):.2f}%"

    middle = element("line", class_="zero", x1="50%", x2="50%", y1=0, y2=18)
    if found.mean > _AXIS:
        marks = [element("text", f"{found.mean:+.1f}\u00a0\u2192", x="100%", y=13, text_anchor="end")]
    elif found.mean < -_AXIS:
        marks = [element("text", f"\u2190\u00a0{found.mean:+.1f}", x="0%", y=13)]
    else:
        line = element("line", class_="limits", x1=x(found.low), x2=x(found.high), y1=9, y2=9)
        marks = [line, element("circle", class_="share", cx=x(found.mean), cy=9, r=4)]
    return element("svg", middle, marks, width="100%", height=18, aria_hidden="true")


def _small_print(about: Mapping[str, str]) -> Iterable[Html]:
    definitions = ((element("dt", term), element("dd", meaning)) for term, meaning in _DEFINITIONS.items())
    yield element("dl", definitions)
    yield table(about)


def _table(heads: Sequence[str], rows: Iterable[object], numbers: int | None = None) -> Html:
    """A table that scrolls for itself where the window is narrow; heads from `numbers` on stand over numbers."""
    named = (
        element("th", head, scope="col", class_="num" if numbers is not None and numbers <= place else None)
        for place, head in enumerate(heads)
    )
    made = element("table", element("thead", element("tr", named)), element("tbody", rows), class_="slides")
    return element("div", made, class_="wide", tabindex=0)


def _shown(found: Share) -> object:
    if not found.total:
        return "\u2013"
    return [words.percent(found.percent), element("small", words.limits(found))]


def _marks(conventions: Conventions) -> str:
    return " or ".join(f"{percent}\u00a0%" for percent in conventions.blast_thresholds)


def _when(slide: Slide) -> str:
    return slide.day.isoformat() if slide.day else ""


def _tried(slide: Slide) -> int:
    return slide.fields.total() + slide.failures


def _middle(values: Sequence[float]) -> str:
    return words.number(sorted(values)[(len(values) - 1) // 2]) if values else "\u2013"
