"""Probabilities that mean on one device what they say: what cells verified there change about the logits.

Bundles know how often they are right in the laboratories that trained them. On another camera they are too sure of
themselves and prefer some types to others; `lowcost.training.recalibration` measures both on cells that a person has
named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lowcost.morphology import LOGIT_RANGE


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
        """Return the logits of one cell with what is added: at most `LOGIT_RANGE` apart."""
        own = [logit + more for logit, more in zip(logits, self.added, strict=True)]
        least = max(own) - LOGIT_RANGE
        return [max(value, least) for value in own]
