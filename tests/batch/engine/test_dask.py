"""A Dask cluster of two local workers, one of which is lost now and then."""

from __future__ import annotations

import pytest

pytest.importorskip("distributed", reason="needs the extra dask")

from distributed import LocalCluster

from lowcost.batch.engine import dask
from lowcost.batch.engine.dask import Cluster
from lowcost.errors import LowcostError
from tests.batch.workshops import RECIPE, Workbench, settled, tasks


def test_every_task_is_done_once_and_an_image_that_kills_workers_is_named(tmp_path):
    names = [f"{i}.png" for i in range(12)]
    asked = tasks(*names[:5], "kill once.png", "kill.png", *names[5:], folder=str(tmp_path))
    found = settled(Cluster(RECIPE, None, 2, workshop=Workbench), asked)
    assert found.pop("kill.png").startswith("kill.png ended several workers of the cluster: leave it out")
    assert found == dict.fromkeys([*names, "kill once.png"])


def test_a_scheduler_that_does_not_answer_is_said():
    with pytest.raises(LowcostError, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        settled(Cluster(RECIPE, "tcp://127.0.0.1:9", 1), tasks("a.png"))


@pytest.fixture
def scheduler():
    with LocalCluster(n_workers=0, dashboard_address=None, processes=False) as cluster:
        yield cluster


def test_a_scheduler_without_workers_is_said(scheduler, monkeypatch):
    monkeypatch.setattr(dask, "_WORKERS_S", 0.5)
    with pytest.raises(LowcostError, match="has no worker: start some with `dask worker"):
        settled(Cluster(RECIPE, scheduler.scheduler_address, 1), tasks("a.png"))


def test_a_scheduler_that_is_lost_is_said():
    def lose(cluster):
        yield tasks("a.png")[0]
        cluster.close()
        yield from tasks("b.png", "c.png", "d.png")

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        engine = Cluster(RECIPE, cluster.scheduler_address, 1, workshop=Workbench)
        with pytest.raises(LowcostError, match="the scheduler of the cluster was lost: give the command again"):
            settled(engine, lose(cluster))
