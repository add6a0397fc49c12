"""The store of a batch: one SQLite file, written by the run that owns it and read by everyone.

The tables ``item`` and ``result`` are a function of the images, the bundle and the settings alone: neither time nor the
order or the engine of a run shows in them. A result is kept under the digest of everything that it depends on, so that
the same bytes are analysed once wherever they lie; an item says which image of which slide has which result. What
depends on time (``stamp``: by which a changed file is noticed; ``timing``) lies beside them.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost import result_json
from lowcost.batch.columns import ITEM, item_of, text, unpack
from lowcost.batch.item import Item
from lowcost.errors import InputError
from lowcost.mosaic import Thumb, count_once
from lowcost.mosaic.doubles import without
from lowcost.report import words
from lowcost.result import Field

if TYPE_CHECKING:
    from typing_extensions import Self

    from lowcost.bundle import Bundle

FILE = "store.sqlite"
"""Name of the store in the folder of a batch."""

FORM = 2
"""Version of the tables."""

SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE item (
    slide TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, part TEXT NOT NULL,
    patient TEXT, device TEXT, day TEXT, um_per_px REAL,
    settings TEXT NOT NULL,                -- digest of the profile and the scale
    settled INTEGER NOT NULL DEFAULT 0,    -- whether what follows holds
    key BLOB, picture BLOB, failure TEXT,  -- its result and the digest of its pixels, or why there is none
    PRIMARY KEY (slide, name)
) WITHOUT ROWID;
CREATE UNIQUE INDEX item_of_file ON item (path, part);
CREATE INDEX item_to_do ON item (slide, name) WHERE settled = 0;
CREATE TABLE result (key BLOB PRIMARY KEY, field BLOB NOT NULL, thumb BLOB);  -- thumbs where fields overlap
CREATE TABLE stamp (path TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE timing (seconds REAL NOT NULL);
-- Slides whose files do not say yet what the tables say.
CREATE TABLE unwritten (slide TEXT PRIMARY KEY) WITHOUT ROWID;
-- Of slides whose fields overlap and which are complete: the numbers of cells that another field gives, by name.
CREATE TABLE mosaic (slide TEXT PRIMARY KEY, copies TEXT NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER slide_is_open AFTER INSERT ON unwritten BEGIN
    DELETE FROM mosaic WHERE slide = new.slide;
END;
CREATE TRIGGER item_is_new AFTER INSERT ON item BEGIN
    INSERT INTO unwritten VALUES (new.slide) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER item_is_changed AFTER UPDATE ON item
WHEN (old.slide, old.name, old.settled, old.key, old.picture, old.failure)
    IS NOT (new.slide, new.name, new.settled, new.key, new.picture, new.failure) BEGIN
    INSERT INTO unwritten VALUES (old.slide) ON CONFLICT DO NOTHING;
    INSERT INTO unwritten VALUES (new.slide) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER item_is_gone AFTER DELETE ON item BEGIN
    INSERT INTO unwritten VALUES (old.slide) ON CONFLICT DO NOTHING;
END;
-- Results that an item had: a run drops at its end those that no other item has. To look for others at once would take
-- an index of items by key, and an index of digests is one more place of the file to write for every result.
CREATE TABLE had (key BLOB NOT NULL);
CREATE TRIGGER result_is_left AFTER UPDATE OF key ON item WHEN old.key IS NOT NULL AND old.key IS NOT new.key BEGIN
    INSERT INTO had VALUES (old.key);
END;
CREATE TRIGGER result_is_lost AFTER DELETE ON item WHEN old.key IS NOT NULL BEGIN
    INSERT INTO had VALUES (old.key);
END;
-- The same picture twice in one slide counts once: the first by name.
CREATE VIEW entry AS
    SELECT *, MIN(name) OVER (PARTITION BY slide, COALESCE(picture, name)) AS first FROM item WHERE settled = 1;
"""

SAID = "CREATE TABLE IF NOT EXISTS said (path TEXT PRIMARY KEY, found TEXT NOT NULL) WITHOUT ROWID"
"""What manifests said of files; stores of before have no such table until they are written."""


def lies_in(folder: Path) -> bool:
    """Return whether a folder holds a store."""
    return (folder / FILE).is_file()


@dataclass(frozen=True)
class Mosaic:
    """Overlapping fields of one slide.

    Attributes
    ----------
    copies : dict of str to list of int
        Numbers of the cells that another field gives, by the name of the item.
    note : str
        What was done, for the slide's provenance.
    """

    copies: dict[str, list[int]]
    note: str


