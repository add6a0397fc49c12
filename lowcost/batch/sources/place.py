"""A path, on this machine or in an object store: whether it changed, and its bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from lowcost.batch.item import Item
from lowcost.errors import DependencyError, InputError, LowcostError
from lowcost.image import reading


def is_address(path: str) -> bool:
    """Whether a path is an address that `fsspec` opens."""
    return "://" in path


def absolute(path: str) -> str:
    """Return a path that means the same from everywhere."""
    if not is_address(path):
        return os.path.abspath(path)
    files, inside = file_system(path)
    return str(files.unstrip_protocol(inside))


def printable(name: str) -> str:
    """Return a name that can be written as UTF-8: on Linux names may hold any bytes."""
    return name.encode("utf-8", "replace").decode()


def stamp(path: str) -> str:
    """Return by which a change of a file is noticed; empty where there is none."""
    try:
        if is_address(path):
            with _reasons(path):
                files, inside = file_system(path)
                return str(files.ukey(inside))
        status = os.stat(path)
    except (OSError, ValueError, InputError):
        return ""
    return f"{status.st_size} {status.st_mtime_ns}"


def exists(path: str) -> bool:
    """Whether there is a file at a path."""
    return stamp(path) != ""


def load(item: Item) -> reading.Image:
    """Read an image that is a whole file."""
    if not is_address(item.path):
        return reading.read(item.path)
    with _reasons(item.path):
        files, inside = file_system(item.path)
        size, most = files.size(inside) or 0, reading.Limits().max_bytes
        if size > most:
            raise InputError(f"{item.path} is {size / 2**20:.0f} MiB, more than the limit of {most / 2**20:.0f} MiB")
        data = files.cat_file(inside)
    return reading.read(data, name=PurePosixPath(item.path).name)


@contextmanager
def opened(path: str) -> Iterator[IO[bytes]]:
    """Meanwhile have a file open for reading."""
    with _reasons(path):
        files, inside = file_system(path) if is_address(path) else (None, path)
        with Path(path).open("rb") if files is None else files.open(inside, "rb") as stream:
            yield stream


def listed(path: str) -> list[str]:
    """Return the files at an address: those below a folder, those that fit a pattern, or the one itself, sorted."""
    with _reasons(path):
        files, inside = file_system(path)
        if any(each in inside for each in "*?["):
            found = [each for each in files.glob(inside) if files.isfile(each)]
        else:
            found = files.find(inside)
            if not found:
                files.info(inside)  # raises the reason: what cannot be reached is listed as if it were empty
        return sorted(str(files.unstrip_protocol(each)) for each in found)


def check(path: str) -> None:
    """Refuse an address where nothing is.

    Raises
    ------
    InputError
        There is nothing, or it cannot be reached; the text says why.
    """
    with _reasons(path):
        files, inside = file_system(path)
        files.info(inside)


def file_system(path: str) -> tuple[Any, str]:
    """Return the file system of `fsspec` that an address is in, and its place there."""
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"{path} is an address, which needs {error.name}: run `pip install lowcost[fsspec]`, or give files"
        ) from error
    try:
        files, inside = url_to_fs(path)
    except ImportError as error:
        raise DependencyError(f"{path} cannot be opened: {error}") from error
    except Exception as error:  # each file system has errors of its own
        raise InputError(f"{path} cannot be opened: {_words(error)}") from error
    return files, inside


@contextmanager
def _reasons(path: str) -> Iterator[None]:
    try:
        yield
    except LowcostError:
        raise
    except FileNotFoundError as error:
        if is_address(path) and error.__cause__ is not None:
            raise InputError(
                f"{path} does not exist or cannot be reached ({_words(error.__cause__)}): check spelling and network"
            ) from error
        raise InputError(f"{path} does not exist: check the spelling and the folder") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read: give yourself permission to read it") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or _words(error)}") from error
    except Exception as error:
        if not is_address(path):
            raise
        # Each file system has errors of its own: those of an object store are no OSError.
        raise InputError(f"{path} cannot be read: {_words(error)}") from error


def _words(error: BaseException) -> str:
    """What an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
