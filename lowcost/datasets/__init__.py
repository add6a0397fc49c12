"""Readers of public image sets: one short module per set, all giving the same types.

Each module of fields has ``CARD`` and ``fields(root)``, each module of single cells ``CARD`` and ``cells(root)``;
`root` is the folder that holds the sets. Labels are given as published: faults are listed in `lowcost.evaluation`.
"""

from __future__ import annotations

from lowcost.datasets.types import Box, Card, LabelledBox, LabelledCell, LabelledField, Masks

__all__ = ["Box", "Card", "LabelledBox", "LabelledCell", "LabelledField", "Masks"]
