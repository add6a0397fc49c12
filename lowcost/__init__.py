"""Find, measure and name the white blood cells on photographs of stained blood smears.

>>> import lowcost
>>> result = lowcost.analyze("field.jpg")  # doctest: +SKIP
>>> [(cell.type, cell.box) for cell in result.cells]  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lowcost import export
    from lowcost.errors import LowcostError
    from lowcost.pipeline import Analyzer, analyze
    from lowcost.result import SmearResult

__version__ = "0.1.0.dev0"

__all__ = ["Analyzer", "LowcostError", "SmearResult", "__version__", "analyze", "export"]

_HOMES = {
    "Analyzer": "lowcost.pipeline",
    "LowcostError": "lowcost.errors",
    "SmearResult": "lowcost.result",
    "analyze": "lowcost.pipeline",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is asked for, so that importing the package costs nothing."""
    if name == "export":
        return importlib.import_module("lowcost.export")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lowcost' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
