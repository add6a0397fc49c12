"""Whether what a bundle says about its classifier's errors was measured with this very classifier."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lowcost import classifier, correction
from lowcost.bundle import Bundle

SECTION = "reliability"


@dataclass(frozen=True)
class Naming:
    """What cells were named with when errors were counted; the bundle's section ``reliability``.

    Attributes
    ----------
    network : str
        SHA-256 of the network's file.
    temperature, leukocyte_limit, type_limit : float
        As in `lowcost.classifier.Parameters`.
    corrected : bool
        Whether the bundle held a user's correction.
    """

    network: str
    temperature: float
    leukocyte_limit: float
    type_limit: float
    corrected: bool


def naming(bundle: Bundle) -> Naming:
    """Return what a bundle names cells with."""
    parameters = bundle.section("classifier", classifier.Parameters)
    return Naming(
        hashlib.sha256(bundle.file(parameters.file)).hexdigest(),
        parameters.temperature,
        parameters.leukocyte_limit,
        parameters.type_limit,
        correction.SECTION in bundle.parameters,
    )


def holds(bundle: Bundle) -> bool:
    """Whether a bundle's errors are those of its classifier.

    A network trained anew, other limits or a correction make other errors, which are unknown until
    ``python -m lowcost.training.reliability`` counts them.
    """
    return SECTION in bundle.parameters and bundle.section(SECTION, Naming) == naming(bundle)
