"""The ledger: what was settled stays settled, and nothing is kept that was not."""

from __future__ import annotations

import dataclasses
import sqlite3
import subprocess
import sys

import pytest

from lowcost.batch.item import Item
from lowcost.batch.ledger import Ledger, Outcome
from lowcost.errors import InputError
from tests.batch.test_store import BUNDLE, done, item, listed
from tests.smears import field

A, B = item("a.png"), item("b.png")


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "out", BUNDLE) as opened:
        opened.register(listed(A, B))
        yield opened


def to_do(ledger):
    return [(each.name, key) for each, key in ledger.pending()]


def test_items_are_to_do_until_they_are_settled_and_stay_settled(ledger, tmp_path):
    assert to_do(ledger) == [("a.png", None), ("b.png", None)]
    ledger.settle([done(A, field(name="a.png"))])
    ledger.settle([Outcome("s", "b.png", failure="b.png is empty")])
    assert to_do(ledger) == []
    ledger.close()
    with Ledger(tmp_path / "out", BUNDLE) as again:
        again.register(listed(A, B))
        assert (again.to_do(), to_do(again)) == (0, [])


def test_a_changed_file_or_setting_is_to_do_with_its_key_before(ledger):
    ledger.settle([done(A, field()), done(B, field())])
    ledger.register(listed(A, stamp="2"))
    assert to_do(ledger) == [("a.png", b"s/a.png")]
    ledger.settle([done(A, field())])
    ledger.register(listed(B, settings="another profile"))
    assert to_do(ledger) == [("b.png", b"s/b.png")]


def test_what_no_item_has_any_more_is_removed_at_the_end(ledger, tmp_path):
    ledger.settle([done(A, field()), done(B, field())])
    ledger.register(listed(A, stamp="2"))
    ledger.settle([dataclasses.replace(done(A, field()), key=b"new")])
    ledger.close()
    with sqlite3.connect(tmp_path / "out" / "store.sqlite") as connection:
        assert {key for (key,) in connection.execute("SELECT key FROM result")} == {b"new", b"s/b.png"}


def test_a_file_belongs_to_the_slide_that_was_said_last(ledger):
    ledger.settle([done(A, field())])
    ledger.register(listed(dataclasses.replace(A, slide="t", patient="P")))
    assert [(row.slide, row.patient, row.fields) for row in ledger.slides()] == [("s", None, 0), ("t", "P", 1)]


def test_a_moved_file_keeps_its_result_if_its_bytes_are_the_same(ledger):
    ledger.settle([done(A, field())])
    moved = dataclasses.replace(A, path="/elsewhere/a.png")
    ledger.register(listed(moved), exists=lambda path: False)
    assert list(ledger.pending()) == [(moved, b"s/a.png"), (B, None)]


def test_two_files_of_one_name_in_one_slide_are_refused_and_nothing_is_entered(ledger):
    other = dataclasses.replace(B, path="/elsewhere/b.png")
    with pytest.raises(
        InputError, match=r"^/elsewhere/b\.png and /photographs/s/b\.png both are b\.png of the slide s"
    ):
        ledger.register(listed(item("c.png"), other), exists=lambda path: True)
    assert [name for name, _ in to_do(ledger)] == ["a.png", "b.png"]


def test_failures_are_tried_again_when_asked(ledger):
    ledger.settle([done(A, field()), Outcome("s", "b.png", failure="b.png is empty")])
    ledger.retry_failed()
    assert to_do(ledger) == [("b.png", None)]


def test_many_items_are_given_once_each_while_they_are_settled(ledger):
    many = [Item("many", f"{i:05}.png", f"/photographs/{i:05}.png") for i in range(1203)]
    ledger.register(listed(*many))
    seen = []
    for each, _ in ledger.pending():
        seen.append(each)
        if len(seen) % 100 == 0:
            ledger.settle([Outcome(each.slide, each.name, failure="no") for each in seen[-100:]])
    assert seen == [*many, A, B]
    assert ledger.to_do() == 5


def test_an_interrupted_transaction_leaves_nothing(ledger):
    def outcomes():
        yield done(A, field())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.settle(outcomes())
    assert len(to_do(ledger)) == 2
    ledger.settle([done(A, field())])


def test_a_store_belongs_to_one_run_at_a_time(ledger, tmp_path):
    with pytest.raises(InputError, match="another lowcost batch writes to"):
        Ledger(tmp_path / "out", BUNDLE)
    ledger.close()
    # The lock ends with its process, however that ends.
    script = (
        "import os, sys; from tests.batch.test_ledger import *; Ledger(sys.argv[1], BUNDLE); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, tmp_path / "out"], check=False).returncode == -9
    Ledger(tmp_path / "out", BUNDLE).close()


def test_a_store_is_of_one_bundle(ledger, tmp_path):
    ledger.close()
    with pytest.raises(
        InputError, match=r"of the bundle bundle 1 \(abab.*\), this is bundle 2 .*go on with that bundle"
    ):
        Ledger(tmp_path / "out", dataclasses.replace(BUNDLE, version="2", digest="cd" * 32, parameters={"scale": {}}))
    corrected = dataclasses.replace(BUNDLE, digest="cd" * 32, files={"CARD.md": b"A word."})
    with Ledger(tmp_path / "out", corrected) as again:
        assert again.about["bundle_sha256"] == BUNDLE.digest
    Ledger(tmp_path / "out", BUNDLE).close()


def test_a_full_disk_is_said_and_what_was_settled_stays(ledger):
    ledger.settle([done(A, field())])
    pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
    ledger._connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own way to have a small disk
    with pytest.raises(InputError, match="the disk is full: free some space and give the command again"):
        ledger.settle([dataclasses.replace(done(B, field()), field=bytes(2**20))])
    assert to_do(ledger) == [("b.png", None)]
    assert len(list(ledger.fields())) == 1
