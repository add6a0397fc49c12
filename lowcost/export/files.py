"""Files that a reader sees old or new, never half written, and a folder that holds those of one run."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from lowcost.errors import InputError

_REASONS = {
    errno.ENOENT: "there is no folder {parent}: make it first",
    errno.ENOTDIR: "{parent} is no folder: choose another one",
    errno.EISDIR: "it is a folder: name a file in it",
    errno.EACCES: "you may not write there: choose another folder",
    errno.EPERM: "you may not write there: choose another folder",
    errno.EROFS: "the disk is read-only: choose another folder",
    errno.ENOSPC: "the disk is full: free some space, or choose another folder",
    errno.EDQUOT: "your disk quota is used up: free some space, or choose another folder",
    errno.ENAMETOOLONG: "its name is too long: choose a shorter one",
}


RECORD = ".lowcost-files"
"""Where a run notes the files that it wrote into a folder, each with its size and time of change."""

_ADDRESS = re.compile(r"[A-Za-z][\w+.-]+:/")
"""How an address begins, also one that was made a path, which takes one of its slashes; a drive has one letter."""

_UNSAFE = re.compile(r"[^\w .()-]")
"""What no plain file name holds: separators, wildcards, control characters, and letters that turn the line around."""

_LONGEST = 60


class RunFolder:
    """A folder of one run's files: those of the run before go, and nothing that this program did not write.

    Parameters
    ----------
    path : path
        The folder; made if need be.

    Attributes
    ----------
    path : Path
        The folder.

    Raises
    ------
    InputError
        The folder cannot be made or written in; the text says why and what to do.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = make_folder(path)
        self._earlier = _record(self.path / RECORD)
        self._written: set[str] = set()

    def file(self, name: str) -> Path:
        """Return where to write a file of this run, its folder made if need be.

        Parameters
        ----------
        name : str
            Path inside the folder, with forward slashes.

        Raises
        ------
        InputError
            Its folder cannot be made or written in.
        """
        path = self.path / name
        if path.parent != self.path:
            make_folder(path.parent)
        self._written.add(name)
        return path

    def close(self) -> None:
        """Remove what the run before left and nobody changed since, and note this run's files for the next.

        Raises
        ------
        InputError
            A file cannot be removed, or the note not be written.
        """
        for name in sorted(self._earlier.keys() - self._written):
            path = self.path / name
            if ".." in path.parts or _stamp(path) != self._earlier[name]:
                continue
            try:
                path.unlink()
                if path.parent != self.path and not any(path.parent.iterdir()):
                    path.parent.rmdir()
            except OSError as error:
                raise InputError(f"cannot remove {path} of an earlier run: {reason(error, path)}") from error
        stamps = {name: _stamp(self.path / name) for name in sorted(self._written)}
        write(self.path / RECORD, json.dumps({name: stamp for name, stamp in stamps.items() if stamp}).encode())


def _record(path: Path) -> dict[str, list[int]]:
    """What a run noted; nothing where it noted nothing, or nothing that can be read."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _stamp(path: Path) -> list[int] | None:
    """Size and time of change by which a file is known again; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns]


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a whole file, or leave what was there.

    Parameters
    ----------
    path : path
        The file; its folder must exist. A device or pipe is written to as it is.
    content : bytes
        All of it.

    Raises
    ------
    InputError
        The file cannot be written; the text says why and what to do.
    """
    with draft(path) as file:
        file.write_bytes(content)


@contextmanager
def draft(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the path of a draft beside a file, which takes the file's place at the end, or goes if that is not reached.

    Parameters
    ----------
    path : path
        The file; its folder must exist. A device or pipe is written to as it is.

    Raises
    ------
    InputError
        The file cannot be written; the text says why and what to do.
    """
    target = Path(path)
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            yield target
            return
        file = target.with_name(f".lowcost-{os.getpid()}-{threading.get_ident()}")
        try:
            yield file
            file.replace(target)
        finally:
            file.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot write {path}: {reason(error, target)}") from error


def stems(names: Iterable[str]) -> list[str]:
    """Return for each name, which may be anything, one that is a plain file's everywhere and that no other has.

    Parameters
    ----------
    names : iterable of str
        File names as people gave them; their endings are dropped.
    """
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        stem = _UNSAFE.sub("_", PurePosixPath(name).stem)[:_LONGEST].strip(" .") or "field"
        number, unique = 1, stem
        while unique.lower() in taken:  # also where capitals do not count
            number += 1
            unique = f"{stem}-{number}"
        taken.add(unique.lower())
        found.append(unique)
    return found


def zipped(content: Mapping[str, bytes]) -> bytes:
    """Return a ZIP archive of files by their names in it; the same files give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder, with those above it, and prove that files can be written in it.

    Raises
    ------
    InputError
        The folder cannot be made or written in; the text says why and what to do.
    """
    if _ADDRESS.match(os.fspath(path)):
        raise InputError(f"cannot write to {path}: it is an address: name a folder of this machine")
    folder = Path(path)
    probe = folder / f".lowcost-{os.getpid()}-{threading.get_ident()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            probe.write_bytes(b"lowcost")
        finally:
            probe.unlink(missing_ok=True)  # on a full disk it is there, empty
    except FileExistsError as error:
        raise InputError(f"cannot write to {folder}: it is a file: name a folder") from error
    except FileNotFoundError as error:
        raise InputError(f"cannot write to {folder}: no folder can be made there: choose another place") from error
    except NotADirectoryError as error:
        file = next((above for above in folder.parents if above.exists()), folder.parent)
        raise InputError(f"cannot write to {folder}: {file} is no folder: choose another one") from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot write to {folder}: {reason(error, probe)}") from error
    return folder


def reason(error: Exception, target: Path) -> str:
    """Return why a file or folder could not be written, and what to do."""
    if not isinstance(error, OSError):
        return f"it is no path ({error})"
    sentence = _REASONS.get(error.errno or 0, error.strerror or str(error))
    return sentence.format(parent=target.parent) if "{" in sentence else sentence