@dataclass(frozen=True)
class SlideRow:
    """One slide of a store.

    Attributes
    ----------
    slide : str
        Its name.
    patient, device, day : str or None
        As its items say.
    fields : int
        How many of its images were analysed, each picture once.
    failures : int
        How many could not be; a picture that is there twice is none.
    pending : int
        How many are still to be done.
    """

    slide: str
    patient: str | None
    device: str | None
    day: str | None
    fields: int
    failures: int
    pending: int


class Store:
    """A store that is open for reading, also while a batch goes on.

    Parameters
    ----------
    connection : sqlite3.Connection
        Open on a store of this form.
    path : path
        The file.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        with explained(path):
            self.about: dict[str, str] = dict(connection.execute("SELECT name, value FROM about"))
        if self.about.get("form") != str(FORM):
            raise InputError(
                f"{path} is a store of form {self.about.get('form')}, this version of lowcost reads {FORM}: "
                "use the version that wrote it, or choose another folder"
            )

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Store:
        """Open a store for reading.

        Parameters
        ----------
        path : path
            The folder of a batch, or the store in it.

        Raises
        ------
        InputError
            There is no store, or it cannot be read; the text says what to do.
        """
        file = Path(path)
        file = file / FILE if file.is_dir() else file
        if not file.is_file():
            raise InputError(f"there is no store at {file}: give the folder that lowcost batch wrote with --out")
        with explained(file):
            return cls(_reader(file), file)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def is_of(self, bundle: Bundle) -> bool:
        """Return whether a bundle gives the results that the store holds; what only readers see of it may differ."""
        return self.about.get("results_sha256") == bundle.results_digest

    @property
    def is_mosaic(self) -> bool:
        """Whether the fields of a slide overlap, so that cells on several of them count once."""
        return "mosaic" in self.about

    def slides(self) -> Iterator[SlideRow]:
        """Give the slides by name."""
        query = (
            "SELECT slide, MIN(patient), MIN(device), MIN(day), SUM(good), SUM(failed), SUM(pending) "
            "FROM (SELECT slide, patient, device, day, key IS NOT NULL AND name = first AS good, "
            "failure IS NOT NULL AS failed, 0 AS pending FROM entry "
            "UNION ALL SELECT slide, patient, device, day, 0, 0, 1 FROM item WHERE settled = 0) "
            "GROUP BY slide ORDER BY slide"
        )
        for row in self._rows(query):
            yield SlideRow(*row)

    def copies(self) -> int:
        """Return how many further copies of cells on overlapping fields are left out, of all complete slides."""
        count: int = next(
            self._rows("SELECT COALESCE(SUM(json_array_length(each.value)), 0) FROM mosaic, json_each(copies) AS each")
        )[0]
        return count

    def counts(self) -> tuple[int, int, int, int]:
        """Return the numbers of slides, of images that count, of failures, and of pictures that are there again."""
        good = "COALESCE(SUM(key IS NOT NULL AND name = first), 0)"
        failed, again = "COALESCE(SUM(failure IS NOT NULL), 0)", "COALESCE(SUM(name <> first), 0)"
        slides, fields, failures, twins = next(
            self._rows(f"SELECT COUNT(DISTINCT slide), {good}, {failed}, {again} FROM entry")
        )
        return slides, fields, failures, twins

    def fields(self, slide: str | None = None) -> Iterator[tuple[Item, Field]]:
        """Give the analysed images with what was found on them, by slide and name; each picture of a slide once.

        Of a cell that several tiles of a whole slide, or overlapping fields of a complete slide hold, one gives it.

        Parameters
        ----------
        slide : str, optional
            Only this one's; by default every slide's.
        """
        for named in [slide] if slide is not None else [row.slide for row in self.slides()]:
            for item, field, _ in self.entries(named, self.mosaic(named)):
                yield item, field

    def entries(self, slide: str, mosaic: Mosaic | None) -> Iterator[tuple[Item, Field, str]]:
        """Give what `fields` gives of a slide, each field also as the JSON that stands in ``result.json``.

        Parameters
        ----------
        slide : str
            Its name.
        mosaic : Mosaic or None
            How its fields overlap.
        """
        copies = self._copies(slide)
        if mosaic is not None:
            copies |= mosaic.copies
        query = f"SELECT {ITEM}, field FROM entry JOIN result USING (key) WHERE slide = ? AND name = first"
        for *columns, blob in self._rows(f"{query} ORDER BY name", slide):
            item = item_of(columns)
            field, text = unpack(blob, item.name, self.path)
            if again := copies.get(item.name):
                field = without(field, again)
                text = json.dumps(result_json.encoded(field, Field), allow_nan=False)
            yield item, field, text

    def mosaic(self, slide: str) -> Mosaic | None:
        """Return how the fields of a slide overlap; None where they do not, or some are still to be done."""
        for copies, note in self._rows("SELECT copies, note FROM mosaic WHERE slide = ?", slide):
            return Mosaic(json.loads(copies), note)
        return None

    def overlapping(self, slide: str) -> Mosaic | None:
        """Find how the fields of a slide overlap; None where it is not told that they do.

        The time grows with the square of their number.
        """
        query = "SELECT name, field, thumb FROM entry JOIN result USING (key) WHERE slide = ? AND name = first"
        rows = self._rows(f"{query} AND thumb IS NOT NULL ORDER BY name", slide) if self.is_mosaic else ()
        names, fields, thumbs = [], [], []
        for name, blob, thumb in rows:
            field, _ = unpack(blob, text(name), self.path)
            names.append(text(name))
            fields.append(field)
            thumbs.append(Thumb.unpacked(thumb, field.height, field.width))
        if not fields:
            return None
        counted = count_once(fields, thumbs)
        copies = {name: sorted(own) for name, own in zip(names, counted.copies, strict=True) if own}
        return Mosaic(copies, words.mosaic(counted))

    def failures(self, slide: str | None = None, twins: bool = True) -> Iterator[tuple[Item, str]]:
        """Give the images that were not analysed, or not counted again, each with its reason.

        Parameters
        ----------
        slide : str, optional
            Only this one's; by default every slide's.
        twins : bool
            Whether to give those, too, that were not counted again.
        """
        query = (
            f"SELECT {ITEM}, failure, first FROM entry WHERE (failure IS NOT NULL OR {int(twins)} AND name <> first)"
        )
        where, values = ("", ()) if slide is None else (" AND slide = ?", (slide,))
        for *columns, failure, first in self._rows(f"{query}{where} ORDER BY slide, name", *values):
            item = item_of(columns)
            yield item, failure or f"{item.name} is the same picture as {first}: it is counted once"

    def doubles(self) -> Iterator[tuple[int, list[str]]]:
        """Give the slides that hold the same pictures, by name, each time with how many of them."""
        query = (
            "SELECT COUNT(*), slides FROM (SELECT json_group_array(slide) AS slides FROM "
            "(SELECT picture, slide FROM entry WHERE picture IS NOT NULL AND name = first ORDER BY picture, slide) "
            "GROUP BY picture HAVING COUNT(*) > 1) GROUP BY slides ORDER BY slides"
        )
        for count, slides in self._rows(query):
            yield count, json.loads(slides)

    def seconds(self) -> Iterator[float]:
        """Give the time that each analysis took, s."""
        for (seconds,) in self._rows("SELECT seconds FROM timing"):
            yield seconds

    def _copies(self, slide: str) -> dict[str, Collection[int]]:
        """The numbers of cells that another tile of the same whole slide gives, by the name of the item."""
        tiles = "FROM entry JOIN result USING (key) WHERE slide = ? AND part LIKE 'region:%'"
        if not next(self._rows(f"SELECT EXISTS (SELECT 1 {tiles})", slide))[0]:
            return {}
        from lowcost import wholeslide  # heavy, and most stores hold none

        found: dict[str, Collection[int]] = {}
        rows = self._rows(f"SELECT path, part, name, field {tiles} ORDER BY path", slide)
        for _, own in groupby(rows, key=lambda row: text(row[0])):
            names: dict[str, str] = {}
            regions = []
            for _, part, name, blob in own:
                which = part.partition(":")[2]
                names[which] = text(name)
                regions.append((unpack(blob, part, self.path)[0], wholeslide.Region.parse(which)))
            found |= {names[str(region)]: numbers for region, numbers in wholeslide.copies(regions).items()}
        return found

    def _rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        with explained(self.path):
            yield from self._connection.execute(query, values)


def _reader(file: Path) -> sqlite3.Connection:
    """A connection that cannot write; where the folder cannot be written to either, nobody else does."""
    address = file.absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True)
    try:
        connection.execute("SELECT 1 FROM about")
    except sqlite3.OperationalError:
        connection.close()
        connection = sqlite3.connect(f"{address}?immutable=1", uri=True)
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Meanwhile give errors of SQLite as one sentence about the file at `path`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "full" in str(error):
            raise InputError(
                f"{path} cannot be written: the disk is full: free some space and give the command again; "
                "what was finished is kept"
            ) from error
        if "readonly" in str(error) or "unable to open" in str(error):
            raise InputError(f"{path} cannot be opened: you may not write there: choose another folder") from error
        raise InputError(
            f"{path} cannot be used as a store ({error}): give a folder that lowcost batch wrote, or a new one"
        ) from error
