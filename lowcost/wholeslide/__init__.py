"""Whole-slide images: read by tiles, in constant memory, every cell once."""

from lowcost.wholeslide.analysis import copies, field, image, merge
from lowcost.wholeslide.joined import joined
from lowcost.wholeslide.overview import regions
from lowcost.wholeslide.region import Region
from lowcost.wholeslide.slide import ENDINGS, Slide, recognises

__all__ = ["ENDINGS", "Region", "Slide", "copies", "field", "image", "joined", "merge", "recognises", "regions"]
