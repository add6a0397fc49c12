"""``lowcost calibrate`` and ``analyze --device``, on drawn photographs."""

from __future__ import annotations

import json

import cv2
import pytest

from lowcost import synth
from lowcost.cli import main
from lowcost.device import Profile
from tests import fields


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fields")
    for seed in (1, 2, 3):
        drawn = synth.render(seed, width=640, height=480, um_per_px=0.12, cells={"lymphocyte": 2})
        cv2.imwrite(str(folder / f"{seed}.png"), drawn.pixels[..., ::-1])
    return folder


def test_a_profile_is_written_told_of_and_used(photographs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["calibrate", "--device", "my-phone", str(photographs)]) == 0
    said = capsys.readouterr().out
    assert "my-phone.json: my-phone, from 3 fields and 0 blank ones" in said
    assert "3 fields agree within" in said
    assert "leukocytes   6, too few to tell how the device changes features and colours" in said
    assert Profile.load("my-phone.json").name == "my-phone"
    field = str(photographs / "1.png")
    assert main(["analyze", field, "--device", "my-phone.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["provenance"]["device"] == "my-phone"


def test_what_makes_no_profile_is_one_sentence(photographs, tmp_path, capsys):
    target = tmp_path / "none.json"
    one = str(photographs / "1.png")
    assert main(["calibrate", "--device", "x", one, "--out", str(target)]) == 2
    assert "error: a device profile needs at least 3 fields with cells, got 1" in capsys.readouterr().err
    assert not target.exists()
    assert main(["analyze", one, "--device", str(target)]) == 2
    assert f"error: the device profile {target} cannot be read" in capsys.readouterr().err
    assert main(["calibrate", "--device", "", one]) == 2
    assert "the name of the device is empty" in capsys.readouterr().err
    assert main(["calibrate", "--device", "../evil", one]) == 2
    assert "'../evil' is a path, expected a name" in capsys.readouterr().err


def test_a_photograph_that_cannot_be_read_is_named_and_the_others_go_on(photographs, tmp_path, capsys):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nonsense")
    target = tmp_path / "mine.json"
    assert main(["calibrate", "--device", "x", str(broken), str(photographs), "--out", str(target)]) == 1
    assert "broken.png is not an image" in capsys.readouterr().err
    assert Profile.load(target).fields == 3


@pytest.fixture(scope="module")
def verified(tmp_path_factory):
    """A hundred and ten pictures of one rendered cell each, in folders named by type."""
    folder = tmp_path_factory.mktemp("verified") / "my_cells"
    return fields.single_cells(folder, 110, 200)


def test_verified_cells_recalibrate_where_that_helps(photographs, verified, tmp_path, capsys, monkeypatch):
    target = tmp_path / "mine.json"
    code = main(["calibrate", "--device", "x", str(photographs), "--out", str(target), "--verified", str(verified)])
    said, found = capsys.readouterr().out, Profile.load(target)
    assert "  verified     1" in said
    assert (code, found.recalibration is None) in ((0, False), (1, True))
    assert ("calibration error" in said) == (code == 0)
    assert ("so nothing is changed" in said) == (code == 1)
    field = str(photographs / "1.png")
    assert main(["analyze", field, "--device", str(target), "--json"]) == 0
    cells = json.loads(capsys.readouterr().out)["fields"][0]["cells"]
    known = found.recalibration is None
    assert all(("possible_types" in cell and cell["possible_types"] is not None) >= known for cell in cells)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--um-per-px", "0.1"], "--um-per-px and --alias are for verified cells: name these with --verified"),
        (["--alias", "a=blast"], "--um-per-px and --alias are for verified cells"),
        (["--verified", "nowhere"], "There is no folder nowhere"),
        (["--verified", ".", "--um-per-px", "0"], "--um-per-px is 0.0; expected 0.01 to 2"),
        (["--verified", ".", "--alias", "poly"], "--alias says 'poly'; expected a name and a type"),
        (["--verified", "."], "holds no labelled pictures"),
    ],
)
def test_what_can_be_wrong_with_verified_cells_is_one_sentence(
    arguments, sentence, photographs, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["calibrate", "--device", "x", str(photographs), *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "x.json").exists()
