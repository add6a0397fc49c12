"""The files of a batch: for each slide what `lowcost analyze` writes, and one table of all cells."""

from __future__ import annotations

import csv
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lowcost import features
from lowcost.batch.item import Item
from lowcost.batch.store import Store
from lowcost.batch.work import Workshop
from lowcost.export import csv as cells_csv
from lowcost.export import files, to_json
from lowcost.result import Failure
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

_UNSAFE = re.compile(r"[^\w .()-]")
"""What no plain file name holds."""

_LONGEST = 60

_LEAD = ("slide", "patient", "day", "device")
_TYPES = [name for name in CELL_TYPES if name != UNIDENTIFIED]


def folder(slide: str) -> str:
    """Return the folder of a slide below that of the batch, with forward slashes; each slide has its own everywhere."""
    parts = [_UNSAFE.sub("_", part)[:_LONGEST].strip(" .") or "_" for part in slide.split("/")]
    plain = "/".join(parts)
    if plain != slide:
        plain += f"-{hashlib.sha256(slide.encode()).hexdigest()[:8]}"
    return f"slides/{plain}"


def write(store: Store, workshop: Workshop, slide: str) -> None:
    """Write ``result.json`` of a slide; of one that has no items any more, remove it.

    Raises
    ------
    InputError
        It cannot be written.
    """
    path = store.path.parent / folder(slide) / "result.json"
    done = list(store.fields(slide))
    failures = [Failure(item.name, message) for item, message in store.failures(slide)]
    if done or failures:
        analyzer = workshop.analyzer(done[0][0].device if done else None)
        files.make_folder(path.parent)
        to_json(analyzer.result([field for _, field in done], failures), path)
    else:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # what else lies there is not ours
            path.parent.rmdir()


def write_tables(store: Store) -> list[Path]:
    """Write a table of the cells of all slides, in CSV and, where `pyarrow` is installed, Parquet; and what failed.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        They cannot be written.
    """
    folder = store.path.parent
    written = [folder / "cells.csv", folder / "failures.csv"]
    _write_csv(written[0], [*_LEAD, *cells_csv.header(_TYPES, features.NAMES)], _cells(store))
    rows = ((*_lead(item), item.name, item.path, item.part, message) for item, message in store.failures())
    _write_csv(written[1], [*_LEAD, "name", "path", "part", "message"], rows)
    try:
        import pyarrow
    except ModuleNotFoundError:
        return written
    del pyarrow
    parquet = folder / "cells.parquet"
    with files.draft(parquet) as draft:
        _to_parquet(written[0], draft)
    return [*written, parquet]


def _cells(store: Store) -> Iterator[list[Any]]:
    for _, fields in itertools.groupby(store.fields(), key=lambda each: each[0].slide):
        for number, (item, field) in enumerate(fields, 1):
            lead = _lead(item)
            for cell in field.cells:
                yield [*lead, *cells_csv.row(number, field, cell, _TYPES, features.NAMES)]


def _lead(item: Item) -> list[Any]:
    return [cells_csv.shown(value) for value in (item.slide, item.patient, item.day, item.device)]


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with files.draft(path) as draft, draft.open("w", encoding="utf-8", errors="backslashreplace", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(header)
        writer.writerows(rows)


def _to_parquet(table: Path, draft: Path) -> None:
    """The same table with the types of its columns."""
    import pyarrow
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    names = [*_LEAD, *cells_csv.header(_TYPES, features.NAMES)]
    kinds = {str: pyarrow.string(), int: pyarrow.int64(), bool: pyarrow.bool_(), float: pyarrow.float64()}
    types = {name: kinds[str if name in _LEAD else cells_csv.kind(name)] for name in names}
    options = arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    reader = arrow_csv.open_csv(table, convert_options=options)
    with reader, parquet.ParquetWriter(draft, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
