"""Photographs of the station's own machine come in once, into the slide that is named."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from lowcost.serve import intake
from lowcost.serve.errors import TooLarge
from lowcost.serve.models import Case, Field, Slide


def test_a_photograph_comes_in_once(station, tmp_path):
    file = tmp_path / "a.jpg"
    file.write_bytes(b"a photograph")
    first = intake.take(station, file, "smear", "one", 0.1)
    assert intake.take(station, file, "smear", "one") == first
    second = intake.take(station, file, "smear", "two")
    with station.database.read() as session:
        query = select(Case.pseudonym, Slide.id, Slide.name, Slide.um_per_px, Field.name)
        found = [tuple(row) for row in session.execute(query.select_from(Field).join(Slide).join(Case))]
    assert found == [("smear", first, "one", 0.1, "a.jpg"), ("smear", second, "two", None, "a.jpg")]
    assert file.read_bytes() == b"a photograph"
    assert not list(station.storage.uploads.iterdir())


def test_what_is_too_large_is_refused_by_name(station, tmp_path):
    file = tmp_path / "large.png"
    with file.open("wb") as stream:
        stream.truncate(station.settings.max_bytes + 1)
    with pytest.raises(TooLarge, match=r"large\.png"):
        intake.take(station, file, "smear", "one")


def test_links_and_other_files_are_no_photographs(tmp_path):
    (tmp_path / "a.PNG").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "a.PNG")
    assert [file.name for file in sorted(tmp_path.iterdir()) if intake.is_photograph(file)] == ["a.PNG"]
