"""Confusion and reliability as small pictures, beside the figures that they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lowcost.errors import DependencyError
from lowcost.evaluation import naming

DPI = 80


def confusion(path: Path, named: naming.Named, title: str) -> None:
    """Draw labels against what the cells were called: share of the row as shade, number of cells as text.

    Parameters
    ----------
    path : Path
        Where the PNG is written.
    named : naming.Named
        At least one cell.
    title : str
        Above the picture.

    Raises
    ------
    DependencyError
        Matplotlib is not installed.
    """
    labels, called, counts = naming.confusion(named)
    figure = _figure(2.6 + 0.42 * len(called), 2.2 + 0.36 * len(labels))
    axes = figure.subplots()
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(len(called)), [_short(name) for name in called], rotation=60, ha="right", fontsize=7)
    axes.set_yticks(range(len(labels)), [_short(name) for name in labels], fontsize=7)
    axes.set_xlabel("called", fontsize=8)
    axes.set_ylabel("label", fontsize=8)
    axes.set_title(title, fontsize=8)
    figure.savefig(path, dpi=DPI)


def reliability(path: Path, named: naming.Named, title: str) -> None:
    """Draw accuracy against confidence; the area of a dot grows with the number of cells in its bin.

    Parameters and errors are those of `confusion`.
    """
    bins = np.array(naming.reliability(named))
    figure = _figure(3.6, 3.4)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot(bins[:, 0], bins[:, 1], color="tab:blue", linewidth=1)
    axes.scatter(bins[:, 0], bins[:, 1], s=8 + 120 * bins[:, 2] / bins[:, 2].max(), color="tab:blue", alpha=0.7)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_xlabel("probability of the best type", fontsize=8)
    axes.set_ylabel("share that is right", fontsize=8)
    axes.set_title(f"{title}\ncalibration error {naming.calibration_error(named)}", fontsize=8)
    axes.tick_params(labelsize=7)
    figure.savefig(path, dpi=DPI)


def available() -> bool:
    """Whether matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def _figure(width: float, height: float) -> Any:
    """A figure without a window or any global state."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise DependencyError(
            "The plots need matplotlib, which is not installed: pip install 'lowcost[train]'"
        ) from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _short(label: str) -> str:
    """A class of several types by what they share (``neutrophil``), else by the first of them."""
    names = label.split("/")
    stem = names[0].split("_")[0]
    return label if len(names) == 1 else stem if all(name.startswith(stem) for name in names) else f"{names[0]}..."
