"""Writing a file so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

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
    target = Path(path)
    try:
        target = Path(os.path.realpath(path))
        if target.exists() and not target.is_file():
            target.write_bytes(content)
            return
        draft = target.with_name(f".lowcost-{os.getpid()}-{threading.get_ident()}")
        try:
            draft.write_bytes(content)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot write {path}: {_reason(error, target)}") from error


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder, with those above it, and prove that files can be written in it.

    Raises
    ------
    InputError
        The folder cannot be made or written in; the text says why and what to do.
    """
    folder = Path(path)
    probe = folder / f".lowcost-{os.getpid()}-{threading.get_ident()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"lowcost")
        probe.unlink()
    except FileExistsError as error:
        raise InputError(f"cannot write to {folder}: it is a file: name a folder") from error
    except (OSError, ValueError) as error:
        raise InputError(f"cannot write to {folder}: {_reason(error, probe)}") from error
    return folder


def _reason(error: Exception, target: Path) -> str:
    if not isinstance(error, OSError):
        return f"it is no path ({error})"
    sentence = _REASONS.get(error.errno or 0, error.strerror or str(error))
    return sentence.format(parent=target.parent) if "{" in sentence else sentence
