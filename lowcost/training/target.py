"""The bundle that a training writes into: checked before it starts, made whole when it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lowcost.bundle import Bundle, seal
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

CARD, INDEX = "CARD.md", "bundle.json"


@dataclass(frozen=True)
class Target:
    """Where a training writes.

    Attributes
    ----------
    folder : Path
        The bundle to write.
    base : Path
        The bundle whose other parts are used and copied; `folder` itself where that exists.
    """

    folder: Path
    base: Path

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return self.folder.resolve().name

    def write(self, parameters: Mapping[str, Any], files: Mapping[str, bytes], block: str, text: str) -> None:
        """Write sections, files and a part of the card, and seal the bundle.

        Parameters
        ----------
        parameters : mapping
            Sections of ``bundle.json`` by name, which replace those that are there; None removes one.
        files : mapping of str to bytes
            Content by name relative to the folder.
        block : str
            Name of the part of ``CARD.md`` that is replaced, or added at the end.
        text : str
            Its Markdown.
        """
        if not (self.folder / INDEX).exists():
            self._copy()
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        index = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
        index["parameters"] |= parameters
        index["parameters"] = {name: values for name, values in index["parameters"].items() if values is not None}
        (self.folder / INDEX).write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        card = self.folder / CARD
        card.write_text(with_block(card.read_text(encoding="utf-8"), block, text), encoding="utf-8")
        seal(self.folder)

    def _copy(self) -> None:
        """Begin with the base's files under this bundle's name; its card stays beside the new one."""
        base = Bundle.load(self.base)
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in base.files:
            path = self.folder / (f"CARD.{base.name}.md" if name == CARD else name)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.base / name, path)
        index = json.loads((self.base / INDEX).read_text(encoding="utf-8"))
        index |= {"name": self.name, "version": "1"}
        (self.folder / INDEX).write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        card = (
            f"# Model card: {self.name}\n\n{RESEARCH_USE_NOTICE}\n\nWhat is not described here is that of the bundle "
            f"{base.name}, from which this one was made: see `CARD.{base.name}.md`.\n"
        )
        (self.folder / CARD).write_text(card, encoding="utf-8")


def open_target(folder: Path, base: Path | None = None) -> Target:
    """Return where to write, after checking that it can be written.

    Parameters
    ----------
    folder : Path
        A bundle, which is changed, or a folder that is empty or does not exist, which becomes a copy of `base`.
    base : Path, optional
        The bundle to start from; by default the one that comes with the package.

    Raises
    ------
    InputError
        The folder holds something else, or cannot be written.
    BundleError
        The base is no sound bundle.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; give a folder for the bundle with --out.")
    existing = (folder / INDEX).exists()
    if folder.is_dir() and any(folder.iterdir()) and not existing:
        raise InputError(f"{folder} holds files but no {INDEX}; give a bundle or a new folder with --out.")
    place = next(parent for parent in (folder, *folder.resolve().parents) if parent.is_dir())
    if not os.access(place, os.W_OK | os.X_OK):
        raise InputError(f"{place} cannot be written; give another folder with --out.")
    if existing:
        seal(folder)  # its owner may have edited it; what is written below seals it again
        return Target(folder, folder)
    return Target(folder, Bundle.load(base).folder)


def with_block(card: str, name: str, text: str) -> str:
    """Return a card in which the part between the marks of `name` is replaced, or added at its end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    block = f"{begin}\n{text.strip()}\n{end}"
    if begin in card and end in card:
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        return re.sub(pattern, lambda _: block, card, flags=re.DOTALL)
    return f"{card.rstrip()}\n\n{block}\n"
