"""COCO detection format (Lin et al. 2014, doi:10.1007/978-3-319-10602-1_48): boxes, outlines, types for other tools."""

from __future__ import annotations

import json
import os
from typing import Any

from lowcost.convert import coco, stream
from lowcost.export import files
from lowcost.result import SmearResult


def to_coco(result: SmearResult, path: str | os.PathLike[str]) -> None:
    """Write all objects as one COCO file.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, f"{dumps(result)}\n".encode("ascii"))


def dumps(result: SmearResult) -> str:
    """Return the COCO form of a result as one line of JSON."""
    return json.dumps(to_dict(result), allow_nan=False)


def to_dict(result: SmearResult) -> dict[str, Any]:
    """Return the COCO form of a result: that of `lowcost.convert.coco.document`, with its provenance."""
    info = {"description": f"lowcost. {result.notice}", **result.provenance}
    return {"info": info, **coco.document(stream.of_result(result))}
