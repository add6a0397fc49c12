"""A run that is killed at random moments: what it said to be kept is kept, and is not done again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from lowcost.batch.store import Store

KILLS = 10

RUN = """
import sys
from lowcost.batch.item import Item
from lowcost.batch.ledger import Ledger, Listed, Outcome
from lowcost.bundle import Bundle

with Ledger(sys.argv[1], Bundle("bundle", "1", "ab" * 32, None, {}, {})) as ledger:
    items = [Item(f"slide {n // 20}", f"{n:04}", f"/fields/{n:04}") for n in range(400)]
    ledger.register(Listed(item, "", "1") for item in items)
    print("entered", flush=True)
    for item, known in ledger.pending():
        ledger.settle([Outcome(item.slide, item.name, item.name.encode(), item.name.encode(), bytes(5000))])
        print(item.name, flush=True)
        if ledger.is_complete(item.slide):
            ledger.written(item.slide)
    for slide in ledger.complete():  # killed between its last image and this note
        ledger.written(slide)
"""


def test_what_was_kept_survives_kills_and_is_not_done_again(tmp_path):
    lives = killed_lives(tmp_path, KILLS)
    done = [name for life in lives for name in life]
    with Store.open(tmp_path / "out") as store:
        assert store.counts() == (20, 400, 0, 0)
        assert next(store._rows("SELECT COUNT(*) FROM unwritten"))[0] == 0
    # A kill may fall between what is on the disk and the word that it is: the word is missing then, not the image.
    assert len(done) == len(set(done))
    assert 400 - len(lives) <= len(done) <= 400


def killed_lives(folder: Path, kills: int) -> list[list[str]]:
    """Names that each life of a run said to be kept; each is checked against the store after its end."""
    chance = random.Random(1)
    lives: list[list[str]] = []
    while True:
        run = subprocess.Popen([sys.executable, "-c", RUN, folder / "out"], stdout=subprocess.PIPE, text=True)
        assert run.stdout is not None
        if len(lives) < kills:
            if chance.random() < 0.8:  # the others die while they start or enter items
                run.stdout.readline()
            time.sleep(chance.random() ** 2 * 0.3)
            run.send_signal(signal.SIGKILL)
        said = run.communicate()[0].split()
        lives.append([name for name in said if name.isdigit()])
        if (folder / "out" / "store.sqlite").exists():
            with Store.open(folder / "out") as store:
                settled = {name for (name,) in store._rows("SELECT name FROM item WHERE settled = 1")}
            assert settled.issuperset(lives[-1])
        if run.returncode == 0:
            return lives
