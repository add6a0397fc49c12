"""Faults that any command may meet: bad arguments, missing extras, disks that cannot be written, odd names, Ctrl-C."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import pytest

from lowcost import cli, export, synth
from tests import fields, smears
from tests.cli import faults
from tests.programme import stores

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux to make a disk full or read-only")

SENTENCES = {
    "read-only": ("read-only",),
    "full": ("full", "No space left"),
    "forbidden": ("may not", "Permission denied"),
}
"""What the sentence about each fault says."""


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands work on: photographs, cells, a result, a station and its backup."""
    folder = tmp_path_factory.mktemp("given")
    (folder / "fields").mkdir()
    for seed in (1, 2, 3):
        drawn = synth.render(seed, width=480, height=400, um_per_px=0.14, cells=("lymphocyte", "eosinophil"))
        cv2.imwrite(str(folder / "fields" / f"{seed}.png"), drawn.pixels[..., ::-1])
    fields.single_cells(folder / "cells", 4, 240)
    export.to_json(smears.smear(), folder / "result.json")
    stores.programme(folder / "store", 2)
    serve = pytest.importorskip("lowcost.serve.station", reason="the station is an extra: pip install lowcost[serve]")
    from lowcost.serve.settings import Settings

    station = serve.Station(Settings(folder / "station"))
    station.database.close()
    assert cli.main(["backup", str(folder / "station"), str(folder / "station.tar")]) == 0
    return folder


@pytest.fixture(scope="module")
def outcomes(given: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What came of every command under a fault, each fault in a process of its own."""

    @cache
    def under(fault: str) -> dict[str, list[dict[str, Any]]]:
        out = tmp_path_factory.mktemp(fault)
        done = subprocess.run(
            [sys.executable, "-m", "tests.cli.faults", fault, str(given), str(out)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        if "no mounts" in done.stderr:
            pytest.skip("needs the right to mount a small disk")
        assert done.returncode == 0, done.stderr
        found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
        return found

    return under


WRITING = tuple(faults.writing(Path(), Path()))


@linux
@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize("fault", SENTENCES)
def test_a_disk_that_cannot_be_written_is_one_sentence(fault: str, name: str, outcomes: Any) -> None:
    (outcome,) = outcomes(fault)[name]
    assert outcome["code"] in (1, 2), outcome
    assert "lowcost: " in outcome["said"]
    assert any(words in outcome["said"] for words in SENTENCES[fault]), outcome["said"]
    assert outcome["left"] == []


@linux
@pytest.mark.parametrize("name", WRITING)
def test_ctrl_c_at_any_moment_leaves_nothing_half(name: str, outcomes: Any) -> None:
    for outcome in outcomes("interrupted")[name]:
        again = "is not empty" in outcome["said"]  # a restore was faster than Ctrl-C
        assert outcome["code"] in (0, 1, 130) or again, outcome
        assert outcome["left"] == []


EXTRAS = {
    "serve": (["serve", "station"], "uvicorn", "serve"),
    "backup": (["backup", "station", "station.tar"], "sqlalchemy", "serve"),
    "restore": (["restore", "station.tar", "station"], "sqlalchemy", "serve"),
    "annotate": (["annotate", "fields"], "sqlalchemy", "serve"),
    "learn": (["learn", "station"], "sqlalchemy", "serve"),
    "batch --cluster": (["batch", "fields", "--out", "store", "--cluster", "local"], "distributed", "dask"),
    "batch s3": (["batch", "s3://bucket/march", "--out", "store"], "fsspec", "fsspec"),
    "train": (["train", "cell-type", "--data", "cells", "--um-per-px", "0.12", "--out", "bundle"], "keras", "train"),
}
"""What needs an extra: the arguments, a package that is missing, and the extra that the sentence must name."""


@pytest.mark.parametrize("name", EXTRAS)
def test_a_missing_extra_names_its_command(name: str, given: Path, tmp_path: Path) -> None:
    arguments, package, extra = EXTRAS[name]
    for each in ("fields", "cells", "station", "station.tar"):
        (tmp_path / each).symlink_to(given / each)
    code = f"import sys; sys.modules[{package!r}] = None; from lowcost.cli import main; sys.exit(main({arguments!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 2, done.stderr
    assert f"lowcost[{extra}]" in done.stderr
    assert "pip install" in done.stderr
    assert "Traceback" not in done.stderr


NAMES = {"not UTF-8": os.fsdecode(b"f\xff\xfe"), "too long": "a" * 300, "steering": "a\x1b[2J\nb", "null": "a\0b"}


def taking(name: str, folder: Path) -> dict[str, list[str]]:
    """Each command with a file or folder of that name, which does not exist."""
    return {
        "analyze": ["analyze", name],
        "batch": ["batch", name, "--out", str(folder / "store")],
        "batch --out": ["batch", "--out", name],
        "programme": ["programme", name, "--out", str(folder / "programme")],
        "export": ["export", name, "--to", "coco", "--out", str(folder / "coco.json")],
        "convert": ["convert", name, "--to", "coco", "--out", str(folder / "coco.json")],
        "calibrate": ["calibrate", "--device", "phone", name],
        "backup": ["backup", name, str(folder / "station.tar")],
        "restore": ["restore", name, str(folder / "station")],
        "annotate": ["annotate", name],
        "evaluate": ["evaluate", "--data", name],
        "datasets": ["datasets", "check", name],
        "train": ["train", "heads", "--data", name, "--out", str(folder / "bundle"), "--work", str(folder / "work")],
        "bench": ["bench", name],
        "--bundle": ["analyze", "a.png", "--bundle", name],
        "--device": ["analyze", "a.png", "--device", name],
    }


@pytest.mark.parametrize("command", taking("", Path()))
@pytest.mark.parametrize("kind", NAMES)
def test_an_odd_name_is_one_sentence(
    kind: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(taking(NAMES[kind], tmp_path)[command]) in (0, 1, 2)
    said = capsys.readouterr().err
    assert "\x1b" not in said
    if not command.endswith("--out"):
        assert said.startswith("lowcost: ")
