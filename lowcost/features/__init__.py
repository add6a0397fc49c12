"""Handcrafted features of one cell: a table of names, units and definitions, and the function that fills it."""

from lowcost.features.compute import NAMES, TABLE, compute
from lowcost.features.table import Feature

__all__ = ["NAMES", "TABLE", "Feature", "compute"]
