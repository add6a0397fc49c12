"""What every benchmark leaves behind: its tables as JSON, with all that is needed to repeat them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lowcost.bundle import Bundle
from lowcost.evaluation.suite import circumstances
from lowcost.evaluation.tables import Table
from lowcost.evaluation.versions import installed

RESULTS = Path(__file__).parent / "results"
DATA = Path("../shared/data")
WORK = Path(".cache/bench")

_RIVALS = ("torch", "torchvision", "ultralytics-opencv-headless", "onnxruntime", "keras", "scikit-learn")


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the arguments that all benchmarks share."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--data", type=Path, default=DATA, help="folder that holds the image sets")
    made.add_argument("--out", type=Path, default=RESULTS, help="where the JSON is written")
    made.add_argument("--work", type=Path, default=WORK, help="trained baselines and measured cells are kept here")
    made.add_argument("--quick", action="store_true", help="smaller settings: the shape of the tables, in minutes")
    return made


def write(
    out: Path, name: str, tables: Sequence[Table], settings: Mapping[str, Any], bundle: Bundle | None = None
) -> None:
    """Write the tables of one benchmark to ``out/name.json`` and print them.

    Parameters
    ----------
    out : Path
        Folder.
    name : str
        Of the benchmark: its module.
    tables : sequence of Table
        What was measured.
    settings : mapping
        What was chosen: sample sizes, budgets, and where it is not everything of a set.
    bundle : Bundle, optional
        That was measured; the installed one by default.
    """
    bundle = bundle or Bundle.load()
    facts = circumstances(bundle.name, bundle.digest, f"python -m benchmarks.{name}") | {"commit": _commit()}
    content = {
        "measured": facts | {f"{each} version": found for each, found in installed(_RIVALS).items()},
        "settings": dict(settings),
        "tables": [table.to_dict() for table in tables],
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(table.markdown() for table in tables) + "\n")


def report(
    out: Path,
    name: str,
    tables: Sequence[Table],
    command: str,
    facts: Mapping[str, str] | None = None,
    **more: Any,
) -> None:
    """Write tables that stand for themselves to ``out/name.md``, the same to ``out/name.json``, and print them.

    Parameters
    ----------
    out : Path
        Folder.
    name : str
        Of the benchmark.
    tables : sequence of Table
        What was measured, with the installed bundle.
    command : str
        By which it is measured again.
    facts : mapping of str to str, optional
        What else is needed for that.
    **more
        What else the JSON holds.
    """
    bundle = Bundle.load()
    measured = circumstances(bundle.name, bundle.digest, command) | dict(facts or {})
    text = "\n".join(table.markdown() for table in tables)
    footer = "\n".join(f"* {key}: {value}" for key, value in measured.items())
    content = {"measured": measured, "tables": [table.to_dict() for table in tables]} | more
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.md").write_text(f"{text}\n## How it was measured\n\n{footer}\n", encoding="utf-8")
    (out / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


def read(folder: Path, name: str) -> dict[str, Any] | None:
    """Return what `write` left, None where a benchmark has not been run."""
    path = folder / f"{name}.json"
    content: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return content


def _commit() -> str:
    """The commit that was measured, marked where the package or its models differ from it."""
    try:
        head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True)
        changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "lowcost", "models"], check=False).returncode
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + (" with changes" if changed else "")
