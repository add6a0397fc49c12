"""The writing side of a store: held by one run at a time, and whole after whatever ends that run."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from lowcost.batch.columns import ITEM, bound, columns, item_of, text
from lowcost.batch.item import Item
from lowcost.batch.sources import Found, place
from lowcost.batch.store import FILE, FORM, SAID, SCHEMA, Mosaic, Store, explained
from lowcost.bundle import Bundle
from lowcost.errors import InputError
from lowcost.export import files

_LOCK = ".lowcost-batch"
_PAGE = 500
"""Items that are read from the store at once."""


@dataclass(frozen=True)
class Listed:
    """An item as a run lists it.

    Attributes
    ----------
    item : Item
        The image.
    settings : str
        Digest of what its analysis depends on besides image and bundle.
    stamp : str
        By which a change of its file is noticed: size and time of change; empty where there is no file.
    failure : str or None
        The sentence that says why its file cannot be looked into: it is settled by that.
    """

    item: Item
    settings: str
    stamp: str
    failure: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one item.

    Attributes
    ----------
    slide, name : str
        The item.
    key : bytes or None
        Digest of everything that the result depends on; None for a failure.
    picture : bytes or None
        Digest of the pixels, by which a picture is counted once in its slide; None where that is no matter.
    field : bytes or None
        The packed field; None for a failure, and where the store has it under this key.
    failure : str or None
        The sentence that says why there is no result.
    seconds : float
        How long the work took.
    thumb : bytes or None
        The image shrunk for its registration, where fields overlap.
    """

    slide: str
    name: str
    key: bytes | None = None
    picture: bytes | None = None
    field: bytes | None = None
    failure: str | None = None
    seconds: float = 0.0
    thumb: bytes | None = None


