"""What a run keeps when: several results at once, and none is lost before an error."""

from __future__ import annotations

import time

import pytest

from lowcost.batch import run
from lowcost.batch.ledger import Ledger
from lowcost.errors import LowcostError
from tests.batch.test_store import BUNDLE, done, item, listed
from tests.smears import field

ITEMS = [item(f"{i}.png") for i in range(6)]


class Engine:
    """Gives one result after the other, each after a pause; then whatever it was told to raise."""

    def __init__(self, *pauses, then=None):
        self.pauses, self.then = pauses, then

    def outcomes(self, tasks):
        for task, pause in zip(tasks, self.pauses, strict=False):
            time.sleep(pause)
            yield []
            yield [done(task.item, field([], task.item.name))]
        if self.then:
            raise self.then


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """What the run kept, in the groups in which it did; it writes no slides."""
    monkeypatch.setattr(run, "KEEP_S", 0.2)
    monkeypatch.setattr(run._Scribe, "write", lambda *_: None)
    groups = []

    def give(engine):
        with Ledger(tmp_path / "out", BUNDLE) as ledger:
            ledger.register(listed(*ITEMS))
            try:
                run.run(ledger, engine, None, groups.append)
            finally:
                assert len(ITEMS) - ledger.to_do() == sum(groups)
        return groups

    return give


def test_what_comes_together_is_kept_at_once(kept):
    assert kept(Engine(0, 0, 0, 0, 0, 0)) == [6]


def test_nothing_waits_for_long(kept):
    assert kept(Engine(0, 0, 0.3, 0, 0, 0.3)) == [2, 3, 1]


@pytest.mark.parametrize("error", [LowcostError("no worker can work"), KeyboardInterrupt()])
def test_what_came_before_an_error_is_kept(kept, error):
    with pytest.raises(type(error)):
        kept(Engine(0, 0, then=error))
    assert kept(Engine()) == [2]
