"""``result.json``: the result itself, in the form that ``result.schema.json`` describes."""

from __future__ import annotations

import json
import os
from pathlib import Path

from lowcost.errors import InputError
from lowcost.export import files
from lowcost.result import SmearResult


def dumps(result: SmearResult) -> str:
    """Return a result as one line of JSON."""
    # File names that are no text in any encoding survive as escapes, so this stays ASCII.
    return json.dumps(result.to_dict(), allow_nan=False)


def to_json(result: SmearResult, path: str | os.PathLike[str]) -> None:
    """Write a result as JSON.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, f"{dumps(result)}\n".encode("ascii"))


def from_json(path: str | os.PathLike[str]) -> SmearResult:
    """Read a result that `to_json` wrote; it equals the one that was written.

    Raises
    ------
    InputError
        The file cannot be read, is no JSON, or does not follow the schema; the text names the place.
    """
    try:
        data = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON, or damaged: give a result.json that lowcost wrote") from error
    try:
        return SmearResult.from_dict(data)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
