"""Addresses: what they hold, and what is said where that cannot be known."""

from __future__ import annotations

from functools import partial

import pytest

from lowcost.batch import sources
from lowcost.batch.sources import finding, place
from lowcost.errors import InputError
from lowcost.image.reading import Limits
from tests.wholeslide import slides

fsspec = pytest.importorskip("fsspec", reason="needs the extra fsspec")


class NoCredentials(Exception):
    """As object stores have them: no OSError."""


class Locked(fsspec.AbstractFileSystem):
    """An object store without credentials."""

    protocol = "locked"
    cachable = False

    def ls(self, path, detail=True, **kwargs):
        raise NoCredentials("Unable to locate\ncredentials")

    def _open(self, path, mode="rb", **kwargs):
        raise NoCredentials("Unable to locate\ncredentials")


class Away(Locked):
    """A server that does not answer, which its file system calls a missing file."""

    protocol = "away"

    def ls(self, path, detail=True, **kwargs):
        raise FileNotFoundError(path) from NoCredentials("Cannot connect to host")


@pytest.fixture(autouse=True)
def stores():
    fsspec.register_implementation("locked", Locked, clobber=True)
    fsspec.register_implementation("away", Away, clobber=True)


def test_whatever_an_object_store_raises_is_one_sentence():
    for address in ("locked://bucket/x", "locked://bucket/a.zip", "locked://bucket/*.png"):
        complaints = []
        assert list(finding.find([address], complaints.append, complaints.append)) == []
        assert complaints == [f"{address} cannot be read: Unable to locate credentials"]
    with pytest.raises(InputError, match=r"^locked://b/a\.zip cannot be read: Unable to locate credentials$"):
        sources.parts("locked://b/a.zip")
    assert place.stamp("locked://bucket/x.png") == ""


def test_what_is_not_there_or_cannot_be_reached_is_no_empty_folder():
    for address, message in (
        ("away://host/x", r"^away://host/x does not exist or cannot be reached \(Cannot connect to host\): check"),
        ("memory://nothing", r"^memory://.*nothing does not exist: check the spelling"),
    ):
        for look in (place.listed, place.check):
            with pytest.raises(InputError, match=message):
                look(address)
    with pytest.raises(InputError, match=r"^no-such://bucket/x cannot be opened: "):
        place.listed("no-such://bucket/x")


def test_a_whole_slide_at_an_address_is_read_by_tiles(tmp_path, monkeypatch):
    monkeypatch.setattr("lowcost.wholeslide.slide.reading.Limits", partial(Limits, max_pixels=100_000))
    path = slides.written(tmp_path, (slides.field(1).pixels,), [[0]])
    expected = sources.parts(str(path))
    assert expected[0].startswith("region:")
    assert sources.parts(path.as_uri()) == expected
