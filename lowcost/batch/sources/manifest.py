"""A manifest: a CSV table that says which files are of which slide, and what is known of them."""

from __future__ import annotations

import csv
import datetime
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from lowcost.batch.item import Item
from lowcost.batch.sources import Found, place
from lowcost.batch.sources.finding import below, expanded
from lowcost.errors import InputError

COLUMNS = {
    "path": "file, folder, pattern or address, from the manifest's folder",
    "slide": "which slide it is of; where empty, each folder is one",
    "patient": "whose slide it is",
    "um_per_px": "the scale, where it is known",
    "device": "profile of the device (NAME.json, from the manifest's folder), or only its name",
    "day": "when it was taken, such as 2026-03-31",
}
"""What a manifest may say; only ``path`` must be there."""

_SEPARATORS = ",;\t"

_STATED = re.compile(r"\"?sep=([,;\t])\"?[,;\t]*\r?\n", re.IGNORECASE)

_DOTTED = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})", re.ASCII)
"""How dates are written with dots: the day comes first wherever that is done."""


@dataclass(frozen=True)
class Row:
    """A line of a manifest.

    Attributes
    ----------
    line : int
        Its number, from 1.
    path : str
        What it names, absolute: a file, folder, pattern or address.
    item : Item
        What it says of each file there.
    """

    line: int
    path: str
    item: Item


def read(manifest: str, note: Callable[[str], None]) -> list[Row]:
    """Read and check a manifest.

    Parameters
    ----------
    manifest : str
        The CSV file, in UTF-8, with commas, semicolons or tabs.
    note : callable
        Told in a sentence which columns are left out.

    Raises
    ------
    InputError
        The table cannot be used; the text names line and column.
    """
    rows = list(_rows(manifest, _folder(manifest), note))
    if not rows:
        raise InputError(f"the manifest {manifest} has no rows: give a line for each file or folder")
    _check_slides(manifest, rows)
    return rows


def find(
    manifest: str, rows: Iterable[Row], refuse: Callable[[str], None], left_out: Callable[[str], None]
) -> Iterator[Found]:
    """Give the files that a manifest lists.

    Parameters
    ----------
    manifest : str
        The CSV file.
    rows : iterable of Row
        Its lines.
    refuse : callable
        Told in a sentence which files cannot be used; the others are given nevertheless.
    left_out : callable
        Told which folders below those named are left out, as lowcost wrote them.
    """
    folder = _folder(manifest)
    for row in rows:
        try:
            for each in expanded(row.path):
                if not place.is_address(each) and not os.path.lexists(each):
                    refuse(f"{manifest}, line {row.line}: {place.printable(each)} does not exist: check the spelling")
                    yield _found(row, each, folder)  # kept as a failure until it is there
                    continue
                for path in below(each, left_out):
                    yield _found(row, path, folder)
        except InputError as error:
            refuse(f"{manifest}, line {row.line}: {error}")


def _folder(manifest: str) -> str:
    return os.path.dirname(os.path.abspath(manifest))


def _found(row: Row, path: str, folder: str) -> Found:
    name = _way(path, folder)
    item = replace(row.item, path=path, name=name)
    if not item.slide:
        above, _, name = name.rpartition("/")
        item = replace(item, slide=above or place.printable(os.path.basename(folder)), name=name)
    return Found(item, slide_is_named=bool(row.item.slide))


def _way(path: str, folder: str) -> str:
    """The way from the manifest to a file, without the dots that lead out of its folder."""
    way = path.partition("://")[2] if place.is_address(path) else os.path.relpath(path, folder).replace(os.sep, "/")
    return place.printable("/".join(each for each in way.split("/") if each != ".."))


def _rows(manifest: str, folder: str, note: Callable[[str], None]) -> Iterator[Row]:
    try:
        text = Path(manifest).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"the manifest {manifest} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"the manifest {manifest} is no text in UTF-8: save it as CSV in UTF-8") from error
    lines = io.StringIO(text, newline="")
    before = 0
    if stated := _STATED.match(text):  # how Excel writes which separator follows
        lines.readline()
        before = 1
    header = text[stated.end() if stated else 0 :].partition("\n")[0]
    separator = stated[1] if stated else max(_SEPARATORS, key=header.count)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        _check_header(manifest, names, note)
        for cells in reader:
            line = reader.line_num + before
            if any(cell.strip() for cell in cells[len(names) :]):
                raise InputError(
                    f"{manifest}, line {line}: {len(cells)} values for {len(names)} columns: put quotes around a "
                    "value that holds the separator, or save the table as CSV again"
                )
            if any(cell.strip() for cell in cells):
                values = zip(map(_column, names), map(str.strip, cells), strict=False)
                yield _row(manifest, folder, line, dict(values))
    except csv.Error as error:
        line = reader.line_num + before
        raise InputError(f"{manifest}, line {line}: {error}: save the table as CSV again") from error


