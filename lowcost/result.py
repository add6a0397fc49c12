"""The one result: everything that `lowcost` has to say about the fields of one slide.

Every export, report and table is a pure function of a `SmearResult`; its JSON form (`to_dict`, `from_dict`) follows the
schema in ``result.schema.json`` and reads back to an equal object.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.taxonomy import CELL_TYPES, RESEARCH_USE_NOTICE

SCHEMA_VERSION = "2.0"
"""Version of the JSON form; the first number changes when a reader of the old form would break."""


NETWORK = "network"
"""The feature that a `Reason` names where the network's view of the cell, which has no measured value, weighed."""


def rounded(value: float) -> float:
    """Return a measurement with seven significant digits: more differ from machine to machine, and mean nothing."""
    return float(f"{value:.7g}")


@dataclass(frozen=True)
class Reason:
    """One feature that weighed in a decision.

    Attributes
    ----------
    feature : str
        Name in the feature table, or `NETWORK`.
    value : float or None
        The feature's value for this cell, in the table's unit; None where it is undefined, and of `NETWORK`.
    weight : float
        Its contribution to the chosen value's raw score (LightGBM's log-odds); positive speaks for it.
    """

    feature: str
    value: float | None
    weight: float


@dataclass(frozen=True)
class AttributeValue:
    """The value of one attribute of one cell.

    Attributes
    ----------
    name : str
        A name of `taxonomy.ATTRIBUTES`.
    value : str
        One of the attribute's values, or ``"not assessable"``.
    probability : float or None
        Probability of the value, 0-1; None where the value comes from a rule or is not assessable.
    evidence : str
        A level of `taxonomy.EVIDENCE_LEVELS`.
    reasons : tuple of Reason
        The features that weighed most, heaviest first; at most three.
    """

    name: str
    value: str
    probability: float | None
    evidence: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One object found on a field.

    Attributes
    ----------
    id : int
        Number of the object on its field, from 1, in reading order (top edge, then left edge of the box).
    box : tuple of int
        ``(x0, y0, x1, y1)`` in px of the image as stored after EXIF orientation; x to the right, y down, edges not
        centres, `x1` and `y1` exclusive.
    polygon : tuple of (float, float)
        Outline of the whole cell as ``(x, y)`` points in the same frame; `outline` is the same as an array.
    nucleus_polygons : tuple of tuple of (float, float)
        Outline of each separate part of the nucleus.
    type : str
        A name of `taxonomy.CELL_TYPES`.
    probability : float
        Probability of the most probable type, 0-1, also where the cell is ``unidentified``.
    probabilities : dict of str to float
        Probability of every type that the classifier knows.
    touches_edge : bool
        Whether the edge of the image or of the eyepiece's round field cuts the cell.
    attributes : dict of str to AttributeValue
        Attributes by name; empty for objects that are not cells.
    features : dict of str to float
        The feature table's values by name, `rounded` and finite: a feature that is undefined for this cell (no
        cytoplasm, say) is left out. Empty where the resolution cannot carry them.
    possible_types : tuple of str
        The types that the cell may have at the bundle's stated coverage (`lowcost.conformal`), most probable first;
        empty where none was judged.
    novelty : float or None
        How unlike the cells that the models were trained on, 0-1 (`lowcost.novelty`): the share of held-out cells of
        the training laboratories that are less so. None where it was not measured.
    """

    id: int
    box: tuple[int, int, int, int]
    polygon: tuple[tuple[float, float], ...]
    nucleus_polygons: tuple[tuple[tuple[float, float], ...], ...]
    type: str
    probability: float
    probabilities: dict[str, float]
    touches_edge: bool
    attributes: dict[str, AttributeValue]
    features: dict[str, float]
    possible_types: tuple[str, ...] = ()
    novelty: float | None = None

    @property
    def is_leukocyte(self) -> bool:
        """Whether the cell counts in the differential (an ``unidentified`` leukocyte does)."""
        return CELL_TYPES[self.type].is_leukocyte

    @property
    def outline(self) -> NDArray[np.float64]:
        """The polygon as an ``(n, 2)`` float64 array of x, y in px."""
        return np.array(self.polygon, dtype=np.float64).reshape(-1, 2)


@dataclass(frozen=True)
class Scale:
    """The ruler of one field.

    Attributes
    ----------
    um_per_px_x, um_per_px_y : float
        Micrometres per px along x and y of the stored image, 0 where unknown; they differ where the image was squeezed.
    source : str
        ``"given"``, ``"metadata"``, ``"red cells"``, ``"device"`` (its profile) or ``"unknown"``.
    confidence : float
        0-1; 1 for a given scale.
    red_cells : int
        Number of red cells that were measured.
    note : str
        What a person should know (squeezed pixels, few red cells); empty when there is nothing to say.
    """

    um_per_px_x: float
    um_per_px_y: float
    source: str
    confidence: float
    red_cells: int = 0
    note: str = ""

    @property
    def um_per_px(self) -> float:
        """Geometric mean of both."""
        return math.sqrt(self.um_per_px_x * self.um_per_px_y)


@dataclass(frozen=True)
class Field:
    """One photograph.

    Attributes
    ----------
    name : str
        File name (never a path), or ``"array"``.
    sha256 : str
        Digest of the file's bytes, or of shape and pixels for an array.
    width, height : int
        Size in px after EXIF orientation.
    verdict : str
        ``"accepted"``, ``"doubtful"`` or ``"rejected"``; the cells of a rejected field are not searched.
    reasons : tuple of str
        Why the field is not simply accepted, in words.
    quality : dict of str to float
        Measured focus, exposure and background, by name.
    scale : Scale
        The field's ruler.
    white_point : tuple of int
        Red, green and blue of the empty background at the field's centre, 0-255.
    stain_vectors : dict of str to tuple of float
        Unit optical-density vectors (red, green, blue) by stain name, as measured on this field.
    cells : tuple of Cell
        Everything found, leukocytes and others.
    novelty : float or None
        Lower median of its leukocytes' novelty; None where none was measured.
    """

    name: str
    sha256: str
    width: int
    height: int
    verdict: str
    reasons: tuple[str, ...]
    quality: dict[str, float]
    scale: Scale
    white_point: tuple[int, int, int]
    stain_vectors: dict[str, tuple[float, float, float]]
    cells: tuple[Cell, ...]
    novelty: float | None = None


@dataclass(frozen=True)
class Limits:
    """A percentage corrected for what the classifier confuses, with 95 % limits (`lowcost.misclassification`).

    Attributes
    ----------
    percent, low, high : float
        The estimate and its limits, 0-100; these are approximate and can be narrower than the exact ones of sampling.
        They hold for cameras and stains like those of the held-out cells.
    """

    percent: float
    low: float
    high: float


@dataclass(frozen=True)
class Share:
    """A proportion with its exact binomial 95 % limits (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404).

    Attributes
    ----------
    count, total : int
        How many of how many.
    percent, low, high : float
        Percentage and its limits, 0-100. They cover sampling only: which cells were met.
    with_errors : Limits or None
        The share corrected for the classifier's errors, with limits that belong to it and not to `percent`; None where
        these errors are not known.
    """

    count: int
    total: int
    percent: float
    low: float
    high: float
    with_errors: Limits | None = None


@dataclass(frozen=True)
class Differential:
    """The leukocyte differential of all accepted and doubtful fields together.

    Attributes
    ----------
    counted : int
        Leukocytes with a type: the denominator of `shares` and `blast_equivalents`.
    shares : dict of str to Share
        Every leukocyte type but ``unidentified``, in the order of the taxonomy, also those of which none was found.
    blast_equivalents : Share
        All blast-equivalent types together.
    blast_thresholds : dict of str to str
        For ``"10"`` and ``"20"`` percent: ``"below"``, ``"above"`` or ``"crosses"`` (the interval holds it; the one
        that covers the classifier's errors, where there is one).
    unidentified : Share
        Unidentified cells as a share of all leukocytes.
    artefacts : Share
        Objects that are no leukocytes as a share of everything found.
    supports : str
        What this number of cells supports, in words (below 100, 100, 200, 400).
    neutrophils : Share or None
        Segmented and band neutrophils together: doubt between the two is none about them. None in results of version 1.
    """

    counted: int
    shares: dict[str, Share]
    blast_equivalents: Share
    blast_thresholds: dict[str, str]
    unidentified: Share
    artefacts: Share
    supports: str
    neutrophils: Share | None = None


@dataclass(frozen=True)
class Failure:
    """An input that could not be analysed.

    Attributes
    ----------
    name : str
        The input as the user named it.
    message : str
        The sentence that says why.
    """

    name: str
    message: str


@dataclass(frozen=True)
class SmearResult:
    """What was found on the fields of one slide.

    Attributes
    ----------
    fields : tuple of Field
        The fields in the order in which they were given.
    differential : Differential
        Over all fields that were not rejected.
    failures : tuple of Failure
        Inputs that could not be read.
    provenance : dict of str to str
        Versions, bundle name and digest, runtime: what is needed to repeat the analysis.
    notice : str
        The research-use notice.
    """

    fields: tuple[Field, ...]
    differential: Differential
    failures: tuple[Failure, ...]
    provenance: dict[str, str]
    notice: str = RESEARCH_USE_NOTICE

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of every field, in the order of the fields."""
        return tuple(cell for field in self.fields for cell in field.cells)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, what ``result.json`` holds: lists, dicts with `str` keys, finite numbers.

        Raises
        ------
        ValueError
            A number is not finite; the text names the place. Only entries of `Cell.features` and `Field.quality` may be
            undefined: they are left out.
        """
        from lowcost import result_json

        return result_json.encode(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SmearResult:
        """Rebuild a result from its JSON form.

        Raises
        ------
        InputError
            The data do not follow the schema; the text names the place.
        """
        from lowcost import result_json

        return result_json.decode(data)
