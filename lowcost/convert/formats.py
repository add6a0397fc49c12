"""The formats: what each holds of a label, its writer, and how a source is recognised and read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from lowcost.convert import coco, folders, geojson, lld, result, sets, voc, yolo
from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import BY_PERSON, Labelled, Labels, Photograph
from lowcost.datasets import catalogue, layouts, own
from lowcost.datasets.types import read_text
from lowcost.errors import InputError
from lowcost.taxonomy import ATTRIBUTES

Reader = Callable[[Path, Photographs], Labels]

OBJECTS: dict[str, Callable[[Labelled], bool]] = {
    "fractions of a px in boxes": lambda box: any(edge % 1 for edge in box.box),
    "outlines": lambda box: bool(box.outlines),
    "outlines of several parts": lambda box: len(box.outlines) > 1,
    "nuclei": lambda box: bool(box.nuclei),
    "probabilities": lambda box: box.score is not None,
    "edges that cut": lambda box: box.touches_edge is not None,
    "WBCAtt attributes": lambda box: any(ATTRIBUTES[name].scheme == "WBCAtt" for name in box.judged),
    "LeukemiaAttri attributes": lambda box: any(ATTRIBUTES[name].scheme != "WBCAtt" for name in box.judged),
    "evidence of attributes": lambda box: any(
        each.evidence != BY_PERSON or each.probability is not None for each in box.judged.values()
    ),
    "reasons of attributes": lambda box: any(each.reasons for each in box.judged.values()),
    "features": lambda box: bool(box.measurements),
    "other possible types": lambda box: (
        box.cell is not None and bool(box.cell.probabilities or box.cell.possible_types)
    ),
}
"""What may be told of an object beside its class and its box to the px, and whether it is."""

PHOTOGRAPHS: dict[str, Callable[[Photograph], bool]] = {
    "photographs without objects": lambda shown: not shown.boxes,
    "scales": lambda shown: shown.um_per_px is not None,
    "quality of fields": lambda shown: shown.field is not None,
    "masks": lambda shown: shown.mask_path is not None,
    "splits": lambda shown: bool(shown.split),
    "patients or slides": lambda shown: bool(shown.group),
}
"""The same of a photograph beside its name and size."""

_BOXES = frozenset({"fractions of a px in boxes", "photographs without objects"})
_OUTLINES = frozenset({"outlines", "nuclei"})
_ATTRIBUTES = frozenset({"WBCAtt attributes", "LeukemiaAttri attributes", "evidence of attributes"})
_COMMON = _BOXES | _OUTLINES | _ATTRIBUTES | {"outlines of several parts", "probabilities", "edges that cut", "scales"}
_CELL = _ATTRIBUTES | {"probabilities", "edges that cut", "features", "other possible types"}


def _as_it_is(box: Labelled) -> str | None:
    return box.label


@dataclass(frozen=True)
class Format:
    """A format that is written.

    Attributes
    ----------
    summary : str
        What it is, in one line.
    write : callable
        From labels to files: their names and contents, the name empty where there is one.
    holds : frozenset of str
        Which of `OBJECTS` and `PHOTOGRAPHS` it holds.
    label : callable
        From an object to its class in this format; None where it has none.
    by_name : bool
        Whether its files belong to the photographs of their names, so that such as no file can have are told.
    needs_sizes, needs_pictures : bool
        Whether it cannot be written without the sizes of the photographs, and without the photographs.
    """

    summary: str
    write: Callable[[Labels], Iterator[tuple[str, bytes]]]
    holds: frozenset[str]
    label: Callable[[Labelled], str | None] = _as_it_is
    by_name: bool = False
    needs_sizes: bool = False
    needs_pictures: bool = False


FORMATS: dict[str, Format] = {
    "result": Format(
        "result.json, for lowcost export and report",
        result.write,
        _CELL | _OUTLINES | {"reasons of attributes", "quality of fields", "scales", "photographs without objects"},
        result.label,
        needs_sizes=True,
    ),
    "csv": Format(
        "cells.csv, one row for each object", result.write_table, _CELL | {"quality of fields"}, result.label
    ),
    "geojson": Format(
        "GeoJSON for QuPath, a file for each photograph", geojson.write, _COMMON | {"features"}, by_name=True
    ),
    "coco": Format("COCO JSON with polygons", coco.write, _COMMON),
    "yolo": Format("YOLO boxes", yolo.write_boxes, _BOXES, by_name=True, needs_sizes=True),
    "yolo-seg": Format(
        "YOLO outlines, of one part", yolo.write_segments, _BOXES | {"outlines"}, by_name=True, needs_sizes=True
    ),
    "voc": Format(
        "PASCAL VOC XML", voc.write, _BOXES | _ATTRIBUTES | {"edges that cut"}, by_name=True, needs_sizes=True
    ),
    "lld": Format(
        "text with attributes as in LeukemiaAttri and LLD",
        lld.write_text,
        _BOXES | {"LeukemiaAttri attributes", "splits"},
        lld.label,
        by_name=True,
        needs_sizes=True,
    ),
    "lld-coco": Format(
        "COCO JSON with attributes as in LeukemiaAttri and LLD",
        lld.write_coco,
        _BOXES | _OUTLINES | {"LeukemiaAttri attributes", "splits", "outlines of several parts", "scales"},
        lld.label,
    ),
    "folders": Format(
        "a picture of each object, in a folder for each class", folders.write, frozenset(), needs_pictures=True
    ),
}
"""Every format that is written, by the name that ``--to`` takes."""

_UNPACKED = 1 << 30
"""Bytes that the files of an archive may have together."""


@contextmanager
def opened(source: Path) -> Iterator[Path]:
    """Give a source as it is, or a ZIP archive unpacked for the time being.

    Raises
    ------
    InputError
        The source is not there, or the archive is damaged or unpacks to more than a gigabyte.
    """
    if not source.exists():
        raise InputError(f"{source} is not there: give a file or folder of labels")
    if source.is_dir() or source.suffix.lower() != ".zip":
        yield source
        return
    with TemporaryDirectory(prefix="lowcost-") as folder:
        try:
            with zipfile.ZipFile(source) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > _UNPACKED:
                    raise InputError(f"{source} unpacks to more than a gigabyte: unpack it, and give the folder")
                archive.extractall(folder)
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError) as error:
            raise InputError(f"{source} is no ZIP archive that can be read ({error})") from error
        yield Path(folder)


def reader_of(source: Path) -> tuple[Path, Reader]:
    """Return what of a source is read, and by whom.

    Raises
    ------
    InputError
        The source has none of the formats, or is named otherwise than the set whose form it has.
    """
    found = _in_folder(source) if source.is_dir() else _of_file(source)
    if found is None:
        raise InputError(
            f"{source} holds no labels that lowcost knows: expected a result.json, cells.csv, COCO JSON, GeoJSON or "
            "VOC XML, or a folder or ZIP archive of these, of YOLO labels or of a set (lowcost datasets)"
        )
    return found


def _of_file(source: Path) -> tuple[Path, Reader] | None:
    reader = {".csv": result.read_table, ".geojson": geojson.read, ".xml": voc.read}.get(source.suffix.lower())
    if reader is not None:
        return source, reader
    if layouts.is_coco(source):
        return source, coco.read
    try:
        content = json.loads(read_text(source))
    except (ValueError, RecursionError):
        return None
    if isinstance(content, dict) and "schema_version" in content:
        return source, result.read
    parts = content if isinstance(content, list) else [content]
    shapes = all(isinstance(part, dict) and str(part.get("type")).startswith("Feature") for part in parts)
    return (source, geojson.read) if parts and shapes else None


def _in_folder(source: Path) -> tuple[Path, Reader] | None:
    if (source / "result.json").is_file():
        return source / "result.json", result.read
    if next(source.rglob("*.geojson"), None) is not None:
        return source, geojson.read
    if any(entry.recognises(source) for entry in catalogue.CATALOGUE.values()):
        return source, sets.read
    if any((source / labels).is_dir() for labels in ("txt_labels", "json_labels")):
        raise InputError(
            f"{source} has labels as in LeukemiaAttri, but is none of its subsets: name the folder as one (H_100X_C1), "
            "with the photographs in Images/train and Images/test, named <patient>_<field>_<1000|400|100>_<diagnosis>"
            ".png; COCO is also read from json_labels alone"
        )
    readers: dict[str | None, Reader] = {"COCO": coco.read, "YOLO": yolo.read, "VOC": voc.read}
    return source, readers.get(own.layout_of(source), sets.read)