class Ledger(Store):
    """A store that is open for writing; no other process can have it so.

    Parameters
    ----------
    folder : path
        The folder of a batch; made if need be.
    bundle : Bundle
        What analyses the images. A store holds the results of one bundle.
    mosaic : bool, optional
        Whether the fields of a slide overlap; by default what the store says, and of a new one that they do not.

    Raises
    ------
    InputError
        The folder or the store cannot be written, another run has it, or it is of another bundle, or counts
        overlapping fields otherwise.
    """

    def __init__(self, folder: str | os.PathLike[str], bundle: Bundle, mosaic: bool | None = None) -> None:
        path = files.make_folder(folder) / FILE
        self._closed = False
        self._lock = _locked(path.parent)
        try:
            with explained(path):
                super().__init__(_connected(path, bundle, bool(mosaic)), path)
            if not self.is_of(bundle):
                raise InputError(
                    f"{path} holds results of the bundle {self.about['bundle']} ({self.about['bundle_sha256'][:12]}), "
                    f"this is {bundle.name} {bundle.version} ({bundle.digest[:12]}), which gives others: go on with "
                    "that bundle (--bundle DIR, or the version of lowcost that it came with), or analyse the images "
                    "again with this one into another --out"
                )
            if mosaic is not None and mosaic != self.is_mosaic:
                has, lacks = ("with", "without") if self.is_mosaic else ("without", "with")
                raise InputError(
                    f"{path} was begun {has} --mosaic, this is {lacks} it, which counts cells otherwise: "
                    f"give the command {has} it, or choose another --out"
                )
            with explained(path):
                self._connection.execute(SAID)
        except InputError:
            self._lock.close()
            raise

    def close(self) -> None:
        """Close the store as one file that can be copied, and let others write it."""
        if self._closed:
            return
        self._closed = True
        with suppress(InputError):  # the disk is full: the next run sweeps
            self._sweep()
        with suppress(sqlite3.OperationalError):  # someone reads it just now, or the disk is full
            self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.close()
        self._lock.close()

    def register(self, listed: Iterable[Listed], exists: Callable[[str], bool] = os.path.exists) -> None:
        """Enter items; what was settled stays so unless its file or its settings changed.

        Parameters
        ----------
        listed : iterable of Listed
            The items.
        exists : callable
            Whether there still is a file at a path.

        Raises
        ------
        InputError
            Two files claim one name in one slide.
        """
        with self._transaction():
            for each in listed:
                self._enter(each, exists)

    def retry_failed(self) -> None:
        """Let everything that failed be tried again."""
        with self._transaction():
            self._connection.execute("UPDATE item SET settled = 0 WHERE settled = 1 AND failure IS NOT NULL")

    def forget(self, name: str) -> int:
        """Take a slide out of the store, or what was of a photograph or of a folder, and return how many items it had.

        Parameters
        ----------
        name : str
            The slide; where there is none of this name, a path.

        Raises
        ------
        InputError
            The store has neither.
        """
        path = place.absolute(name)
        with self._transaction():
            count = self._connection.execute("DELETE FROM item WHERE slide = ?", (name,)).rowcount
            count = count or self._delete(lambda other: _is_in(other, [path]), "1")
            if not count:
                raise InputError(f"{self.path} has no slide and no photograph {name}: cells.csv names its slides")
            for table in ("stamp", "said"):
                self._connection.execute(f"DELETE FROM {table} WHERE path NOT IN (SELECT path FROM item)")
        return count

    def forget_vanished(self, folders: Sequence[str], exists: Callable[[str], bool] = os.path.exists) -> int:
        """Drop failures and further copies of pictures whose files in some folders are no more; return how many.

        Parameters
        ----------
        folders : sequence of str
            Absolute paths.
        exists : callable
            Whether there still is a file at a path.
        """
        with self._transaction():
            return self._delete(
                lambda path: _is_in(path, folders) and (os.path.isdir(path) or not exists(path)),
                "failure IS NOT NULL OR (slide, name) IN (SELECT slide, name FROM entry WHERE name <> first)",
            )

    def _sweep(self) -> None:
        """Drop the results that no item has any more."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM result WHERE key IN (SELECT key FROM had) "
                "AND key NOT IN (SELECT key FROM item WHERE key IS NOT NULL)"
            )
            self._connection.execute("DELETE FROM had")

    def _delete(self, is_meant: Callable[[str], bool], where: str) -> int:
        """Delete the items of the paths that are meant, as far as a condition holds of them."""
        rows = self._connection.execute(f"SELECT slide, name, path FROM item WHERE {where}").fetchall()
        meant = [row[:2] for row in rows if is_meant(text(row[2]))]
        self._connection.executemany("DELETE FROM item WHERE slide = ? AND name = ?", meant)
        return len(meant)

    def to_do(self) -> int:
        """Return how many items are not settled."""
        count: int = self._connection.execute("SELECT COUNT(*) FROM item WHERE settled = 0").fetchone()[0]
        return count

    def pending(self) -> Iterator[tuple[Item, bytes | None]]:
        """Give the items that are not settled, by slide and name, each with the key of its result before, if any."""
        last = ("", "")
        query = f"SELECT {ITEM}, key FROM item WHERE settled = 0 AND (slide, name) > (?, ?) ORDER BY slide, name"
        while rows := self._connection.execute(f"{query} LIMIT {_PAGE}", last).fetchall():
            for *values, key in rows:
                yield item_of(values), key
            last = rows[-1][:2]

    def settle(self, outcomes: Iterable[Outcome]) -> None:
        """Keep what became of some items: when this returns it is on the disk.

        Raises
        ------
        InputError
            It could not be kept (the disk is full, say); what was settled before stays.
        """
        with self._transaction():
            for done in outcomes:
                if done.field is not None:
                    values = (done.key, done.field, done.thumb)
                    new = self._connection.execute("INSERT INTO result VALUES (?, ?, ?) ON CONFLICT DO NOTHING", values)
                    if new.rowcount:
                        self._connection.execute("INSERT INTO timing VALUES (?)", (done.seconds,))
                self._connection.execute(
                    "UPDATE item SET settled = 1, key = ?, picture = ?, failure = ? WHERE slide = ? AND name = ?",
                    (done.key, done.picture, done.failure, done.slide, done.name),
                )

    def remember(self, found: Found) -> None:
        """Keep what a manifest says of a file, for when it is met without one; called while items are registered."""
        values = (bound(found.item.path), json.dumps([astuple(found.item), found.slide_is_named]))
        self._connection.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", values)

    def said(self, path: str) -> Found | None:
        """Return what a manifest said of a file; None where none did."""
        row = self._connection.execute("SELECT found FROM said WHERE path = ?", (bound(path),)).fetchone()
        if row is None:
            return None
        values, slide_is_named = json.loads(row[0])
        return Found(Item(*values), slide_is_named)

    def known_parts(self, path: str, stamp: str) -> list[str | None]:
        """Return the parts of a file that were entered when it had this stamp; none where it is new or has changed."""
        query = "SELECT part FROM item JOIN stamp USING (path) WHERE path = ? AND stamp = ? ORDER BY part"
        rows = self._connection.execute(query, (bound(path), stamp))
        return [text(part) or None for (part,) in rows]

    def forget_parts(self, path: str, but: Container[str | None]) -> None:
        """Drop the items of parts that a file has no more."""
        for (part,) in self._connection.execute("SELECT part FROM item WHERE path = ?", (bound(path),)).fetchall():
            if (text(part) or None) not in but:
                self._connection.execute("DELETE FROM item WHERE path = ? AND part = ?", (bound(path), part))

    def one_of(self, slide: str) -> Item | None:
        """Return one item of a slide; None where there is none."""
        row = self._connection.execute(f"SELECT {ITEM} FROM item WHERE slide = ? LIMIT 1", (slide,)).fetchone()
        return item_of(row) if row else None

    def slide_of(self, folder: str) -> str | None:
        """Return the slide of the files that lie in a folder; None where there are none, or of several slides."""
        start = folder + ("/" if place.is_address(folder) else os.sep)
        query = (
            "SELECT DISTINCT slide FROM item WHERE path >= ? AND path < ? AND part = '' "
            "AND instr(substr(path, ?), ?) = 0 LIMIT 2"
        )
        after = start[:-1] + chr(ord(start[-1]) + 1)
        slides = self._connection.execute(query, (bound(start), bound(after), len(start) + 1, start[-1])).fetchall()
        return slides[0][0] if len(slides) == 1 else None

    def complete(self) -> list[str]:
        """Return the slides whose files are to be written, of which nothing is left to do."""
        query = (
            "SELECT slide FROM unwritten "
            "WHERE NOT EXISTS (SELECT 1 FROM item WHERE item.slide = unwritten.slide AND settled = 0) ORDER BY slide"
        )
        return [slide for (slide,) in self._connection.execute(query)]

    def is_complete(self, slide: str) -> bool:
        """Return whether nothing of a slide is left to do."""
        query = "SELECT NOT EXISTS (SELECT 1 FROM item WHERE slide = ? AND settled = 0)"
        return bool(self._connection.execute(query, (slide,)).fetchone()[0])

    def written(self, slide: str, mosaic: Mosaic | None = None) -> None:
        """Note that a slide's file says what the store says, and that the table of all cells does not.

        Parameters
        ----------
        slide : str
            Its name.
        mosaic : Mosaic, optional
            How its fields overlap.
        """
        with self._transaction():
            self._connection.execute("DELETE FROM unwritten WHERE slide = ?", (slide,))
            if mosaic is not None:
                values = (slide, json.dumps(mosaic.copies), mosaic.note)
                self._connection.execute("INSERT OR REPLACE INTO mosaic VALUES (?, ?, ?)", values)
            self._connection.execute("INSERT OR REPLACE INTO about VALUES ('tables', 'old')")

    def tables_are_old(self) -> bool:
        """Return whether the table of all cells is to be written."""
        return bool(self._connection.execute("SELECT 1 FROM about WHERE name = 'tables'").fetchone())

    def tables_written(self) -> None:
        """Note that the table of all cells says what the store says."""
        with self._transaction():
            self._connection.execute("DELETE FROM about WHERE name = 'tables'")

    def devices(self) -> list[str]:
        """Return the devices of the slides whose files are to be written."""
        query = "SELECT DISTINCT device FROM item WHERE slide IN (SELECT slide FROM unwritten) AND device IS NOT NULL"
        return [device for (device,) in self._connection.execute(f"{query} ORDER BY device")]

    def _enter(self, listed: Listed, exists: Callable[[str], bool]) -> None:
        values = columns(listed.item)
        slide, name, path = values[:3]
        if listed.failure is not None:  # what was known of the file as one image, such as that there is none
            self._connection.execute("DELETE FROM item WHERE path = ? AND part = ''", (path,))
        there = self._connection.execute("SELECT path, part FROM item WHERE slide = ? AND name = ?", (slide, name))
        before = there.fetchone()
        if before is not None and before != values[2:4]:
            if exists(item_of([*values[:2], *before, *values[4:]]).path):
                raise InputError(
                    f"{listed.item.path} and {before[0]} both are {name} of the slide {slide}: "
                    "name the slides in a manifest, or give the folder above them"
                )
            # The file was moved: its result holds if the new one has the same bytes.
            self._connection.execute(
                "UPDATE item SET path = ?, part = ?, settled = 0 WHERE slide = ? AND name = ?",
                (*values[2:4], slide, name),
            )
        self._connection.execute(
            f"INSERT INTO item ({ITEM}, settings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (path, part) DO UPDATE SET slide = excluded.slide, name = excluded.name, "
            "patient = excluded.patient, device = excluded.device, day = excluded.day, um_per_px = excluded.um_per_px, "
            "settled = settled AND settings = excluded.settings, settings = excluded.settings",
            (*values, listed.settings),
        )
        if listed.failure is not None:  # its parts keep their results, and their stamp, for when it is whole again
            self._connection.execute(
                "UPDATE item SET settled = 1, failure = ? WHERE path = ? AND part = ?",
                (listed.failure, path, values[3]),
            )
            return
        changed = self._connection.execute(
            "INSERT INTO stamp VALUES (?, ?) ON CONFLICT DO UPDATE SET stamp = excluded.stamp "
            "WHERE stamp <> excluded.stamp",
            (path, listed.stamp),
        )
        if changed.rowcount:
            self._connection.execute("UPDATE item SET settled = 0 WHERE path = ?", (path,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _is_in(path: str, folders: Sequence[str]) -> bool:
    """Whether a path is one of these or lies below one."""
    return any(path == folder or path.startswith((f"{folder}/", f"{folder}{os.sep}")) for folder in folders)


def _connected(path: Path, bundle: Bundle, mosaic: bool) -> sqlite3.Connection:
    """A connection to the store, which is made where there is none."""
    connection = sqlite3.connect(path, isolation_level=None)
    # What is committed is on the disk (FULL), and readers see the state before until then (WAL).
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536")
    if not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        about = {
            "form": str(FORM),
            "bundle": f"{bundle.name} {bundle.version}",
            "bundle_sha256": bundle.digest,
            "results_sha256": bundle.results_digest,
        } | ({"mosaic": "yes"} if mosaic else {})
        connection.executescript(f"BEGIN; {SCHEMA}")
        connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        connection.execute("COMMIT")
    return connection


def _locked(folder: Path) -> sqlite3.Connection:
    """A lock that ends with its process, however that ends; SQLite has one for every system."""
    with explained(folder / _LOCK):
        lock = sqlite3.connect(folder / _LOCK, timeout=0, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            lock.close()
            if "locked" not in str(error):
                raise
            raise InputError(
                f"another lowcost batch writes to {folder} just now: wait for its end, or choose another --out"
            ) from error
    return lock
