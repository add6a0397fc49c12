"""Probabilities that mean on one device what they say: what cells verified there change about the logits.

Bundles know how often they are right in the laboratories that trained them. On another camera they are too sure of
themselves and prefer some types to others; `lowcost.training.recalibration` measures both on cells that a person has
named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lowcost.morphology import in_range

if TYPE_CHECKING:
    from lowcost.classifier import Parameters


@dataclass(frozen=True)
class Recalibration:
    """What takes the place of a bundle's temperature on a device.

    Attributes
    ----------
    added : tuple of int
        To each of the logits, in units of the int8 output and in the order of the classes.
    temperature : float
        What the sums are divided by.
    softmax_table : tuple of float
        ``exp(-k * logit_scale / temperature)`` for k = 0 ... 255.
    cells : int
        Verified cells that it was learnt from.
    """

    added: tuple[int, ...]
    temperature: float
    softmax_table: tuple[float, ...]
    cells: int

    def apply(self, logits: Sequence[int]) -> list[int]:
        """Return the logits of one cell with what is added: at most `morphology.LOGIT_RANGE` apart."""
        return in_range([logit + more for logit, more in zip(logits, self.added, strict=True)])

    def deciding(self, parameters: Parameters) -> Parameters:
        """Return the classifier's section of a bundle with this temperature in place of its own."""
        return replace(parameters, temperature=self.temperature, softmax_table=self.softmax_table)
