"""A workshop that does to its worker what the name of an item says, in processes of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

from lowcost.batch.item import Item
from lowcost.batch.ledger import Outcome
from lowcost.batch.work import Recipe, Task, Workshop
from tests.batch.test_store import BUNDLE, done
from tests.smears import cell, field

RECIPE = Recipe(BUNDLE)


class Workbench(Workshop):
    """Finds one lymphocyte; ``kill`` and ``hang`` in a name do as they say, ``once`` only the first time."""

    def do(self, task: Task) -> Outcome:
        item = task.item
        note = Path(item.path + ".tried")
        if "once" not in item.name or not note.exists():
            if "once" in item.name:
                note.touch()
            if "kill" in item.name:
                os.kill(os.getpid(), 9)
            if "hang" in item.name:
                time.sleep(600)
        return done(item, field([cell(1)], item.name))


class Broken(Workshop):
    """Cannot start."""

    def __init__(self, recipe: Recipe) -> None:
        os._exit(3)


def tasks(*names: str, folder: str = "/photographs") -> list[Task]:
    return [Task(Item("s", name, f"{folder}/{name}")) for name in names]


def settled(engine, asked) -> dict[str, str | None]:
    """The failure, or None, of each item that was settled; none twice."""
    found = [outcome for outcomes in engine.outcomes(iter(asked)) for outcome in outcomes]
    assert len({each.name for each in found}) == len(found)
    return {each.name: each.failure for each in found}
