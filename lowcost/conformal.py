"""The types that a cell may have: class-conditional conformal sets (Vovk 2013, doi:10.1007/s10994-013-5355-6).

Of the held-out cells of each type all but a stated few had at least a certain probability of that type. A new cell may
be of every type of whose probability it has at least as much; so of the cells of each type, rare ones too, the stated
share has its own type among those listed. That holds for cells like the held-out ones, not for other cameras or stains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lowcost.bundle import Bundle

SECTION = "conformal"


@dataclass(frozen=True)
class Parameters:
    """The bundle's section ``conformal``.

    Attributes
    ----------
    coverage_percent : int
        Share of the cells of each type whose sets hold that type, percent.
    least : dict of str to float
        Probability from which on a cell may be of each type; a type without held-out cells is never listed.
    """

    coverage_percent: int
    least: dict[str, float]


def load(bundle: Bundle) -> Parameters | None:
    """Return the parameters of a bundle, None where it has none."""
    return bundle.section(SECTION, Parameters) if SECTION in bundle.parameters else None


def possible_types(kind: str, probabilities: Mapping[str, float], parameters: Parameters) -> tuple[str, ...]:
    """Return the types that a cell may have, most probable first.

    Parameters
    ----------
    kind : str
        The type that it was given, which is listed always, but for ``unidentified``.
    probabilities : mapping of str to float
        Probability of every class.
    parameters : Parameters
        The bundle's.
    """
    listed = [
        name
        for name, probability in probabilities.items()
        if name == kind or (name in parameters.least and probability >= parameters.least[name])
    ]
    return tuple(sorted(listed, key=lambda name: -probabilities[name]))


def least_probability(own: Iterable[float], coverage_percent: int) -> float:
    """Return the probability from which on a cell may be of a type.

    Parameters
    ----------
    own : iterable of float
        Of held-out cells of this type, the probability of it.
    coverage_percent : int
        Share of them, and of new ones, that must have at least this probability, percent.

    Returns
    -------
    float
        0 where there are too few cells to leave any out.
    """
    ranked = sorted(own)
    left_out = (len(ranked) + 1) * (100 - coverage_percent) // 100
    return ranked[left_out - 1] if left_out else 0.0
