"""The type of a cell: an int8 network, calibrated probabilities, and the decision when to say nothing.

The network's int8 logits are equal on every machine; so is what follows, because the exponentials of the softmax are a
table in the bundle and the sums run in the order of the classes.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lowcost import features, runtime
from lowcost.correction import Correction
from lowcost.crop import CROP_PX, UM_PER_PX
from lowcost.errors import BundleError, InputError
from lowcost.morphology import Morphology, Shift
from lowcost.recalibration import Recalibration
from lowcost.strength import Strength
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

if TYPE_CHECKING:
    from lowcost.bundle import Bundle


@dataclass(frozen=True)
class Parameters:
    """How cells are typed.

    Attributes
    ----------
    file : str
        The network's name in the bundle.
    classes : tuple of str
        Names of `taxonomy.CELL_TYPES` in the order of the logits.
    logit_scale : float
        Value of one unit of the int8 logits; the zero point cancels in a softmax.
    temperature : float
        What the logits are divided by, fitted on held-out cells (Guo et al. 2017, arXiv:1706.04599).
    softmax_table : tuple of float
        ``exp(-k * logit_scale / temperature)`` for k = 0 ... 255.
    leukocyte_limit : float
        An object is a leukocyte when the leukocyte classes together have at least this probability, 0-1.
    stages : tuple of tuple of str
        Classes that are stages of one type and count together in this: doubt between them is no doubt about the cell.
    type_limit : float
        A leukocyte whose best type has less than this share of the leukocyte probability is unidentified, 0-1.
    """

    file: str
    classes: tuple[str, ...]
    logit_scale: float
    temperature: float
    softmax_table: tuple[float, ...]
    leukocyte_limit: float
    stages: tuple[tuple[str, ...], ...]
    type_limit: float


@dataclass(frozen=True)
class Prediction:
    """What the network says about one crop.

    Attributes
    ----------
    type : str
        A name of `taxonomy.CELL_TYPES`.
    probability : float
        Probability of that type; of the leukocyte type that it would have been where it is ``unidentified``.
    probabilities : dict of str to float
        Probability of every class, in the order of the bundle.
    logits : tuple of int
        The network's int8 output, with all that bundle and device change about it.
    """

    type: str
    probability: float
    probabilities: dict[str, float]
    logits: tuple[int, ...]


class Seen(NamedTuple):
    """What the network gives for some crops.

    Attributes
    ----------
    logits : (n, classes) int8 array
        The raw output.
    embedding : (n, channels) int8 array
        Means of the network's last channels: what it has seen, before it is put into words.
    """

    logits: NDArray[np.int8]
    embedding: NDArray[np.int8]


class Classifier:
    """The cell-type network of a bundle. One object serves many threads, one crop at a time.

    Parameters
    ----------
    model : bytes
        Content of the ``.tflite`` file.
    parameters : Parameters
        How its output is read.
    strength : Strength
        What is done to a crop first.
    morphology : Morphology, optional
        What the features say beside it.
    correction : Correction, optional
        What a user's own labelled cells change.
    shift : Shift, optional
        What the device adds to every cell.
    recalibration : Recalibration, optional
        What verified cells of the device change.

    Raises
    ------
    BundleError
        Network and parameters do not belong together.
    DependencyError
        No TFLite runtime is installed.
    """

    def __init__(
        self,
        model: bytes,
        parameters: Parameters,
        strength: Strength,
        morphology: Morphology | None = None,
        correction: Correction | None = None,
        shift: Shift | None = None,
        recalibration: Recalibration | None = None,
    ) -> None:
        self.parameters, self.strength = parameters, strength
        self.morphology, self.correction, self.shift = morphology, correction, shift
        self.recalibration = recalibration
        self._deciding = parameters if recalibration is None else recalibration.deciding(parameters)
        self._interpreter: Any = runtime.find().load(model)
        self._lock = threading.Lock()
        entry, (output, embedding) = self._interpreter.get_input_details()[0], runtime.outputs(self._interpreter)
        self._entry, self._output, self._embedding = entry["index"], output["index"], embedding["index"]
        self._width = int(embedding["shape"][-1])
        found = (tuple(entry["shape"]), entry["dtype"], tuple(output["shape"]), output["dtype"])
        expected = ((1, CROP_PX, CROP_PX, 3), np.uint8, (1, len(parameters.classes)), np.int8)
        same_scale = output["quantization"][0] == parameters.logit_scale
        unknown = [name for name in parameters.classes if name not in CELL_TYPES]
        if found != expected or not same_scale or len(parameters.softmax_table) != 256 or unknown:
            raise BundleError(
                f"{parameters.file} does not fit the bundle's classifier section "
                f"({len(parameters.classes)} classes, unknown ones: {unknown}); use a bundle made in one piece."
            )

    @classmethod
    def load(cls, bundle: Bundle, shift: Shift | None = None, recalibration: Recalibration | None = None) -> Classifier:
        """Return the classifier of a bundle, for a device with what is known of its cells."""
        parameters = bundle.section("classifier", Parameters)
        strength = Strength.load(bundle, UM_PER_PX)
        morphology = Morphology.load(bundle, parameters.classes)
        correction = Correction.load(bundle, parameters.classes, features.NAMES)
        return cls(bundle.file(parameters.file), parameters, strength, morphology, correction, shift, recalibration)

    def network(self, crops: NDArray[np.uint8]) -> Seen:
        """Run the network alone.

        Parameters
        ----------
        crops : (n, 96, 96, 3) uint8 array
            Network inputs as `lowcost.crop.network_input` makes them.

        Returns
        -------
        Seen
            Logits and embedding of every crop.

        Raises
        ------
        InputError
            The crops have another shape or type.
        """
        if crops.ndim != 4 or crops.shape[1:] != (CROP_PX, CROP_PX, 3) or crops.dtype != np.uint8:
            raise InputError(
                f"Crops must be an (n, {CROP_PX}, {CROP_PX}, 3) uint8 array, got {crops.shape} {crops.dtype}; "
                "make them with lowcost.crop.network_input and stack them."
            )
        logits = np.empty((len(crops), len(self.parameters.classes)), np.int8)
        embedding = np.empty((len(crops), self._width), np.int8)
        for number, crop in enumerate(crops):
            levelled = self.strength.level(crop)
            with self._lock:
                self._interpreter.set_tensor(self._entry, levelled[None])
                self._interpreter.invoke()
                logits[number] = self._interpreter.get_tensor(self._output)[0]
                embedding[number] = self._interpreter.get_tensor(self._embedding)[0]
        return Seen(logits, embedding)

    def logits(self, seen: Seen, rows: NDArray[np.float64]) -> list[list[int]]:
        """Return the logits of cells: the network's, with what the morphology says.

        Parameters
        ----------
        seen : Seen
            What `network` gave.
        rows : (n, f) float64 array
            Features of the same cells.

        Returns
        -------
        list of list of int
            In the order of the classes; those of one cell are at most 255 apart.
        """
        logits: list[list[int]] = seen.logits.tolist()
        if self.morphology is None or not logits:
            return logits
        return self.morphology.apply(logits, rows, self.parameters.softmax_table, self.shift)

    def predict(self, seen: Seen, rows: NDArray[np.float64]) -> tuple[Prediction, ...]:
        """Name the cells that the network saw, one `Prediction` each; the parameters are those of `logits`."""
        logits = self.logits(seen, rows)
        if self.correction is not None:
            logits = [self.correction.apply(own, row) for own, row in zip(logits, rows.tolist(), strict=True)]
        if self.recalibration is not None:
            logits = [self.recalibration.apply(own) for own in logits]
        return tuple(decide(own, self._deciding) for own in logits)


def decide(logits: list[int], parameters: Parameters) -> Prediction:
    """Turn the int8 logits of one crop into a type.

    First leukocyte or not: the probabilities of all leukocyte classes together must reach `leukocyte_limit`, else the
    object is the most probable of the others, so that doubt about the type never makes a leukocyte of a platelet. Then
    which: the best leukocyte type, its stages counted together, must hold `type_limit` of the leukocyte probability,
    else the cell is unidentified; so it is where something else is likelier than all leukocytes together. Last the best
    stage of that type. Of equals the first wins.

    Parameters
    ----------
    logits : list of int
        -128 ... 127 in the order of the classes.
    parameters : Parameters
        The bundle's.
    """
    top = max(logits)
    weights = {
        name: parameters.softmax_table[top - logit] for name, logit in zip(parameters.classes, logits, strict=True)
    }
    type_of = {name: name for name in weights} | {name: stages[0] for stages in parameters.stages for name in stages}
    # Plain additions in the order of the classes: Python's own sum rounds differently from version to version.
    total = leukocyte_total = 0.0
    leukocytes: dict[str, float] = {}
    for name, weight in weights.items():
        total += weight
        if CELL_TYPES[name].is_leukocyte:
            leukocyte_total += weight
            leukocytes[type_of[name]] = leukocytes.get(type_of[name], 0.0) + weight
    is_leukocyte = leukocyte_total >= parameters.leukocyte_limit * total
    best = max(leukocytes, key=leukocytes.__getitem__)
    candidates = [
        name for name in weights if (type_of[name] == best if is_leukocyte else type_of[name] not in leukocytes)
    ]
    chosen = max(candidates, key=weights.__getitem__)
    unsure = leukocytes[best] < parameters.type_limit * leukocyte_total or 2.0 * leukocyte_total < total
    return Prediction(
        UNIDENTIFIED if is_leukocyte and unsure else chosen,
        weights[chosen] / total,
        {name: weight / total for name, weight in weights.items()},
        tuple(logits),
    )
