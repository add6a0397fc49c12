"""The report on paper: PDF of a few pages.

Western European letters are those that every reader of PDF has. Text with others (Latin of the rest of Europe, Greek,
Cyrillic, Arabic script as of Urdu, shaped and from right to left) is set in two fonts that come along
(``static/fonts``, under the SIL Open Font License). Letters that these lack stand as their numbers, as Python writes
them, so that no two names look the same; what a browser prints of the report's page has all letters.
"""

from __future__ import annotations

import io
import unicodedata
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF, XPos, YPos
from fpdf.fonts import FontFace

from lowcost.differential import share as share_of
from lowcost.export.palette import COLOURS
from lowcost.report import FieldPictures, Heading, gallery, morphology, words
from lowcost.report.differential import REFERENCE
from lowcost.report.pictures import CROP_UM
from lowcost.result import Cell, Share, SmearResult
from lowcost.taxonomy import CELL_TYPES

SHOWN = 12
"""Cells of each type that are shown."""

_ACROSS = 12
_GAP_MM = 1.0
_PLAIN = "Helvetica"
_FONTS = {
    name: Path(__file__).parents[1] / "static" / "fonts" / f"{name}.ttf"
    for name in ("NotoSans-Regular", "NotoNaskhArabic-Regular")
}
_LATIN = str.maketrans({"\u2013": "-", "\u2014": "-", "\u2019": "'", "\u2212": "-", "\u03ba": "kappa"})


def render(result: SmearResult, pictures: Mapping[int, FieldPictures], heading: Heading) -> bytes:
    """Return the report as a PDF file.

    Parameters
    ----------
    result : SmearResult
        What a slide says.
    pictures : mapping of int to FieldPictures
        By index in `SmearResult.fields`.
    heading : Heading
        Whose cells these are, and who has verified them.
    """
    paper = _Paper(result.notice)
    paper.headline(f"Blood smear report ({heading.status})")
    paper.pairs(heading.lines)
    paper.say(words.summary(result))
    _differential(paper, result)
    if remarks := morphology.lines(result):
        paper.heading("Morphology")
        paper.pairs(remarks)
    _cells(paper, result, pictures)
    _fields(paper, result)
    paper.heading("Provenance")
    paper.pairs({name.replace("_", " "): value for name, value in result.provenance.items()})
    paper.set_creation_date(heading.made)
    return bytes(paper.output())


