"""Where the photographs of some labels lie: formats that count in fractions need their sizes, pictures their pixels."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from lowcost.convert.stream import Photograph
from lowcost.datasets.types import IMAGE_ENDINGS, image_folder, images_below, is_image, is_there
from lowcost.errors import InputError


class Photographs:
    """Looks photographs up by the name that a source gives them.

    Parameters
    ----------
    *folders : Path
        Where to look, with what lies below; what comes first is preferred.
    beside : Path, optional
        A folder whose own files are looked through last, and not what lies below: it may be anybody's home.
    """

    def __init__(self, *folders: Path, beside: Path | None = None) -> None:
        self._folders, self._beside = [folder for folder in folders if folder.is_dir()], beside

    def find(self, name: str) -> Path | None:
        """Return the photograph of a name, which may have folders or lack an ending; None where none or several fit."""
        for folder in (*self._folders, *([self._beside] if self._beside else [])):
            for each in (name, *(name + ending for ending in sorted(IMAGE_ENDINGS))):
                if is_image(each) and _is_plain(each) and is_there(folder / each):
                    return folder / each
        bare = name.replace("\\", "/").rpartition("/")[2]
        stem = Path(bare).stem if is_image(bare) else bare
        return self._by_name.get(bare) or self._by_stem.get(stem)

    def file(self, shown: Photograph) -> Path:
        """Return the photograph of some labels.

        Raises
        ------
        InputError
            It is not there.
        """
        found = shown.path if is_there(shown.path) else self.find(shown.file_name)
        if found is None:
            raise InputError(f"the photograph {shown.file_name} is not there: give its folder with --images")
        return found

    @cached_property
    def _images(self) -> list[Path]:
        beside = image_folder(self._beside) if self._beside else []
        return [*(path for folder in self._folders for path in images_below(folder)), *beside]

    @cached_property
    def _by_name(self) -> dict[str, Path | None]:
        return _unique((path.name, path) for path in self._images)

    @cached_property
    def _by_stem(self) -> dict[str, Path | None]:
        return _unique((path.stem, path) for path in self._images)


def _is_plain(name: str) -> bool:
    """Whether a name stays within its folder."""
    return not Path(name).is_absolute() and ".." not in Path(name).parts and "\0" not in name


def _unique(named: Iterable[tuple[str, Path]]) -> dict[str, Path | None]:
    """Paths by name; None where one name stands for different files."""
    found: dict[str, Path | None] = {}
    for name, path in named:
        found[name] = path if found.get(name, path) == path else None
    return found
