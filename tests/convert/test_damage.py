"""Labels with any of their values replaced or gone: converted, or one sentence."""

from __future__ import annotations

import copy
import json
import re
import shutil
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowcost.convert.conversion import convert
from lowcost.convert.formats import FORMATS
from lowcost.errors import InputError
from tests.convert import samples

HOSTILE = (None, True, -1, 1e308, float("nan"), 10**400, "", "x", "\0", "a" * 5000, "../..", [], {}, [[]], [None])


PYTHON = re.compile(
    r"NoneType|\bNone\b|object is not|has no attribute|indices must|unpack|not supported|could not|invalid"
)
"""Words of Python's own errors."""


def places(value, path=()):
    """Where anything stands in a JSON document."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(value[key], (*path, key))


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damage")
    source = samples.result(folder)
    convert(source, "coco", folder / "own.json")
    convert(source, "geojson", folder / "shapes.zip")
    with zipfile.ZipFile(folder / "shapes.zip") as archive:
        shapes = json.loads(archive.read("a.geojson"))
    whole = [json.loads(path.read_text()) for path in (source, folder / "own.json", samples.coco(folder))]
    found = [("m.json", each, list(places(each))) for each in whole]
    return folder, [*found, ("m.geojson", shapes, list(places(shapes)))]


@settings(max_examples=200)
@given(data=st.data())
def test_nothing_but_a_sentence(documents, data):
    folder, known = documents
    name, whole, paths = data.draw(st.sampled_from(known))
    *above, last = data.draw(st.sampled_from(paths))
    document = copy.deepcopy(whole)
    place = document
    for key in above:
        place = place[key]
    if data.draw(st.booleans()):
        place[last] = data.draw(st.sampled_from(HOSTILE))
    else:
        del place[last]
    (folder / name).write_text(json.dumps(document))
    form = data.draw(st.sampled_from(sorted(set(FORMATS) - {"folders"})))
    out = folder / "out"
    try:
        convert(folder / name, form, out, folder)
    except InputError as error:
        assert "\n" not in str(error)
        assert name != "m.geojson" or not PYTHON.search(str(error))
    finally:
        shutil.rmtree(out, ignore_errors=True)
        out.unlink(missing_ok=True)


def test_an_archive_stays_in_its_place(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../escaped.geojson", "[]")
    assert convert(tmp_path / "x.zip", "coco", tmp_path / "out.json").photographs == 1
    assert not list(tmp_path.parent.rglob("escaped.geojson"))


def test_an_archive_that_unpacks_to_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr("lowcost.convert.formats._UNPACKED", 10)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.geojson", "[" + " " * 20 + "]")
    with pytest.raises(InputError, match="more than a gigabyte"):
        convert(tmp_path / "x.zip", "coco", tmp_path / "out.json")
