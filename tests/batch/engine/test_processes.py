"""Workers on this machine that die, hang, and never start."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from lowcost.batch.engine.processes import Processes
from lowcost.batch.work import Recipe
from lowcost.errors import LowcostError
from tests.batch.test_store import BUNDLE
from tests.batch.workshops import RECIPE, Broken, Workbench, settled, tasks


def engine(workers=2, longest_s=60.0, workshop=Workbench):
    return Processes(RECIPE, workers, longest_s, workshop)


def test_every_task_is_done_once_by_as_many_workers_as_there_are_tasks():
    names = [f"{i}.png" for i in range(20)]
    assert settled(engine(), tasks(*names)) == dict.fromkeys(names)
    assert settled(engine(workers=50), tasks("a.png")) == {"a.png": None}
    assert settled(engine(), []) == {}


def test_an_image_that_kills_its_worker_is_named_and_the_others_are_done():
    found = settled(engine(), tasks("a.png", "kill.png", "b.png", "c.png", "d.png"))
    named = found.pop("kill.png")
    assert named.startswith("kill.png ended 2 workers (signal 9, as when memory runs out): leave it out")
    assert found == dict.fromkeys(["a.png", "b.png", "c.png", "d.png"])


def test_a_worker_that_died_of_something_else_costs_nothing(tmp_path):
    names = ["a.png", "kill once.png", "b.png"]
    assert settled(engine(), tasks(*names, folder=str(tmp_path))) == dict.fromkeys(names)


def test_an_image_that_hangs_is_named_and_the_others_are_done():
    found = settled(engine(longest_s=8), tasks("hang.png", "a.png", "b.png"))
    named = found.pop("hang.png")
    assert named.startswith("hang.png took more than 8 s: leave it out")
    assert found == dict.fromkeys(["a.png", "b.png"])


def test_workers_that_cannot_start_end_the_run_in_a_sentence():
    with pytest.raises(LowcostError, match=r"no worker could start \(.*exit code 3.*\): lowcost doctor says"):
        settled(engine(workers=1, workshop=Broken), tasks("a.png"))


def test_tasks_are_taken_only_as_fast_as_they_are_done():
    taken = 0

    def endless():
        nonlocal taken
        for task in tasks(*(f"{i}.png" for i in range(10_000))):
            taken += 1
            yield task

    coming = engine().outcomes(endless())
    assert next(filter(None, coming))
    assert taken <= 4
    coming.close()


def test_no_worker_outlives_a_run_that_was_killed(tmp_path):
    script = (
        "from tests.batch.workshops import *; from lowcost.batch.engine.processes import Processes\n"
        "if __name__ == '__main__': settled(Processes(RECIPE, 2, 600, Workbench), tasks('hang 1', 'hang 2'))"
    )
    (tmp_path / "run.py").write_text(script)
    run = subprocess.Popen([sys.executable, tmp_path / "run.py"], env=os.environ | {"PYTHONPATH": os.getcwd()})
    children = f"/proc/{run.pid}/task/{run.pid}/children"
    if not os.path.exists(children):
        run.kill()
        pytest.skip("needs Linux, which lists the children of a process")
    workers = _eventually(
        lambda: [each for each in map(int, Path(children).read_text().split()) if _is_worker(each)], 2
    )
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert _eventually(lambda: [each for each in workers if os.path.exists(f"/proc/{each}")], 0) == []


def test_workers_that_die_while_they_start_cost_nothing():
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    if not children.exists():
        pytest.skip("needs Linux, which lists the children of a process")
    killed = []

    def kill_two():
        while len(killed) < 2:
            for pid in map(int, children.read_text().split()):
                with suppress(OSError, ProcessLookupError):
                    if len(killed) < 2 and pid not in killed and _is_worker(pid):
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)

    threading.Thread(target=kill_two, daemon=True).start()
    recipe = Recipe(dataclasses.replace(BUNDLE, files={"model": bytes(2**22)}))  # more than a pipe holds
    found = settled(Processes(recipe, 2, 60.0, Workbench), tasks("a.png", "b.png", "c.png"))
    assert (len(killed), found) == (2, dict.fromkeys(["a.png", "b.png", "c.png"]))


def _is_worker(pid):
    with open(f"/proc/{pid}/cmdline") as line:
        return "spawn_main" in line.read()


def _eventually(what, count):
    for _ in range(600):
        found = what()
        if len(found) == count:
            return found
        time.sleep(0.1)
    return found
