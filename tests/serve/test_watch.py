"""A watched folder's photographs come in once, whole, and stay where they are."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lowcost.errors import InputError
from lowcost.serve.models import Case, Field, Slide
from lowcost.serve.watch import Watch


def fields(station):
    with station.database.read() as session:
        query = select(Case.pseudonym, Slide.name, Field.name).select_from(Field).join(Slide).join(Case)
        return sorted(tuple(row) for row in session.execute(query))


def test_photographs_come_in_once_and_whole(station, tmp_path):
    file = tmp_path / "camera" / "P-1" / "1" / "a.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"half of it")
    (file.parent / "notes.txt").write_text("no photograph")
    (file.parent / "link.jpg").symlink_to("/etc/hostname")
    watch = Watch(station, tmp_path / "camera")
    watch.step()
    file.write_bytes(b"half of it and the rest")
    watch.step()
    assert fields(station) == []
    watch.step()
    watch.step()
    assert fields(station) == [("P-1", "1", "a.jpg")]
    again = Watch(station, tmp_path / "camera")  # as after a restart
    again.step()
    again.step()
    assert fields(station) == [("P-1", "1", "a.jpg")]
    assert file.read_bytes() == b"half of it and the rest"
    assert not list(station.storage.uploads.iterdir())
    (file.parent.parent / "2").mkdir()
    (file.parent.parent / "2" / "b.png").write_bytes(b"another")
    watch.step()
    watch.step()
    assert fields(station) == [("P-1", "1", "a.jpg"), ("P-1", "2", "b.png")]


def test_what_is_no_folder_is_refused(station, tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        Watch(station, tmp_path / "nothing")
