"""The files of a batch: for each slide what `lowcost analyze` writes, and one table of all cells."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from lowcost import features
from lowcost.batch.item import Item
from lowcost.batch.store import Mosaic, Store
from lowcost.batch.work import Workshop
from lowcost.export import csv as cells_csv
from lowcost.export import files
from lowcost.result import Failure, Field
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

_UNSAFE = re.compile(r"[^\w .()-]")
"""What no plain file name holds."""

_LONGEST = 60

_LEAD = ("slide", "patient", "day", "device")
_TYPES = [name for name in CELL_TYPES if name != UNIDENTIFIED]
_COLUMNS = [*_LEAD, *cells_csv.header(_TYPES, features.NAMES)]


def folder(slide: str) -> str:
    """Return the folder of a slide below that of the batch, with forward slashes; each slide has its own everywhere."""
    parts = [_UNSAFE.sub("_", part)[:_LONGEST].strip(" .") or "_" for part in slide.split("/")]
    plain = "/".join(parts)
    if plain != slide:
        plain += f"-{hashlib.sha256(slide.encode()).hexdigest()[:8]}"
    return f"slides/{plain}"


def write(store: Store, workshop: Workshop, slide: str, mosaic: Mosaic | None = None) -> None:
    """Write ``result.json`` and ``cells.csv`` of a slide; of one that has no items any more, remove them.

    Parameters
    ----------
    store : Store
        The store.
    workshop : Workshop
        The models, for what its fields give together.
    slide : str
        Its name.
    mosaic : Mosaic, optional
        How its fields overlap; by default what the store says.

    Raises
    ------
    InputError
        They cannot be written.
    """
    out = store.path.parent / folder(slide)
    mosaic = mosaic or store.mosaic(slide)
    done = list(store.entries(slide, mosaic))
    failures = [Failure(item.name, message) for item, message in store.failures(slide)]
    if not done and not failures:
        _remove(out)
        return
    files.make_folder(out)
    analyzer = workshop.analyzer(done[0][0].device if done else None)
    result = analyzer.result([field for _, field, _ in done], failures)
    noted = {"mosaic": mosaic.note} if mosaic else {}
    result = replace(result, provenance=result.provenance | noted)
    content = {key: json.dumps(value, allow_nan=False) for key, value in replace(result, fields=()).to_dict().items()}
    content["fields"] = (
        f"[{', '.join(text for *_, text in done)}]"  # as they are kept: to build them again takes longer
    )
    text = ", ".join(f"{json.dumps(key)}: {value}" for key, value in content.items())
    files.write(out / "result.json", f"{{{text}}}\n".encode("ascii"))
    rows = ([*_lead(item), *row] for number, (item, field, _) in enumerate(done, 1) for row in _cells(number, field))
    _write_csv(out / "cells.csv", _COLUMNS, rows)


def write_tables(store: Store, workshop: Workshop) -> list[Path]:
    """Write a table of the cells of all slides, in CSV and, where `pyarrow` is installed, Parquet; and what failed.

    Parameters
    ----------
    store : Store
        Whose slides are written.
    workshop : Workshop
        To write those again whose files somebody removed.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        They cannot be written.
    """
    base = store.path.parent
    written = [base / "cells.csv", base / "failures.csv"]
    with files.draft(written[0]) as draft, draft.open("wb") as table:
        table.write((",".join(_COLUMNS) + "\r\n").encode())
        for row in store.slides():
            path = base / folder(row.slide) / "cells.csv"
            if not path.exists():
                write(store, workshop, row.slide)
            with path.open("rb") as part:
                part.readline()
                shutil.copyfileobj(part, table)
    rows = ((*_lead(item), item.name, item.path, item.part, message) for item, message in store.failures())
    _write_csv(written[1], [*_LEAD, "name", "path", "part", "message"], rows)
    if importlib.util.find_spec("pyarrow") is None:
        return written
    parquet = base / "cells.parquet"
    with files.draft(parquet) as draft:
        _to_parquet(written[0], draft)
    return [*written, parquet]


def _cells(number: int, field: Field) -> Iterator[list[Any]]:
    return (cells_csv.row(number, field, cell, _TYPES, features.NAMES) for cell in field.cells)


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

    kinds = {str: pyarrow.string(), int: pyarrow.int64(), bool: pyarrow.bool_(), float: pyarrow.float64()}
    types = {name: kinds[str if name in _LEAD else cells_csv.kind(name)] for name in _COLUMNS}
    options = arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True)
    reader = arrow_csv.open_csv(table, convert_options=options)
    with reader, parquet.ParquetWriter(draft, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


def _remove(out: Path) -> None:
    for name in ("result.json", "cells.csv"):
        (out / name).unlink(missing_ok=True)
    with suppress(OSError):  # what else lies there is not ours
        out.rmdir()
