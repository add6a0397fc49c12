"""Two slides of small rendered fields, and ``lowcost batch`` in this process."""

from __future__ import annotations

import shutil

import cv2
import pytest

from lowcost import cli, synth
from tests.cli.batch.here import Here


@pytest.fixture(scope="session")
def smears(tmp_path_factory):
    """Two slides of three small fields each."""
    folder = tmp_path_factory.mktemp("smears") / "march"
    for slide in (1, 2):
        (folder / str(slide)).mkdir(parents=True)
        for number in range(3):
            drawn = synth.render(10 * slide + number, width=320, height=320, um_per_px=0.15, cells=("lymphocyte",))
            cv2.imwrite(str(folder / str(slide) / f"{number}.png"), drawn.pixels[:, :, ::-1])
    return folder


@pytest.fixture
def march(smears, tmp_path):
    return shutil.copytree(smears, tmp_path / "march")


@pytest.fixture
def batch(monkeypatch, tmp_path, capsys):
    """Run it in this process; gives exit code, words and complaints."""
    monkeypatch.setattr("lowcost.batch.engine.processes.Processes", Here)
    Here.done, Here.most = [], None

    def run(*arguments, most=None, out=tmp_path / "out"):
        Here.done, Here.most = [], most
        code = cli.main(["batch", *map(str, arguments), "--out", str(out)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run
