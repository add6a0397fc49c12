"""What others read: one module per format, each a pure function of the result and safe to interrupt.

`lowcost.export.fhir` stands by itself: it needs the words of a report.
"""

from lowcost.export.coco import to_coco
from lowcost.export.csv import to_csv
from lowcost.export.geojson import to_geojson
from lowcost.export.json import from_json, to_json
from lowcost.export.yolo import to_yolo

__all__ = ["from_json", "to_coco", "to_csv", "to_geojson", "to_json", "to_yolo"]
