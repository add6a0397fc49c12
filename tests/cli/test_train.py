from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost import synth
from lowcost.bundle import Bundle
from lowcost.cli import main

KINDS = ("lymphocyte", "eosinophil")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pictures of one rendered cell each, in folders named by type."""
    folder = tmp_path_factory.mktemp("own") / "my_cells"
    for kind in KINDS:
        (folder / kind).mkdir(parents=True)
    for seed in range(60):
        kind = KINDS[seed % 2]
        drawn = synth.render(seed, width=300, height=300, um_per_px=0.12, cells=(kind,))
        x0, y0, x1, y1 = drawn.leukocytes[0].box
        x, y = (x0 + x1) // 2, (y0 + y1) // 2
        padded = cv2.copyMakeBorder(drawn.pixels, 100, 100, 100, 100, cv2.BORDER_REFLECT_101)
        cv2.imwrite(str(folder / kind / f"{seed}.png"), padded[y : y + 200, x : x + 200, ::-1])
    return folder


def train(*arguments: object) -> int:
    return main(["train", *(str(argument) for argument in arguments)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere"], "no folder nowhere"),
        (["--data", ".", "--um-per-px", "9"], "--um-per-px is 9.0; expected 0.01 to 2"),
        (["--data", ".", "--alias", "poly"], "--alias says 'poly'"),
        (["--data", ".", "--jobs", "0"], "--jobs is 0; expected 1 or more"),
        (["--data", "."], "holds no labelled pictures"),
    ],
)
def test_what_can_be_wrong_is_one_sentence(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert train("heads", *arguments, "--out", tmp_path / "out", "--work", tmp_path / "work") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_pictures_without_scale(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("heads", "--data", own, "--out", tmp_path / "out", "--work", tmp_path / "work") == 2
    assert "give it with --um-per-px" in capsys.readouterr().err


def test_a_network_without_tensorflow_names_the_command(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lowcost.training.backend.find_spec", lambda name: None if name == "tensorflow" else name)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    arguments = (
        "cell-type",
        "--data",
        own,
        "--um-per-px",
        0.12,
        "--out",
        tmp_path / "out",
        "--work",
        tmp_path / "work",
    )
    assert train(*arguments) == 2
    assert "needs tensorflow, which is not installed: pip install 'lowcost[train]'" in capsys.readouterr().err
    monkeypatch.setenv("KERAS_BACKEND", "abacus")
    assert train(*arguments) == 2
    assert "expected tensorflow, torch, jax" in capsys.readouterr().err


def test_heads_of_ones_own_cells_without_tensorflow(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("heads", "--data", own, "--um-per-px", 0.12, "--out", tmp_path / "mine", "--work", tmp_path / "work")
    code = train(*arguments)
    printed = capsys.readouterr().out
    metrics = json.loads((tmp_path / "work" / "metrics.json").read_text())
    assert metrics["made"]["model"] == "heads"
    assert {"before", "after_by_class"} <= {table["name"] for table in metrics["tables"]}
    # Drawn cells are told apart by shape and granules: the correction is worth writing.
    assert code == 0, printed
    assert "Written" in printed
    bundle = Bundle.load(tmp_path / "mine")
    assert set(bundle.parameters["correction"]["classes"]) == set(KINDS)
    assert b"## Correction" in bundle.file("CARD.md")
    first = bundle.digest
    assert train(*arguments) == 0
    assert Bundle.load(tmp_path / "mine").digest == first


def test_help_and_heads_load_no_tensorflow() -> None:
    code = (
        "import sys\nfrom lowcost.cli import main\n"
        "try: main(['train', 'heads', '--help'])\nexcept SystemExit: pass\n"
        "assert not {'cv2', 'lightgbm', 'numpy.linalg.nothing', 'scipy', 'keras', 'tensorflow'} & set(sys.modules)\n"
        "import lowcost.training.heads, lowcost.training.gate, lowcost.training.segmentation\n"
        "assert not {'keras', 'tensorflow', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_network_of_ones_own_cells(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install lowcost[train]")
    from lowcost.training import network

    monkeypatch.setattr(network, "BLOCKS", ((16, 2), (24, 2)))
    out, work = tmp_path / "mine", tmp_path / "work"
    arguments = ("cell-type", "--data", own, "--um-per-px", 0.12, "--epochs", 2, "--steps", 2)
    assert train(*arguments, "--out", out, "--work", work) == 0
    bundle = Bundle.load(out)
    assert set(bundle.parameters["classifier"]["classes"]) == set(KINDS)
    assert b"## Cell type" in bundle.file("CARD.md")
    assert {"checkpoint.npz", "metrics.json", "metrics.md"} <= {path.name for path in work.iterdir()}
    assert "Test cells of my_cells" in capsys.readouterr().out
    # The bundle analyzes, and a second training gives the same file.
    picture = next((own / "lymphocyte").iterdir())
    assert (
        main(["analyze", str(picture), "--um-per-px", "0.12", "--bundle", str(out), "--out", str(tmp_path / "a")]) == 0
    )
    assert train(*arguments, "--out", tmp_path / "again", "--work", tmp_path / "work2") == 0
    assert Bundle.load(tmp_path / "again").parameters["classifier"] == bundle.parameters["classifier"]
    assert Bundle.load(tmp_path / "again").file("cell_type.tflite") == bundle.file("cell_type.tflite")


def test_a_folder_of_ones_own_is_evaluated(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(own), "--um-per-px", "0.12", "--out", str(tmp_path)]) == 0
    assert "by class" in capsys.readouterr().out
    names = [table["name"] for table in json.loads((tmp_path / "my_cells.json").read_text())["tables"]]
    types = [f"my_cells_types{ending}" for ending in ("", "_by_class", "_by_coverage")]
    assert names == [*types, "my_cells_found"]


def test_a_gate_needs_a_share(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("gate", "--data", own, "--um-per-px", 0.12, "--out", tmp_path / "o", "--work", tmp_path / "w")
    assert train(*arguments, "--risk", "5") == 2
    assert "--risk is 5.0; expected a share" in capsys.readouterr().err
    # Either it promises the risk and writes limits, or it says what it can promise.
    code = train(*arguments, "--risk", "0.4")
    printed = capsys.readouterr().out
    assert ("Written" in printed) == (code == 0)
    assert np.isfinite(json.loads((tmp_path / "w" / "metrics.json").read_text())["tables"][0]["rows"][0]["leukocytes"])
