"""Writes the tables and plots of ``benchmarks/README.md`` from the committed JSON: ``python -m benchmarks.page``.

The page's words are its own; what stands between two marks, ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``, is
replaced by what `BLOCKS` makes of that name. A benchmark that has not been run says so.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.svg import COLOURS, Line, Panel, sheet
from lowcost.training.target import with_block

Row = Mapping[str, Any]
Content = Mapping[str, Any]

SETS = {
    "pbc": "PBC test, the training laboratory",
    "bone_marrow": "bone marrow test, the training laboratory",
    "raabin_dev": "Raabin, phones on eyepieces",
    "bccd": "BCCD",
    "deepbionet_dev": "DeepBioNet",
    "lld_dev": "LLD, one patient with leukemia",
    "zheng1": "Zheng 1",
    "rendered": "rendered smears",
}
REJECTED, ERRORS, MISNAMED = "lowcost: share rejected", "lowcost: errors where accepted", "lowcost: misnamed of named"


def main() -> None:
    """Write the page and its plots."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="folder of the JSON")
    parser.add_argument("--page", type=Path, default=Path(__file__).parent / "README.md")
    options = parser.parse_args()
    text = options.page.read_text(encoding="utf-8")
    for name, make in BLOCKS.items():
        content = record.read(options.results, name)
        made = make(content, options.results) if content else f"Not measured yet: `python -m benchmarks.{name}`."
        text = with_block(text, name, made)
    text = with_block(text, "published", _table(json.loads((Path(__file__).parent / "published.json").read_text())))
    options.page.write_text(text, encoding="utf-8")


def accuracy(content: Content, _: Path) -> str:
    """Types by set, attributes, and what each method was given."""
    columns = {
        "method": "method",
        "learnt from this camera": "has seen the camera",
        "accuracy (95 % interval)": "accuracy (95 %)",
        "balanced accuracy": "balanced accuracy",
        "calibration error": "calibration error",
        "ours less this": "first row less this",
        "McNemar p": "McNemar p",
    }
    parts, told = [], _tables(content)
    for name, table in told.items():
        if name.startswith("types_"):
            cells = table["rows"][0]["cells"]
            parts += [f"**{SETS[name.removeprefix('types_')]}**, {cells} cells", _table(table["rows"], columns)]
    attributes = {"method": "method", "cells": "cells", "mean macro-F1": "mean macro-F1", "mean accuracy": "accuracy"}
    parts += ["**Attributes**, WBCAtt test", _table(told["attributes"]["rows"], attributes)]
    parts += ["**Training**", _table(told["budgets"]["rows"])]
    return _measured(parts, content)


def detection(content: Content, _: Path) -> str:
    """Leukocytes found, by set."""
    columns = {
        "method": "method",
        "F1, centre (95 % interval)": "F1, centre (95 %)",
        "F1, IoU 0.5": "F1, IoU 0.5 (95 %)",
        "AP50": "AP50",
        "F1, centre, labels as published": "F1, labels as published",
        "of these found": "of cells at the edge found",
        "fields without error": "fields without error",
        "McNemar p": "McNemar p",
    }
    parts, told = [], _tables(content)
    for name, table in told.items():
        if name.startswith("detection_"):
            first = table["rows"][0]
            title = f"**{SETS[name.removeprefix('detection_')]}**, {first['fields']} fields, {first['cells']} cells"
            parts += [f"{title}, {first['cells at the edge']} at the edge", _table(table["rows"], columns)]
    parts += ["**Training**", _table(told["budgets"]["rows"])]
    return _measured(parts, content)


def segmentation(content: Content, _: Path) -> str:
    """Dice by set."""
    parts = []
    for name, table in _tables(content).items():
        columns = {column: column for column in table["rows"][0] if column != "pictures"}
        title = SETS[name.removeprefix("segmentation_")]
        parts += [f"**{title}**, {table['rows'][0]['pictures']} pictures", _table(table["rows"], columns)]
    notes = [f"* {note}" for note in _tables(content)["segmentation_zheng1"]["notes"]]
    return _measured([*parts, *notes], content)


def robustness(content: Content, results: Path) -> str:
    """One sheet of curves for each set, and where lowcost errs on fields that it accepts."""
    rows = _tables(content)["robustness"]["rows"]
    methods = list(dict.fromkeys(row["method"] for row in rows))
    lines = {f"F1 of {name}": Line(COLOURS[i]) for i, name in enumerate(methods)}
    lines |= {REJECTED: Line("#64748b", "4 2"), ERRORS: Line("#be123c", "2 2"), MISNAMED: Line("#a16207", "1 2")}
    parts = []
    for name in dict.fromkeys(row["set"] for row in rows):
        own = [row for row in rows if row["set"] == name]
        panels = [_curves(what, own) for what in dict.fromkeys(row["distortion"] for row in own)]
        file = results / f"robustness-{name}.svg"
        file.write_text(sheet(panels, lines), encoding="utf-8")
        parts += [f"**{SETS[name]}**", f"![Robustness, {name}](results/{file.name})"]
    worst = sorted(
        (row for row in rows if row["method"] == "lowcost" and row["errors"]), key=lambda row: -row["errors"]
    )
    columns = {"set": "set", "distortion": "distortion", "degree": "degree", "F1": "F1 (95 %)", "rejected": "rejected"}
    columns |= {"doubtful": "doubtful", "errors": "errors among accepted"}
    parts += ["**Where lowcost errs although it accepts**, the twelve worst", _table(worst[:12], columns)]
    return _measured(parts, content)


