"""Images in ZIP and TAR archives, read where they are: nothing is ever unpacked to the disk."""

from __future__ import annotations

import io
import lzma
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath
from typing import IO

from lowcost.batch.item import Item
from lowcost.batch.sources import place, wholeslide
from lowcost.errors import InputError
from lowcost.image import reading

ENDINGS = (".tar.bz2", ".tar.gz", ".tar.xz", ".tar", ".tbz2", ".tgz", ".txz", ".zip")
"""By which an archive is known."""

_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    LookupError,  # of a name that is cut
    NotImplementedError,
    RuntimeError,
    ValueError,  # of a name that is no UTF-8
)


class _Archive:
    """An open archive: the sizes of its files, and their bytes."""

    def __init__(self, path: str, kept: ExitStack) -> None:
        stream = kept.enter_context(place.opened(path))
        self._open: Callable[[str], IO[bytes] | None]
        if path.lower().endswith(".zip"):
            packed = kept.enter_context(zipfile.ZipFile(stream))
            self.sizes = {each.filename: each.file_size for each in packed.infolist() if not each.is_dir()}
            self._open = packed.open
        else:
            tar = kept.enter_context(tarfile.open(fileobj=stream))  # noqa: SIM115
            members = {each.name: each for each in tar if each.isreg()}
            self.sizes = {name: each.size for name, each in members.items()}
            self._open = lambda name: tar.extractfile(members[name])

    def read(self, name: str, most: int) -> bytes:
        """The bytes of one file, at most so many: its size in the index may be a lie."""
        stream = self._open(name)
        assert stream is not None
        with stream:
            return stream.read(most)


class _Shelf(threading.local):
    """The archive that this thread reads, kept open: to find the index of a large one takes long."""

    path: tuple[str, str] | None = None
    archive: _Archive
    kept: ExitStack


_shelf = _Shelf()


def parts(path: str, is_taken: Callable[[str], bool]) -> list[str | None]:
    """Return the files in an archive that are taken, sorted by name; what systems hide is left out.

    Parameters
    ----------
    path : str
        The archive.
    is_taken : callable
        Whether a file is wanted, by its name: an image, or what would hold some, which `load` refuses.

    Raises
    ------
    InputError
        It is damaged, or holds no image.
    """
    with ExitStack() as kept, _reasons(path):
        names = _Archive(path, kept).sizes
    found = sorted(name for name in names if is_taken(PurePosixPath(name).name) and not _hidden(name))
    if not found:
        raise InputError(f"the archive {path} holds no image: expected files such as field.jpg or field.png in it")
    return [f"member:{name}" for name in found]


def load(item: Item) -> reading.Image:
    """Read one image of an archive.

    Raises
    ------
    InputError
        The archive or the image cannot be read.
    """
    shown = f"{place.printable(item.which)} in {place.printable(item.path)}"
    most = reading.Limits().max_bytes
    with _reasons(item.path, f"{shown} cannot be read"):
        archive = _opened(item.path)
        size = archive.sizes.get(item.which)
        if size is None:
            raise InputError(f"{shown} does not exist: give the archive again")
        if size > most:
            raise InputError(
                f"{shown} is {size / 2**20:.0f} MiB, more than the limit of {most / 2**20:.0f} MiB: if it is a whole "
                "slide, unpack it and name the file"
            )
        data = archive.read(item.which, size)
    if wholeslide.recognises(item.which, io.BytesIO(data)):
        raise packed(item)
    return reading.read(data, name=PurePosixPath(place.printable(item.which)).name)


def packed(item: Item) -> InputError:
    """Return the error of a file that holds several images, in an archive."""
    return InputError(
        f"{place.printable(item.which)} in {place.printable(item.path)} holds images itself: only photographs are read "
        "from an archive: unpack it and name the file"
    )


def _opened(path: str) -> _Archive:
    wanted = (path, place.stamp(path))
    if _shelf.path != wanted:
        if _shelf.path is not None:
            _shelf.path = None
            _shelf.kept.close()
        _shelf.kept = ExitStack()
        _shelf.archive = _Archive(path, _shelf.kept)
        _shelf.path = wanted
    return _shelf.archive


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


@contextmanager
def _reasons(path: str, lead: str | None = None) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        if "password" in str(error):
            raise InputError(f"{lead or path}: it is encrypted: pack it again without a password") from error
        raise InputError(
            f"{lead or f'the archive {path} cannot be read'}: it is damaged or cut short: copy it again"
        ) from error
    except OSError as error:
        raise InputError(f"{lead or path}: {error.strerror or error}") from error
