"""Overlapping fields of one slide: where each lies on the slide's plane, and every cell of them once."""

from lowcost.mosaic.counting import Counted, count_once
from lowcost.mosaic.doubles import Placed, doubles, unique
from lowcost.mosaic.plane import Place, place
from lowcost.mosaic.registration import Thumb

__all__ = ["Counted", "Place", "Placed", "Thumb", "count_once", "doubles", "place", "unique"]