def ablation(content: Content, _: Path) -> str:
    """What each part is worth: of the whole, or of the training views."""
    parts = []
    (table,) = content["tables"]
    for name in dict.fromkeys(row["set"] for row in table["rows"]):
        own = [row for row in table["rows"] if row["set"] == name]
        columns = {c: c for c in own[0] if c != "set" and any(row[c] is not None for row in own)}
        parts += [f"**{SETS[name]}**", _table(own, columns)]
    return _measured([*parts, *(f"* {note}" for note in table["notes"])], content)


def cost(content: Content, _: Path) -> str:
    """Networks, fields, sizes and imports."""
    return _measured(_titled(content), content)


def growth(content: Content, results: Path) -> str:
    """Tables and curves of time against pixels and cells."""
    told = _tables(content)
    rows, fits = told["growth"]["rows"], told["fits"]["rows"]
    stages = list(dict.fromkeys(row["stage"] for row in fits))
    lines = {stage: Line(COLOURS[i]) for i, stage in enumerate(stages)}
    panels = []
    for of, chosen in (
        ("megapixels", [row for row in rows if row["cells"] == (200 if row["megapixels"] > 12 else 1)]),
        ("cells on 12 megapixels", [row for row in rows if row["megapixels"] == 12]),
    ):
        column = of.split()[0]
        series = {stage: [(f"{row[column]:g}", max(row[stage], 0.1)) for row in chosen] for stage in stages}
        panels.append(Panel(f"ms with {of}", series, logarithmic=True))
    (results / "growth.svg").write_text(sheet(panels, lines, columns=2), encoding="utf-8")
    return _measured(["![Growth](results/growth.svg)", *_titled(content)], content)


BLOCKS: dict[str, Callable[[Content, Path], str]] = {
    "accuracy": accuracy,
    "detection": detection,
    "segmentation": segmentation,
    "robustness": robustness,
    "ablation": ablation,
    "augmentation": ablation,
    "cost": cost,
    "growth": growth,
    "instructions": cost,
}
"""What is made of the JSON of each benchmark."""


def _curves(distortion: str, rows: Sequence[Row]) -> Panel:
    """F1 of every method, and what lowcost rejects and gets wrong, by degree of one distortion."""
    own = [row for row in rows if row["distortion"] == distortion]
    series: dict[str, list[tuple[str, float | None]]] = {}
    for row in own:
        degree = f"{row['degree']:g}"
        series.setdefault(f"F1 of {row['method']}", []).append((degree, row["F1"]["value"]))
        if row["method"] == "lowcost":
            for name, column in ((REJECTED, "rejected"), (ERRORS, "errors"), (MISNAMED, "misnamed")):
                series.setdefault(name, []).append((degree, row[column]))
    return Panel(distortion, series)


def _tables(content: Content) -> dict[str, Row]:
    return {table["name"]: table for table in content["tables"]}


def _titled(content: Content) -> list[str]:
    """All tables, each between its title and its notes."""
    parts = []
    for table in content["tables"]:
        parts += [f"**{table['title']}**", _table(table["rows"]), *(f"* {note}" for note in table["notes"])]
    return parts


def _table(rows: Sequence[Row], columns: Mapping[str, str] | None = None) -> str:
    """Markdown of some columns under other names; all of them by default."""
    shown = columns or {column: column for column in rows[0]} if rows else {}
    lines = [
        shown.values(),
        ["---"] * len(shown),
        *([_cell(column, row.get(column)) for column in shown] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(column: str, value: Any) -> str:
    return "< 0.001" if column.endswith(" p") and value is not None and value < 0.001 else _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
    return str(value)


def _measured(parts: Sequence[str], content: Content) -> str:
    """Parts of a block, and how they were measured."""
    facts, settings = content["measured"], content["settings"]
    chosen = "; ".join(f"{name}: {value}" for name, value in settings.items())
    command = f"`{facts['command']}` at commit {facts['commit']}, {facts['machine']}, Python {facts['python version']}"
    return "\n\n".join([*parts, f"<sub>{command}; {chosen}.</sub>"])


if __name__ == "__main__":
    main()
