"""Files appear whole or not at all, and what cannot be written says why."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lowcost.errors import InputError
from lowcost.export import files


def test_writes_over_an_old_file(tmp_path):
    path = tmp_path / "a.txt"
    files.write(path, b"old")
    files.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_follows_a_link_instead_of_replacing_it(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    files.write(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"x"


def test_a_device_stays_a_device():
    files.write("/dev/null", b"x")
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full: free some space, or choose another folder"),
        (errno.EDQUOT, "your disk quota is used up"),
        (errno.EROFS, "the disk is read-only: choose another folder"),
        (errno.EACCES, "you may not write there: choose another folder"),
        (errno.EPERM, "you may not write there"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch, number, words):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def fail(self, content):
        with open(self, "wb") as file:
            file.write(content[:1])
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(InputError, match=f"cannot write {path}: {words}"):
        files.write(path, b"new")
    with pytest.raises(InputError, match=f"cannot write to {tmp_path}: {words}"):
        files.make_folder(tmp_path)
    assert path.read_bytes() == b"old"


def test_places_where_no_file_can_be(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"there is no folder .*none: make it first"):
        files.write(tmp_path / "none" / "a.txt", b"")
    with pytest.raises(InputError, match="it is a folder: name a file in it"):
        files.write(tmp_path, b"")
    with pytest.raises(InputError, match=r"file is no folder: choose another one"):
        files.write(tmp_path / "file" / "a.txt", b"")
    with pytest.raises(InputError, match="its name is too long: choose a shorter one"):
        files.write(tmp_path / ("x" * 300), b"")
    with pytest.raises(InputError, match="it is no path"):
        files.write("a\0b", b"")


def test_folders_are_made_and_tried(tmp_path):
    assert files.make_folder(tmp_path / "a" / "b").is_dir()
    assert os.listdir(tmp_path / "a" / "b") == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="it is a file: name a folder"):
        files.make_folder(tmp_path / "file")
    with pytest.raises(InputError, match=r"is no folder: choose another one"):
        files.make_folder(tmp_path / "file" / "b")


@pytest.mark.parametrize("kind", [str, Path])
def test_no_folder_is_made_of_an_address(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="it is an address: name a folder of this machine"):
        files.make_folder(kind("s3://bucket/out"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_on_a_full_disk_is_left_as_it_was(tmp_path, monkeypatch):
    def full(self, content):
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="the disk is full"):
        files.make_folder(tmp_path)
    assert os.listdir(tmp_path) == []


def run(folder, *names):
    written = files.RunFolder(folder)
    for name in names:
        files.write(written.file(name), name.encode())
    written.close()


def left(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.name != ".lowcost-files")


def test_a_run_replaces_the_files_of_the_run_before(tmp_path):
    run(tmp_path / "out", "a", "sub/b", "c")
    run(tmp_path / "out", "c", "d")
    assert left(tmp_path / "out") == ["c", "d"]


def test_what_no_run_wrote_stays(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "theirs").write_bytes(b"1")
    run(tmp_path, "sub/changed", "sub/gone", "sub/ours")
    (tmp_path / "sub" / "changed").write_bytes(b"by hand")
    (tmp_path / "sub" / "gone").unlink()
    run(tmp_path)
    assert left(tmp_path) == ["sub", "sub/changed", "sub/theirs"]
    run(tmp_path)
    assert left(tmp_path) == ["sub", "sub/changed", "sub/theirs"]


@pytest.mark.parametrize("note", [b"", b"[1]", b"nonsense", b'{"../outside": [1, 2]}', b'{"a": null, "x\\u0000": 3}'])
def test_a_spoilt_note_removes_nothing(tmp_path, note):
    outside = tmp_path / "outside"
    outside.write_bytes(b"1")
    out = tmp_path / "out"
    out.mkdir()
    (out / "a").write_bytes(b"2")
    status = outside.stat()
    (out / ".lowcost-files").write_bytes(note.replace(b"1, 2", f"{status.st_size}, {status.st_mtime_ns}".encode()))
    run(out, "b")
    assert left(tmp_path) == ["out", "out/a", "out/b", "outside"]


def test_stems_are_plain_and_unique():
    names = [
        "a.jpg",
        "A.png",
        "../../etc/passwd",
        "..",
        ".",
        "",
        "b\\c:*.jpg",
        "\u202egpj.exe",
        "x\udcff.jpg",
        "نمونہ.jpg",
    ]
    expected = ["a", "A-2", "passwd", "field", "field-2", "field-3", "b_c__", "_gpj", "x_", "نمونہ"]
    assert files.stems(names) == expected
    assert len(files.stems(["y" * 5000])[0]) < 100
