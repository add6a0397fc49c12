"""The store as programs read it, around results made by hand."""

from __future__ import annotations

import dataclasses
import sqlite3

import pytest

from lowcost.batch.columns import pack
from lowcost.batch.item import Item
from lowcost.batch.ledger import Ledger, Listed, Outcome
from lowcost.batch.store import Store
from lowcost.bundle import Bundle
from lowcost.errors import InputError
from tests.smears import cell, field

BUNDLE = Bundle("bundle", "1", "ab" * 32, None, {}, {})


def item(name, slide="s", **more):
    return Item(slide, name, f"/photographs/{slide}/{name}", **more)


def listed(*items, settings="", stamp="1"):
    return [Listed(each, settings, stamp) for each in items]


def done(of, found, picture=None):
    key = f"{of.slide}/{of.name}".encode()
    return Outcome(of.slide, of.name, key, picture or key, pack(found), None, 0.5)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "out", BUNDLE) as opened:
        yield opened


def test_what_was_settled_is_read_as_it_was(ledger, tmp_path):
    a, b = (
        item("a.png", patient="P1", device="phone", day="2026-03-31", um_per_px=0.1),
        item("b.png", "t", part="frame:7"),
    )
    found = field([cell(1), cell(2, "blast")], "a.png")
    ledger.register(listed(a, b))
    ledger.settle([done(a, found), Outcome("t", "b.png", failure="b.png is empty")])
    ledger.close()
    with Store.open(tmp_path / "out") as store:
        assert list(store.fields()) == list(store.fields("s")) == [(a, found)]
        assert list(store.failures()) == list(store.failures("t")) == [(b, "b.png is empty")]
        s, t = store.slides()
        assert dataclasses.astuple(s) == ("s", "P1", "phone", "2026-03-31", 1, 0, 0)
        assert dataclasses.astuple(t) == ("t", None, None, None, 0, 1, 0)
        assert list(store.seconds()) == [0.5]
        assert store.about["bundle_sha256"] == BUNDLE.digest


def test_a_store_is_read_while_it_is_written(ledger, tmp_path):
    a, b = item("a.png"), item("b.png")
    ledger.register(listed(a, b))
    with Store.open(tmp_path / "out" / "store.sqlite") as store:
        assert [(row.fields, row.pending) for row in store.slides()] == [(0, 2)]
        ledger.settle([done(a, field(name="a.png"))])
        assert [(row.fields, row.pending) for row in store.slides()] == [(1, 1)]


def test_the_same_picture_counts_once_in_a_slide_whatever_came_first(ledger):
    items = [item("a.png"), item("b.jpg"), item("c.png"), item("a.png", "other")]
    ledger.register(listed(*items))
    for each in reversed(items):  # the order of a run does not matter
        ledger.settle([done(each, field(name=each.name), b"other" if each.name == "c.png" else b"same")])
    assert [each.name for each, _ in ledger.fields("s")] == ["a.png", "c.png"]
    [(twin, reason)] = ledger.failures()
    assert (twin.name, reason) == ("b.jpg", "b.jpg is the same picture as a.png: it is counted once")
    assert [(row.slide, row.fields, row.failures) for row in ledger.slides()] == [("other", 1, 0), ("s", 2, 0)]


def test_a_name_that_is_no_text_survives(ledger):
    odd = Item("s", "?.png", "/photographs/\udcff.png", part="member:\udcfe.png")
    ledger.register(listed(odd))
    assert [each for each, _ in ledger.pending()] == [odd]


def test_a_store_in_a_folder_that_cannot_be_written_is_read(ledger, tmp_path):
    ledger.close()
    folder = tmp_path / "out"
    folder.chmod(0o555)
    try:
        with Store.open(folder) as store:
            assert list(store.slides()) == []
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("content", [None, b"", b"no store at all, but long enough to look like one" * 10])
def test_what_is_no_store_is_said(content, tmp_path):
    if content is not None:
        (tmp_path / "store.sqlite").write_bytes(content)
    with pytest.raises(InputError, match="store"):
        Store.open(tmp_path)


def test_a_store_of_another_form_is_refused(ledger, tmp_path):
    ledger.close()
    with sqlite3.connect(tmp_path / "out" / "store.sqlite") as connection:
        connection.execute("UPDATE about SET value = '9' WHERE name = 'form'")
    with pytest.raises(InputError, match=r"is a store of form 9, this version of lowcost reads 2: use the version"):
        Store.open(tmp_path / "out")


def test_a_damaged_field_is_named(ledger):
    a = item("a.png")
    ledger.register(listed(a))
    ledger.settle([dataclasses.replace(done(a, field()), field=b"damage")])
    with pytest.raises(InputError, match=r"is damaged at a\.png"):
        list(ledger.fields())
