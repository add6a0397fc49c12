"""Tables of figures as Markdown for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lowcost.evaluation.bootstrap import Estimate

Cell = str | int | float | Estimate | None


@dataclass(frozen=True)
class Table:
    """Figures on one set.

    Attributes
    ----------
    name : str
        Identifier and file name.
    title : str
        What was measured on what.
    rows : tuple of mapping
        One mapping from column to figure per row, all with the same columns in the same order.
    notes : tuple of str
        What must be known to read the figures.
    """

    name: str
    title: str
    rows: tuple[Mapping[str, Cell], ...]
    notes: tuple[str, ...] = ()

    def markdown(self) -> str:
        """Return the table with its title and notes."""
        columns = list(self.rows[0]) if self.rows else []
        cells = [columns, *([_text(row[column]) for column in columns] for row in self.rows)]
        widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
        lines = [_line(row, widths) for row in cells]
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        parts = [f"## {self.title}", "\n".join([lines[0], rule, *lines[1:]]), *(f"* {note}" for note in self.notes)]
        return "\n\n".join(parts) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; estimates become ``{"value", "low", "high"}``."""
        rows = [
            {column: asdict(cell) if isinstance(cell, Estimate) else cell for column, cell in row.items()}
            for row in self.rows
        ]
        return {"name": self.name, "title": self.title, "rows": rows, "notes": list(self.notes)}


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
