"""What a training leaves beside its bundle: figures for people and machines, confusion and reliability as pictures."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lowcost
from lowcost.evaluation import naming, plots
from lowcost.evaluation.tables import Table
from lowcost.evaluation.versions import installed


@dataclass(frozen=True)
class Finished:
    """How a training ended.

    Attributes
    ----------
    figures : str
        The tables as Markdown.
    written : bool
        Whether the bundle was changed.
    summary : str
        One line: what was reached and where it lies, or why nothing was written.
    """

    figures: str
    written: bool
    summary: str


METRICS, REPORT = "metrics.json", "metrics.md"

_LIBRARIES = ("keras", "tensorflow-cpu", "torch", "jax", "lightgbm", "numpy", "opencv-python-headless", "scikit-image")


def write(folder: Path, tables: Sequence[Table], made: Mapping[str, Any]) -> str:
    """Write ``metrics.json`` and ``metrics.md``, and return the Markdown.

    Parameters
    ----------
    folder : Path
        Where; must exist.
    tables : sequence of Table
        The figures.
    made : mapping
        Settings and sets: what is needed to repeat the training.
    """
    facts = {"lowcost": lowcost.__version__, **versions(), "python": platform.python_version(), **made}
    content = {"made": facts, "tables": [table.to_dict() for table in tables]}
    (folder / METRICS).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    text = "\n".join(table.markdown() for table in tables)
    (folder / REPORT).write_text(text, encoding="utf-8")
    return text


def draw(folder: Path, named: Mapping[str, naming.Named]) -> list[Path]:
    """Draw confusion and reliability of each set of cells; nothing where matplotlib is not installed.

    Parameters
    ----------
    folder : Path
        Where; must exist.
    named : mapping of str to Named
        Cells by what they are; the name, with hyphens for spaces, leads the files' names.
    """
    drawn = []
    for title, cells in named.items():
        if len(cells) and plots.available():
            for kind, draw_one in (("confusion", plots.confusion), ("reliability", plots.reliability)):
                path = folder / f"{title.replace(' ', '-')}-{kind}.png"
                draw_one(path, cells, title)
                drawn.append(path)
    return drawn


def versions() -> dict[str, str]:
    """Return the versions of the libraries that decide what a training gives."""
    return installed(_LIBRARIES)
