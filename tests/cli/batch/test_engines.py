"""Whatever engine shares the work, and whatever ends its processes, the store is the same."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lowcost
from lowcost import cli
from lowcost.batch.store import Store
from tests.cli.batch.here import tables


def test_every_engine_gives_the_same_store_also_after_kills(march, tmp_path):
    pytest.importorskip("distributed", reason="needs the extra dask")
    (march / "1" / "broken.png").write_bytes(b"no image")
    stores = []
    for name, arguments in (("one", ["--workers", "1"]), ("two", ["--workers", "2"]), ("dask", ["--cluster", "local"])):
        command = [sys.executable, "-m", "lowcost", "batch", str(march), *arguments, "--out", str(tmp_path / name)]
        if name == "two":  # killed as soon as something is done, and given again
            run = subprocess.Popen(command)
            while run.poll() is None and _settled(tmp_path / name) == 0:
                time.sleep(0.01)
            run.send_signal(signal.SIGKILL)
            run.wait()
        assert subprocess.run(command, check=False, capture_output=True).returncode == cli.EXIT_SOME_FAILED
        stores.append(tables(tmp_path / name))
    assert stores[0] == stores[1] == stores[2]
    assert len(stores[0][0]) == 7


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="looks for the processes as Linux shows them")
@pytest.mark.parametrize("engine", [[], ["--cluster", "local"]])
def test_ctrl_c_while_workers_start_is_one_sentence(engine, march, tmp_path):
    if engine:
        pytest.importorskip("distributed", reason="needs the extra dask")
    command = [sys.executable, "-m", "lowcost", "batch", march, *engine, "--workers", "2", "--out"]
    run = subprocess.Popen(
        [*command, tmp_path / "out"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while run.poll() is None and _children(run.pid) < 2:  # the first of the workers begins
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal sends it
    _, complaints = run.communicate()
    assert complaints == "lowcost: interrupted: give the command again to go on\n"
    assert run.returncode == cli.EXIT_INTERRUPTED


def _children(process):
    with contextlib.suppress(OSError):
        return sum(len(each.read_text().split()) for each in Path(f"/proc/{process}/task").glob("*/children"))
    return 0


def _settled(folder):
    try:
        with Store.open(folder) as store:
            return sum(store.counts()[1:])
    except lowcost.LowcostError:
        return 0