class _Paper(FPDF):
    """A4 with the notice on every page."""

    def __init__(self, notice: str) -> None:
        super().__init__(format="A4")
        self._notice = notice
        self.set_margin(15)
        self.set_auto_page_break(True, 18)
        self.set_title("Blood smear report")
        self.set_lang("en")
        self.add_page()

    def footer(self) -> None:
        """Notice and number of each page."""
        self.set_y(-13)
        self.set_font(_PLAIN, "B", 8)
        self.cell(0, 5, told(self._notice))
        self.set_font(_PLAIN, "", 8)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")

    def headline(self, text: str) -> None:
        self._line(self._notice, 8)
        self._line(text, 16)

    def heading(self, text: str) -> None:
        if self.will_page_break(25):
            self.add_page()
        self.ln(2)
        self._line(text, 12)

    def say(self, text: str) -> None:
        self.multi_cell(0, 4.5, told(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def pairs(self, lines: Mapping[str, str]) -> None:
        if lines:
            self.rows(list(lines.items()), (1, 4))

    def rows(self, rows: Sequence[tuple[str, ...]], widths: tuple[int, ...], numbers: Container[int] = ()) -> None:
        """A table; of one with `numbers`, the columns that hold some, the first row is its head."""
        self.set_font(_PLAIN, "", 8.5)
        with self.table(
            col_widths=widths,
            text_align=tuple("RIGHT" if column in numbers else "LEFT" for column in range(len(widths))),
            first_row_as_headings=bool(numbers),
            headings_style=FontFace(emphasis="BOLD"),
            borders_layout="HORIZONTAL_LINES",
            line_height=4.5,
        ) as table:
            for row in rows:
                cells = table.row()
                for text in row:
                    cells.cell(told(text), style=None if is_plain(text) else self._other_letters())
        self.ln(1.5)
        self.set_font(_PLAIN, "", 9)

    def _other_letters(self) -> FontFace:
        """A face that has more letters; its fonts are read when the first text needs them."""
        first, *others = _FONTS
        if first.lower() not in self.fonts:
            for name, file in _FONTS.items():
                self.add_font(name, fname=file)
            self.set_fallback_fonts(others)
            self.set_text_shaping(True)
        return FontFace(family=first, emphasis="")

    def _line(self, text: str, size: float) -> None:
        self.set_font(_PLAIN, "B", size)
        self.multi_cell(0, size * 0.55, told(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_font(_PLAIN, "", 9)


def is_plain(text: str) -> bool:
    """Whether every reader of PDF has the letters of a text."""
    try:
        text.translate(_LATIN).encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def told(text: str) -> str:
    """Return a text in letters that there are, with numbers in place of all others."""
    if is_plain(text):
        return text.translate(_LATIN)
    known = _letters()
    return "".join(each if each in known else each.encode("ascii", "backslashreplace").decode() for each in text)


@cache
def _letters() -> frozenset[str]:
    """Every letter of the fonts that come along; line breaks are none of a font's."""
    found = {"\n"}
    for file in _FONTS.values():
        with TTFont(file, lazy=True) as font:
            found |= {chr(code) for code in font.getBestCmap()}
    # Marks that turn the direction of what follows would let one name look like another; joiners belong to words.
    return frozenset(each for each in found if unicodedata.category(each) != "Cf" or each in "\u200c\u200d")


def _differential(paper: _Paper, result: SmearResult) -> None:
    found = result.differential
    paper.heading("Differential")
    paper.say(found.supports)
    if found.counted:
        segmented, band = found.shares["neutrophil_segmented"], found.shares["neutrophil_band"]
        total = found.neutrophils or share_of(segmented.count + band.count, found.counted)
        heads = ("Type", "Cells", "Share", "95 % limits", "Corrected share", "Its limits", "Adults, %")
        rows = [
            heads,
            _row("Neutrophils (total)", total, REFERENCE["neutrophils"]),
            *(_row(CELL_TYPES[name].label, share, REFERENCE.get(name)) for name, share in found.shares.items()),
            _row("Blast equivalents", found.blast_equivalents, None),
        ]
        # Nothing is corrected where a person has seen the cells.
        shown = (0, 1, 2, 3, 6) if found.blast_equivalents.with_errors is None else range(7)
        widths = tuple((5, 2, 2, 3, 3, 3, 2)[column] for column in shown)
        paper.rows([tuple(row[column] for column in shown) for row in rows], widths, range(1, len(widths)))
    paper.say(words.blasts(result))
    if found.unidentified.total:
        unsure = found.unidentified
        of_all = words.count(unsure.total, "leukocyte")
        share = f"{words.percent(unsure.percent)}, {words.limits(unsure)}"
        paper.say(f"Unidentified: {unsure.count} of {of_all} ({share}).")
    paper.say(
        "Limits are exact binomial ones (Clopper-Pearson) and cover sampling only; the corrected share, where it is "
        "given, allows for cells that the program confuses. Reference intervals are for orientation."
    )


def _row(label: str, share: Share, reference: tuple[int, int] | None) -> tuple[str, ...]:
    wide = share.with_errors
    return (
        label,
        str(share.count),
        words.percent(share.percent),
        words.limits(share),
        words.percent(wide.percent) if wide else "",
        words.limits(wide) if wide else "",
        "{}-{}".format(*reference) if reference else "",
    )


def _cells(paper: _Paper, result: SmearResult, pictures: Mapping[int, FieldPictures]) -> None:
    groups: dict[str, list[tuple[int, Cell]]] = defaultdict(list)
    for number, _, cell in gallery.shown(result):
        if number - 1 in pictures and cell.id in pictures[number - 1].crops:
            groups[cell.type].append((number - 1, cell))
    if groups:
        paper.heading("Cells")
        paper.say(f"Of each type the least sure, {SHOWN} at most; every picture is {CROP_UM:.0f} um wide.")
    side = (paper.epw - (_ACROSS - 1) * _GAP_MM) / _ACROSS
    for name, members in groups.items():
        if paper.will_page_break(side + 8):
            paper.add_page()
        x, y = paper.get_x(), paper.get_y()
        paper.set_fill_color(*COLOURS[name])
        paper.rect(x, y + 1, 2.5, 2.5, "DF")
        paper.set_x(x + 4)
        paper.say(CELL_TYPES[name].label)
        y = paper.get_y()
        for i, (index, cell) in enumerate(members[:SHOWN]):
            crop = io.BytesIO(pictures[index].crops[cell.id])
            alt = f"{CELL_TYPES[name].label}, field {index + 1}, cell {cell.id}"
            paper.image(crop, x + i * (side + _GAP_MM), y, side, side, alt_text=alt)
        paper.set_y(y + side + 2)


def _fields(paper: _Paper, result: SmearResult) -> None:
    paper.heading("Fields")
    rows = [
        (f"{number}. {field.name}", field.verdict, str(len(field.cells)), "; ".join(field.reasons))
        for number, field in enumerate(result.fields, 1)
    ]
    rows += [(failed.name, "not analysed", "", failed.message) for failed in result.failures]
    if rows:
        paper.rows([("Photograph", "Verdict", "Objects", "Why"), *rows], (5, 3, 2, 8), (2,))
    else:
        paper.say("No field was analysed.")
