"""What others read: one module per format, each a pure function of the result and safe to interrupt."""

from lowcost.export.coco import to_coco
from lowcost.export.csv import to_csv
from lowcost.export.json import from_json, to_json

__all__ = ["from_json", "to_coco", "to_csv", "to_json"]
