"""An engine that works in this process, and what it leaves."""

from __future__ import annotations

import sqlite3

from lowcost.batch.work import Workshop


class Here:
    """An engine without processes; after `most` items the run is interrupted."""

    most: int | None = None
    done: list[str]

    def __init__(self, recipe, workers):
        self.workshop = Workshop(recipe)
        Here.done = []

    def outcomes(self, tasks):
        for task in tasks:
            if len(Here.done) == self.most:
                raise KeyboardInterrupt
            outcome = self.workshop.do(task)
            if outcome.field is not None or outcome.failure is not None:
                Here.done.append(f"{task.item.slide}/{task.item.name}")
            yield [outcome]


def tables(folder):
    """The tables of a store that hold its results."""
    with sqlite3.connect(folder / "store.sqlite") as connection:
        items = connection.execute("SELECT * FROM item ORDER BY slide, name").fetchall()
        return items, connection.execute("SELECT * FROM result ORDER BY key").fetchall()