def _check_header(manifest: str, names: list[str], note: Callable[[str], None]) -> None:
    known = ", ".join(COLUMNS)
    lower = [_column(name) for name in names]
    if "path" not in lower:
        raise InputError(f"the manifest {manifest} has no column 'path': its first line must name columns of {known}")
    again = [name for name in lower if name in COLUMNS and lower.count(name) > 1]
    if again:
        raise InputError(f"the manifest {manifest} has a column {again[0]!r} twice: expected once each of {known}")
    unknown = [name for name in names if name and _column(name) not in COLUMNS]
    if unknown:
        meant = [f"{name!r}{_meant(name)}" for name in unknown]
        note(f"the manifest {manifest} has columns that are not read: {', '.join(meant)}; columns are {known}")


def _column(name: str) -> str:
    """The column that a head names; ``um/px`` is one way to write a scale."""
    return name.lower().replace("/", "_per_")


def _meant(name: str) -> str:
    """A guess which column was meant by an unknown name."""
    words = "".join(each if each.isalnum() else " " for each in name.lower()).split()
    close = [word for word in words if word in COLUMNS] or get_close_matches(name.lower(), COLUMNS, 1)
    return f" (is it {close[0]!r}?)" if close else ""


def _row(manifest: str, folder: str, line: int, cells: dict[str, str]) -> Row:
    where = f"{manifest}, line {line}"
    if not cells["path"]:
        raise InputError(f"{where}: path is empty: name a file, folder, pattern or address")
    return Row(
        line,
        _path(cells["path"], folder),
        Item(
            slide=cells.get("slide", ""),
            name="",
            path="",
            patient=cells.get("patient") or None,
            device=_device(cells.get("device", ""), folder, where),
            day=_day(cells.get("day", ""), where),
            um_per_px=_scale(cells.get("um_per_px", ""), where),
        ),
    )


def _path(text: str, folder: str) -> str:
    """The absolute path; a table from Windows may part folders by backslashes, which elsewhere may stand in names."""
    if place.is_address(text):
        return text
    path = os.path.join(folder, text)
    return path if os.path.lexists(path) else os.path.join(folder, text.replace("\\", "/"))


def _device(text: str, folder: str, where: str) -> str | None:
    if not text.lower().endswith(".json"):
        return text or None
    path = os.path.normpath(_path(text, folder))
    if not os.path.isfile(path):
        raise InputError(f"{where}: there is no device profile at {path}: check the spelling and the folder")
    return path


def _day(text: str, where: str) -> str | None:
    if "/" in text:
        raise InputError(
            f"{where}: day is {text!r}, which may mean a day or a month first: format the column as text, or as a date "
            "of the form YYYY-MM-DD, and write dates such as 2026-03-31"
        )
    try:
        if dotted := _DOTTED.fullmatch(text):
            return datetime.date(int(dotted[3]), int(dotted[2]), int(dotted[1])).isoformat()
        return datetime.date.fromisoformat(text).isoformat() if text else None
    except ValueError as error:
        raise InputError(f"{where}: day is {text!r}, expected a date such as 2026-03-31") from error


def _scale(text: str, where: str) -> float | None:
    try:
        value = float(text.replace(",", ".")) if text else None
    except ValueError:
        value = 0.0
    if value is not None and not 0.01 <= value <= 2:
        raise InputError(f"{where}: um_per_px is {text!r}, expected a number between 0.01 and 2, such as 0.1")
    return value


def _check_slides(manifest: str, rows: list[Row]) -> None:
    """Refuse a slide that is of two patients or days: one of its lines is wrong."""
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(row.item.slide, row)
        for name in ("patient", "device", "day") if row.item.slide else ():
            here, there = getattr(row.item, name), getattr(other.item, name)
            if here != there:
                raise InputError(
                    f"{manifest}, line {row.line}: the slide {row.item.slide} has {name} {here or 'empty'}, "
                    f"line {other.line} says {there or 'empty'}: give one slide one {name}"
                )
