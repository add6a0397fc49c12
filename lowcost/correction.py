"""What a user's own labelled cells add to the network's opinion: a small linear correction of its int8 logits.

A camera that the network has not met shifts colours and textures; some of what it then gets wrong can be read off the
features and off the logits themselves. The correction is made by ``lowcost train heads``. It is computed in a fixed
order of additions and multiplications of doubles and rounded to whole units of the logits, so that equal features give
equal types on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lowcost.errors import BundleError
from lowcost.morphology import in_range

if TYPE_CHECKING:
    from lowcost.bundle import Bundle

SECTION = "correction"


@dataclass(frozen=True)
class Parameters:
    """A linear map from logits and features to what is added to the logits.

    Attributes
    ----------
    inputs : tuple of str
        The classes of the network, whose logits come first, then names of features.
    centre, spread : tuple of float
        What is subtracted from each input, and what it is then divided by.
    limit : float
        Inputs are held within this many spreads: beyond what was seen nothing is extrapolated.
    classes : tuple of str
        The classes that are corrected: those that were labelled. The sum of what they get is zero, so that types which
        nobody labelled are neither helped nor harmed.
    bias : tuple of float
        What each of them gets in any case, in units of the int8 logits.
    weights : tuple of tuple of float
        What each of them gets per spread of each input, in the same units.
    """

    inputs: tuple[str, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    limit: float
    classes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]


class Correction:
    """The correction of a bundle.

    Parameters
    ----------
    parameters : Parameters
        The linear map.
    classes : sequence of str
        The network's classes in the order of its logits.
    names : sequence of str
        The features in the order in which cells are measured.

    Raises
    ------
    BundleError
        They do not belong together.
    """

    def __init__(self, parameters: Parameters, classes: Sequence[str], names: Sequence[str]) -> None:
        self.parameters = parameters
        wanted = parameters.inputs[len(classes) :]
        sizes = {len(parameters.inputs), len(parameters.centre), len(parameters.spread), *map(len, parameters.weights)}
        rows = {len(parameters.classes), len(parameters.bias), len(parameters.weights)}
        fits = parameters.inputs[: len(classes)] == tuple(classes) and len(sizes) == 1 and len(rows) == 1
        if not fits or not set(wanted) <= set(names) or not set(parameters.classes) <= set(classes):
            raise BundleError(
                "the bundle's correction was made for another network or other features: make it again with "
                "'lowcost train heads'"
            )
        self._columns = [list(names).index(name) for name in wanted]
        self._rows = [list(classes).index(name) for name in parameters.classes]

    @classmethod
    def load(cls, bundle: Bundle, classes: Sequence[str], names: Sequence[str]) -> Correction | None:
        """Return the correction of a bundle, None where it has none."""
        if SECTION not in bundle.parameters:
            return None
        return cls(bundle.section(SECTION, Parameters), classes, names)

    def apply(self, logits: Sequence[int], row: Sequence[float]) -> list[int]:
        """Return the corrected logits of one cell.

        Parameters
        ----------
        logits : sequence of int
            The network's, -128 ... 127.
        row : sequence of float
            Its features; one that is not finite counts as average.

        Returns
        -------
        list of int
            At most 255 apart, as `lowcost.classifier.decide` needs them.
        """
        settings = self.parameters
        values = [float(value) for value in logits] + [float(row[column]) for column in self._columns]
        inputs = []
        for value, centre, spread in zip(values, settings.centre, settings.spread, strict=True):
            scaled = (value - centre) / spread if math.isfinite(value) else 0.0
            inputs.append(min(max(scaled, -settings.limit), settings.limit))
        corrected = [int(logit) for logit in logits]
        for index, bias, weights in zip(self._rows, settings.bias, settings.weights, strict=True):
            total = bias
            for weight, value in zip(weights, inputs, strict=True):
                total += weight * value
            corrected[index] += math.floor(total + 0.5)
        return in_range(corrected)
