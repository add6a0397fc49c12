"""``lowcost learn`` teaches a station from a terminal as its page does."""

from __future__ import annotations

import zipfile

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve: pip install lowcost[serve]")

from lowcost.cli import main
from lowcost.serve import people
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station
from tests.serve import lessons
from tests.serve.test_learning import SWAPPED


@pytest.fixture
def folder(tmp_path):
    station = Station(Settings(tmp_path / "station", spare_bytes=0))
    people.bench(station.database)
    lessons.taught(station, SWAPPED.get)
    station.close()
    return str(tmp_path / "station")


def test_learn_accept_take_back(folder, tmp_path, capsys):
    assert main(["learn", folder]) == 0
    told = capsys.readouterr().out
    assert "60 verified cells of 5 slides, each held out in turn" in told
    assert "laboratory-1: waits for" in told
    assert main(["learn", folder, "--accept"]) == 0
    assert main(["learn", folder, "--accept"]) == 2
    assert "nothing is offered" in capsys.readouterr().err
    assert main(["learn", folder, "--take-back"]) == 0
    assert main(["learn", folder, "--export", str(tmp_path / "cells.zip")]) == 0
    assert "5 photographs" in capsys.readouterr().out
    assert len(zipfile.ZipFile(tmp_path / "cells.zip").namelist()) == 7


def test_what_cannot_be_learnt_is_told(folder, tmp_path, capsys):
    assert main(["learn", str(tmp_path / "nowhere")]) == 2
    assert "holds no station" in capsys.readouterr().err
    assert main(["learn", folder, "--device", "my-phone"]) == 2
    assert "no device profile called my-phone" in capsys.readouterr().err
    assert main(["learn", folder, "--discard"]) == 2
