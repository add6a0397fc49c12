"""Photographs are kept by content, once, and only under digests."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil

import pytest

from lowcost.errors import InputError
from lowcost.serve import storage as module
from lowcost.serve.errors import Full
from lowcost.serve.settings import Settings
from lowcost.serve.storage import Storage, digest


@pytest.fixture
def storage(settings):
    return Storage(settings)


def arrived(storage, content=b"a photograph"):
    file = storage.uploads / "arrived"
    file.write_bytes(content)
    return file, digest(file)


def test_digest(storage):
    file, found = arrived(storage, b"x" * 3_000_000)
    assert found == hashlib.sha256(file.read_bytes()).hexdigest()


def test_what_is_kept_lies_under_its_digest(storage):
    file, sha256 = arrived(storage)
    kept = storage.keep(file, sha256)
    assert kept == storage.photograph(sha256)
    assert kept.read_bytes() == b"a photograph"
    assert not file.exists()


def test_the_same_again_is_kept_once(storage):
    first = storage.keep(*arrived(storage))
    before = first.stat().st_ino
    assert storage.keep(*arrived(storage)) == first
    assert first.stat().st_ino == before
    assert not list(storage.uploads.iterdir())


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_digests_become_paths(storage, name):
    with pytest.raises(InputError, match="no SHA-256"):
        storage.photograph(name)


def test_file_and_folder_are_synced_before_it_returns(storage, monkeypatch):
    steps = []
    monkeypatch.setattr(module.os, "fsync", lambda handle: steps.append(os.readlink(f"/proc/self/fd/{handle}")))
    monkeypatch.setattr(module.os, "replace", lambda old, new: (steps.append("replace"), shutil.move(old, new)))
    file, sha256 = arrived(storage)
    kept = storage.keep(file, sha256)
    assert steps == [str(storage.photographs), str(file), "replace", str(kept.parent)]


def test_a_full_disk_is_told_and_loses_nothing(storage, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    file, sha256 = arrived(storage)
    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(Full, match="free some space"):
        storage.keep(file, sha256)
    assert file.read_bytes() == b"a photograph"


def test_room_is_left_for_the_rest(tmp_path):
    storage = Storage(Settings(tmp_path / "station", spare_bytes=2**62))
    with pytest.raises(Full, match="free some space"):
        storage.make_room(1)


def test_nobody_else_reads_the_folders(storage):
    assert {folder.stat().st_mode & 0o777 for folder in (storage.folder, storage.photographs)} == {0o700}
