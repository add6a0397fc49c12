"""Photographs on the disk, by their content: what `keep` has returned survives a loss of power.

The bytes as they came are what is analysed; nobody is served them (`lowcost.serve.pictures` makes what is shown).
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lowcost.errors import InputError
from lowcost.export import files
from lowcost.serve.errors import Full
from lowcost.serve.settings import Settings

_DIGEST = re.compile("[0-9a-f]{64}")
_CHUNK = 2**20


class Storage:
    """The folders of a station.

    Parameters
    ----------
    settings : Settings
        Of the station.

    Attributes
    ----------
    photographs, pictures, uploads : Path
        What came, what is shown of it, and what is on its way.

    Raises
    ------
    InputError
        The folders cannot be made or written in.
    """

    def __init__(self, settings: Settings) -> None:
        self._spare = settings.spare_bytes
        self.folder = files.make_folder(settings.folder)
        self.photographs = files.make_folder(settings.folder / "photographs")
        self.pictures = files.make_folder(settings.folder / "pictures")
        self.uploads = files.make_folder(settings.folder / "uploads")
        for folder in (self.folder, self.photographs, self.pictures, self.uploads):
            folder.chmod(0o700)  # patients' cells are nobody else's business on a shared machine
        sync_folder(self.folder)

    def photograph(self, sha256: str) -> Path:
        """Return where the photograph of this digest lies, or would lie.

        Raises
        ------
        InputError
            It is no digest: only digests become paths.
        """
        if not _DIGEST.fullmatch(sha256):
            raise InputError(f"{sha256!r} is no SHA-256 digest: expected 64 hexadecimal digits")
        return self.photographs / sha256[:2] / sha256

    def keep(self, file: Path, sha256: str) -> Path:
        """Move a file to where the photograph of its digest lies, durably; what is there already stays.

        Parameters
        ----------
        file : Path
            On the same disk; gone afterwards.
        sha256 : str
            Its digest.
        """
        target = self.photograph(sha256)
        with full_disk_told():
            if not target.parent.is_dir():
                target.parent.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self.photographs)
            if target.exists():
                file.unlink(missing_ok=True)
            else:
                try:
                    sync(file)
                    os.replace(file, target)
                except FileNotFoundError:
                    if not target.exists():  # else another thread was faster with the same file
                        raise
            sync_folder(target.parent)
        return target

    def picture_file(self, field_id: int) -> Path:
        """Return where the pictures of a field lie, see `lowcost.serve.pictures`."""
        return self.pictures / f"{field_id}.zip"

    def device_file(self, content: str) -> Path:
        """Return a file with the content of a device profile."""
        data = content.encode()
        file = self.folder / "devices" / f"{hashlib.sha256(data).hexdigest()}.json"
        if not file.exists():
            files.make_folder(file.parent)
            files.write(file, data)
        return file

    def make_room(self, size: int) -> None:
        """Make sure that so many bytes fit.

        Raises
        ------
        Full
            They do not, or would leave too little for everything else.
        """
        free = shutil.disk_usage(self.folder).free
        if free < size + self._spare:
            raise Full(
                f"The disk has {free / 2**20:.0f} MiB left, too little for another photograph: free some space; "
                "nothing that was kept before is lost."
            )


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as stream:
        return digest_of(stream)


def digest_of(stream: IO[bytes]) -> str:
    """Return the SHA-256 of what a stream still holds."""
    found = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()


def sync(file: Path) -> None:
    """Wait until the content of a file is on the disk."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if os.name == "nt":  # Windows opens no folders, and its file system keeps names by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Turn a full disk into its own error."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full("The disk is full: free some space; nothing that was kept before is lost.") from error
        raise
