"""The rooms of the package depend on each other as CONTRIBUTING.md says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lowcost"


def listed() -> dict[str, int]:
    """The line of each room in the list."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    heads = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {room: line for line, head in enumerate(heads) for room in re.findall(r"`(\w+)/?`", head)}


def imported(file: Path) -> Iterator[str]:
    """The rooms that a module imports, at its top or in a function."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "lowcost":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lowcost."):
            yield str(node.module).split(".")[1]


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def test_every_room_is_in_the_list():
    there = {room_of(file) for file in PACKAGE.rglob("*.py")} - {"__init__", "__main__"}
    assert set(listed()) == there


def test_rooms_import_only_from_those_above():
    line = listed()
    wrong = [
        f"{file.relative_to(ROOT)} imports {room}"
        for file in PACKAGE.rglob("*.py")
        if (own := room_of(file)) in line
        for room in imported(file)
        if room in line and line[room] > line[own]
    ]
    assert wrong == []
