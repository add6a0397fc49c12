"""A Dask cluster of two local workers, one of which is lost now and then."""

from __future__ import annotations

import pytest

pytest.importorskip("distributed", reason="needs the extra dask")

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
