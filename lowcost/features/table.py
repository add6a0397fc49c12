"""What a feature is: its name, its unit and its definition in words."""

from __future__ import annotations

from dataclasses import dataclass

UM_PER_PX = 0.125
"""Pixel size of the views on which features are defined, um."""

WHITE = 240
"""Value of the empty background in a balanced view."""

NAN = float("nan")
"""Value of a feature whose region (nucleus, cytoplasm) is missing from the cell."""


@dataclass(frozen=True)
class Feature:
    """One line of the feature table.

    Attributes
    ----------
    name : str
        Identifier, unique in the table.
    unit : str
        ``"um"``, ``"um2"``, ``"OD"`` (natural-log optical density), ``"count"``, ``"1/um"`` or ``"1"`` for ratios.
    definition : str
        How it is computed, in words.
    group : str
        The heading under which it is listed.
    """

    name: str
    unit: str
    definition: str
    group: str


def group(heading: str, *rows: tuple[str, str, str]) -> tuple[Feature, ...]:
    """Return the features of one group from rows of (name, unit, definition)."""
    return tuple(Feature(name, unit, definition, heading) for name, unit, definition in rows)


def nan_for(features: tuple[Feature, ...]) -> dict[str, float]:
    """Return NaN for each feature: what a group measures where its region is empty."""
    return {feature.name: NAN for feature in features}


def px(um: float) -> int:
    """Return a length in whole px of the view, at least one."""
    return max(1, round(um / UM_PER_PX))
