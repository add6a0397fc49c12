"""The one road from photographs of a smear to a `SmearResult`."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost import __version__, conformal, crop, differential, features, novelty, reliability, runtime
from lowcost.attributes import AttributeHeads
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder, Found, View
from lowcost.classifier import Classifier, Prediction
from lowcost.device import Device, Profile
from lowcost.errors import InputError
from lowcost.image.reading import Image, read
from lowcost.result import AttributeValue, Cell, Failure, Field, Scale, SmearResult, rounded
from lowcost.taxonomy import UNIDENTIFIED

Source = str | os.PathLike[str] | bytes | NDArray[Any]
"""A path, the bytes of an image file, or an array of pixels."""

_SMALLEST_UM_PER_PX, _LARGEST_UM_PER_PX = 0.01, 2.0


class Analyzer:
    """Analyses photographs with one bundle; load it once, use it for many images and from many threads.

    Parameters
    ----------
    bundle : Bundle
        The models and every parameter.
    device : Profile, optional
        What `lowcost.calibration` measured of the device that takes the photographs.

    Raises
    ------
    InputError
        The profile was made with another bundle.
    """

    def __init__(self, bundle: Bundle, device: Profile | None = None) -> None:
        self.bundle = bundle
        self.device = None if device is None else Device(device, bundle)
        self._runtime = runtime.find()
        self._finder = CellFinder(bundle)
        shift, recalibration = (None, None) if device is None else (device.shift, device.recalibration)
        self._classifier = Classifier.load(bundle, shift, recalibration)
        self._attributes = AttributeHeads.load(bundle)
        self._differential = bundle.section("differential", differential.Parameters)
        self._conformal = conformal.load(bundle)
        if not reliability.holds(bundle) or recalibration is not None:
            self._differential, self._conformal = replace(self._differential, confusion={}), None
        self._novelty = novelty.load(bundle)

    @classmethod
    def load(
        cls, bundle: str | os.PathLike[str] | None = None, device: str | os.PathLike[str] | None = None
    ) -> Analyzer:
        """Load the models.

        Parameters
        ----------
        bundle : path, optional
            Folder of a model bundle; by default the one that comes with the package.
        device : path, optional
            The profile of the device that takes the photographs, as `lowcost calibrate` wrote it.

        Raises
        ------
        InputError
            The profile cannot be read, was changed, or was made with another bundle.
        BundleError
            The bundle is missing, damaged, tampered with or of another format.
        DependencyError
            No TFLite runtime is installed.
        """
        return cls(Bundle.load(bundle), None if device is None else Profile.load(device))

    def analyze(
        self,
        images: Source | Sequence[Source],
        *,
        um_per_px: float | None = None,
        progress: Callable[[Field | Failure], None] | None = None,
    ) -> SmearResult:
        """Analyse the fields of one slide.

        Parameters
        ----------
        images : path, bytes, array, or a sequence of these
            Photographs: files of any format that `lowcost.image.reading.read` takes, or RGB pixels.
        um_per_px : float, optional
            Micrometres per px of all of them; by default read from their metadata or measured from their red cells.
        progress : callable, optional
            Called with each field or failure as it is done.

        Returns
        -------
        SmearResult
            Fields, cells and differential. Of a sequence, images that cannot be read and pictures that were there
            before are listed as failures.

        Raises
        ------
        InputError
            A single image cannot be read, there is none, or `um_per_px` is no possible scale.
        """
        single = isinstance(images, str | bytes | bytearray | memoryview | os.PathLike | np.ndarray)
        single = single or hasattr(images, "read")  # an open file would else be taken for a sequence of its lines
        if not single and (not isinstance(images, Iterable) or isinstance(images, Mapping)):
            raise InputError(f"expected a path, bytes, pixels or a sequence of these, got {type(images).__name__}")
        sources: Sequence[Any] = [images] if single else list(images)  # type: ignore[arg-type]
        if not sources:
            raise InputError("expected a path, bytes, pixels or a sequence of these, got no image: name one at least")
        fields: list[Field] = []
        failures: list[Failure] = []
        seen: dict[str, str] = {}
        for number, source in enumerate(sources):
            done: Field | Failure
            try:
                image = read(source)
                name = _name(source, number)
                if len(sources) > 1:
                    first = seen.get(image.picture_sha256)
                    if first is not None:
                        raise InputError(f"{name} is the same picture as {first}: it is counted once")
                    seen[image.picture_sha256] = name
                done = self.field(image, um_per_px=um_per_px)
                fields.append(done)
            except InputError as error:
                if single:
                    raise
                done = Failure(_name(source, number), str(error))
                failures.append(done)
            if progress is not None:
                progress(done)
        return self.result(fields, failures)

    def field(
        self, image: Image, *, um_per_px: float | None = None, white: tuple[int, int, int] | None = None
    ) -> Field:
        """Analyse one photograph.

        Parameters
        ----------
        image : Image
            As read.
        um_per_px : float, optional
            Micrometres per px; by default read from the metadata or measured from the red cells.
        white : (int, int, int), optional
            Red, green and blue of the empty background everywhere on it, as known of the slide that it is a part of; by
            default measured. A device profile then says nothing about light and scale.

        Returns
        -------
        Field
            What was found on it; nothing where it is rejected.

        Raises
        ------
        InputError
            `um_per_px` is no possible scale.
        """
        device = self.device if white is None else None
        optics = self._finder.optics(image.pixels, _known_scale(image, um_per_px), device, white)
        cells: tuple[Cell, ...] = ()
        vectors: dict[str, tuple[float, float, float]] = {}
        if optics.quality.verdict != "rejected":
            found = self._finder.find(optics)
            vectors = found.stain_vectors
            cells = self._name(found, optics.scale)
        height, width = image.pixels.shape[:2]
        return Field(
            name=image.name,
            sha256=image.sha256,
            width=width,
            height=height,
            verdict=optics.quality.verdict,
            reasons=optics.quality.reasons,
            quality=optics.quality.metrics,
            scale=optics.scale,
            white_point=optics.light.white_point,
            stain_vectors=vectors,
            cells=cells,
            novelty=novelty.of_field(
                [cell.novelty for cell in cells if cell.is_leukocyte and cell.novelty is not None]
            ),
        )

    def result(self, fields: Sequence[Field], failures: Sequence[Failure] = ()) -> SmearResult:
        """Put the fields of one slide together.

        Parameters
        ----------
        fields : sequence of Field
            What `field` returned.
        failures : sequence of Failure, optional
            Images that could not be read.

        Returns
        -------
        SmearResult
            The fields with their common differential.
        """
        provenance = {
            "lowcost": __version__,
            "bundle": f"{self.bundle.name} {self.bundle.version}",
            "bundle_sha256": self.bundle.digest,
            "runtime": f"{self._runtime.name} {self._runtime.version}",
            "python": platform.python_version(),
            "numpy": np.__version__,
        }
        if self.device is not None:
            profile = self.device.profile
            provenance |= {"device": profile.name, "device_sha256": profile.digest}
        measured = differential.measure(fields, self._differential)
        return SmearResult(tuple(fields), measured, tuple(failures), provenance)

    def _name(self, found: Found, scale: Scale) -> tuple[Cell, ...]:
        """Cells from views and boxes, numbered in reading order."""
        views = found.views
        limit = self._attributes.parameters.coarsest_um_per_px
        described = max(scale.um_per_px_x, scale.um_per_px_y) <= limit
        cells = [_unseen(box, "platelet") for box in found.platelets]
        cells += [_unseen(box, "artefact") for box in found.artefacts]
        if views:
            rows = np.full((len(views), len(features.NAMES)), np.nan)
            types: Sequence[Prediction | None] = [None] * len(views)
            embedding = None
            if described:
                rows = np.stack([features.compute(view.pixels, view.nucleus, view.cell) for view in views])
                seen = self._classifier.network(np.stack([crop.network_input(view.pixels) for view in views]))
                types, embedding = self._classifier.predict(seen, rows), seen.embedding
            attributes = self._attributes.predict(rows, embedding, [described] * len(views))
            cells += [self._doubted(_cell(*item)) for item in zip(views, rows, types, attributes, strict=True)]
        cells.sort(key=lambda cell: (cell.box[1], cell.box[0], cell.box[3], cell.box[2]))
        return tuple(replace(cell, id=number) for number, cell in enumerate(cells, start=1))

    def _doubted(self, cell: Cell) -> Cell:
        """A cell with the types that it may have, and how new it is."""
        if self._conformal is not None:
            possible = conformal.possible_types(cell.type, cell.probabilities, self._conformal)
            cell = replace(cell, possible_types=possible)
        return cell if self._novelty is None else replace(cell, novelty=novelty.of_cell(cell.features, self._novelty))


def analyze(
    images: Source | Sequence[Source],
    *,
    um_per_px: float | None = None,
    bundle: str | os.PathLike[str] | None = None,
    device: str | os.PathLike[str] | None = None,
) -> SmearResult:
    """Analyse the fields of one slide with a bundle loaded for this call; see `Analyzer.analyze`.

    Parameters
    ----------
    images : path, bytes, array, or a sequence of these
        Photographs of one slide.
    um_per_px : float, optional
        Micrometres per px of all of them; by default read from their metadata or measured from their red cells.
    bundle : path, optional
        Folder of a model bundle; by default the one that comes with the package.
    device : path, optional
        The profile of the device that took them, as `lowcost calibrate` wrote it.

    Returns
    -------
    SmearResult
        Fields, cells and differential.
    """
    return Analyzer.load(bundle, device).analyze(images, um_per_px=um_per_px)


def _known_scale(image: Image, um_per_px: float | None) -> Scale | None:
    """The scale that the user or the file gives."""
    if um_per_px is not None:
        number = isinstance(um_per_px, int | float | np.integer | np.floating) and not isinstance(um_per_px, bool)
        if not number or not _SMALLEST_UM_PER_PX <= um_per_px <= _LARGEST_UM_PER_PX:
            raise InputError(
                f"um per px must lie between {_SMALLEST_UM_PER_PX} and {_LARGEST_UM_PER_PX}, got {um_per_px!r}; "
                "a red cell is 7.2 um across: divide 7.2 by its diameter in px"
            )
        return Scale(um_per_px, um_per_px, "given", 1.0)
    if image.um_per_px is not None:
        return Scale(*image.um_per_px, "metadata", 1.0)
    return None


def _cell(
    view: View, row: NDArray[np.float64], prediction: Prediction | None, attributes: dict[str, AttributeValue]
) -> Cell:
    """A cell from its view; without a prediction, where the image is too coarse for one, it is unidentified."""
    measured = zip(features.NAMES, row.tolist(), strict=True)
    return Cell(
        id=0,
        box=view.box,
        polygon=view.polygon,
        nucleus_polygons=view.nucleus_polygons,
        type=prediction.type if prediction else UNIDENTIFIED,
        probability=prediction.probability if prediction else 0.0,
        probabilities=prediction.probabilities if prediction else {},
        touches_edge=view.touches_edge,
        attributes=attributes,
        features={name: rounded(value) for name, value in measured if math.isfinite(value)},
    )


def _unseen(box: tuple[int, int, int, int], kind: str) -> Cell:
    """An object told from a leukocyte by its size alone: no network saw it, so no doubt is stated."""
    x0, y0, x1, y1 = box
    corners = tuple((float(x), float(y)) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
    return Cell(0, box, corners, (), kind, 1.0, {}, False, {}, {})


def _name(source: Any, number: int) -> str:
    """How a user knows an input."""
    return os.fspath(source) if isinstance(source, str | os.PathLike) else f"input {number + 1}"
