"""What others read: one module per format, each a pure function of the result and safe to interrupt.

`lowcost.export.fhir` stands by itself: it needs the words of a report. Labels of formats that are also read are written
in `lowcost.convert`, which uses the files, outlines and colours of this package: its modules are loaded when asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lowcost.export.coco import to_coco
    from lowcost.export.csv import to_csv
    from lowcost.export.geojson import to_geojson
    from lowcost.export.json import from_json, to_json
    from lowcost.export.yolo import to_yolo

__all__ = ["from_json", "to_coco", "to_csv", "to_geojson", "to_json", "to_yolo"]


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is asked for."""
    if name in __all__:
        return getattr(importlib.import_module(f"lowcost.export.{name.partition('_')[2]}"), name)
    raise AttributeError(f"module 'lowcost.export' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
