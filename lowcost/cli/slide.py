"""One run of ``lowcost analyze``: fields are added one by one, and what is done is kept whatever happens later."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from lowcost import report
from lowcost.cli.summary import names
from lowcost.errors import LowcostError
from lowcost.export import files, overlay, to_csv, to_json
from lowcost.image import illumination, reading
from lowcost.pipeline import Analyzer
from lowcost.report import pictures, words
from lowcost.result import Failure, Field, SmearResult

if TYPE_CHECKING:
    from lowcost import mosaic

_OVERLAY_PX = 2400
"""Longest side of an overlay: it is for looking at, the measurements are in the tables."""


class Slide:
    """The fields of one slide on their way to files.

    Parameters
    ----------
    analyzer : Analyzer
        What finds the cells.
    um_per_px : float or None
        The scale, where it is known.
    out : RunFolder or None
        Where to write.
    overlays, with_report : bool
        Whether to write them.
    overlapping : bool
        Whether the fields overlap, so that cells on several of them are to be counted once.

    Attributes
    ----------
    complaints : list of str
        What could not be read or written, one sentence each.
    remarks : list of str
        What a person should know about images that were read, one sentence each.
    written : list of Path
        The files that `finish` wrote.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        um_per_px: float | None,
        out: files.RunFolder | None,
        overlays: bool,
        with_report: bool,
        overlapping: bool = False,
    ):
        self.analyzer, self.um_per_px, self.out = analyzer, um_per_px, out
        self.overlays, self.report = overlays and out is not None, with_report and out is not None
        self.overlapping = overlapping
        self.complaints: list[str] = []
        self.remarks: list[str] = []
        self.written: list[Path] = []
        self._fields: list[Field] = []
        self._overlapping: dict[int, tuple[Path, mosaic.Thumb]] = {}
        self._failures: list[Failure] = []
        self._pictures: dict[int, report.FieldPictures] = {}
        self._names: set[str] = set()
        self._seen: dict[str, Path] = {}

    def add(self, path: Path, of: int) -> None:
        """Analyse one image, of that many in all, and draw it; a failure is noted."""
        try:
            image = reading.read(path)
            first = self._seen.setdefault(image.picture_sha256, path)
            if first is not path:
                again = "was named twice" if path == first else f"is the same picture as {first}"
                self.refuse(path, f"{path} {again}: it is counted once")
                return
            field = self.analyzer.field(image, um_per_px=self.um_per_px)
        except LowcostError as error:
            from lowcost import wholeslide

            whole = f"{path} is a whole-slide image: give it to lowcost batch, which reads it by tiles"
            self.refuse(path, whole if wholeslide.recognises(path) else str(error))
        except Exception as error:
            # Hours of other fields are not lost to the one picture that nobody thought of.
            fault = f"{type(error).__name__}: {error}"
            self.refuse(path, f"lowcost met a fault of its own ({fault}): please report it, with the image if you may")
        else:
            if self.overlapping:
                from lowcost import mosaic

                light = self.analyzer.bundle.section("illumination", illumination.Parameters)
                self._overlapping[len(self._fields)] = path, mosaic.Thumb.of(image.pixels, light)
            elif self.overlays or self.report:
                self._try(lambda: self._draw(image.pixels, len(self._fields), field, of))
            self.remarks += [f"{path}: {image.note}"] if image.note else []
            self._fields.append(field)  # last: one that is interrupted before is not done

    def finish(self) -> SmearResult:
        """Put the fields together and write the files, each on its own: one that fails takes no other with it."""
        noted = self._count_once() if self.overlapping else {}
        result = self.analyzer.result(self._fields, self._failures)
        result = replace(result, provenance=result.provenance | noted)
        if self.out is not None:
            out = self.out
            self._try(lambda: to_json(result, out.file("result.json")), out.path / "result.json")
            self._try(lambda: to_csv(result, out.file("cells.csv")), out.path / "cells.csv")
            if self.report:
                page = out.path / "report.html"
                self._try(lambda: report.to_html(result, self._pictures, out.file("report.html")), page)
            self._try(out.close)
        return result

    def refuse(self, path: Path, message: str) -> None:
        """Note an input that could not be analysed, and why."""
        self._failures.append(Failure(str(path), message))
        self.complaints.append(message if str(path) in message else f"{path}: {message}")

    def leave(self, paths: Sequence[Path]) -> None:
        """Note the images that an interrupted run did not come to."""
        self._failures += [Failure(str(path), "not analysed: interrupted") for path in paths]

    @property
    def settled(self) -> int:
        """How many inputs are done, analysed or refused."""
        return len(self._fields) + len(self._failures)

    def _count_once(self) -> dict[str, str]:
        """Leave out further copies of the cells of overlapping fields, and draw these; say what was done."""
        from lowcost import mosaic

        counted = mosaic.count_once(self._fields, [self._overlapping[index][1] for index in range(len(self._fields))])
        self._fields = counted.fields
        alone = [self._overlapping[index][0] for index in counted.alone]
        if len(alone) == len(self._fields) > 1:
            self.remarks.append("no two of these photographs overlap, so all cells count: leave --mosaic out")
        elif alone:
            self.remarks.append(f"overlapping no other field, so their cells are counted as they are: {names(alone)}")
        if self.overlays or self.report:
            for index in range(len(self._fields)):
                self._try(partial(self._draw_again, index))
        return {"mosaic": words.mosaic(counted)}

    def _draw_again(self, index: int) -> None:
        pixels = reading.read(self._overlapping[index][0]).pixels
        self._draw(pixels, index, self._fields[index], len(self._fields))

    def _draw(self, pixels: NDArray[np.uint8], index: int, field: Field, of: int) -> None:
        assert self.out is not None
        name = self._unique(field.name) if self.overlays else None
        link = name and f"overlays/{quote(os.fsencode(name))}"
        if self.report:
            shown = pictures.take(pixels, field, pictures.overview_side(of), link)
            self._pictures[index] = shown
        if name:
            overlay.to_png(pictures.reduced(pixels, _OVERLAY_PX), field, self.out.file(f"overlays/{name}"))

    def _unique(self, name: str) -> str:
        """A name for an overlay that no other has, also where capitals do not count."""
        stem = Path(name).stem
        number, unique = 1, stem
        while unique.lower() in self._names:
            number += 1
            unique = f"{stem}-{number}"
        self._names.add(unique.lower())
        return f"{unique}.png"

    def _try(self, action: Callable[[], None], makes: Path | None = None) -> None:
        try:
            action()
            self.written += [makes] if makes else []
        except LowcostError as error:
            self.complaints.append(str(error))
