"""``lowcost render``: files, repeatability, quiet pipes and sentences for mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lowcost.cli import main

SMALL = ["--width", "160", "--height", "120", "--um-per-px", "0.2"]


def test_fields_masks_and_truth_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", "--out", str(tmp_path), "--fields", "2", *SMALL, "--cells", "lymphocyte=1, eosinophil"]
    assert main(arguments) == 0
    document = json.loads((tmp_path / "truth.json").read_text())
    assert document["format"] == "lowcost-smear-truth/1"
    assert "For Research Use Only" in document["notice"]
    assert len(document["fields"]) == 2
    for entry in document["fields"]:
        assert (tmp_path / entry["image"]).is_file()
        assert all((tmp_path / path).is_file() for path in entry["masks"].values())
        assert (entry["width"], entry["height"], entry["um_per_px"]) == (160, 120, [0.2, 0.2])
        assert [item["type"] for item in entry["objects"] if item["is_leukocyte"]] == ["lymphocyte", "eosinophil"]
    captured = capsys.readouterr()
    assert "images/smear_001.png: 0.200 um/px" in captured.out
    assert captured.err == ""


def test_the_same_arguments_give_the_same_files(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        assert main(["render", "--out", str(tmp_path / folder), "--seed", "4", "--preset", "phone", *SMALL]) == 0
    for path in (tmp_path / "first").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "second" / path.relative_to(tmp_path / "first")).read_bytes()


def test_json_is_one_document_and_jpeg_a_choice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--out", str(tmp_path), *SMALL, "--format", "jpg", "--json", "--cells", ""]) == 0
    entry = json.loads(capsys.readouterr().out)["fields"][0]
    assert (tmp_path / entry["image"]).read_bytes()[:2] == b"\xff\xd8"
    assert not any(item["is_leukocyte"] for item in entry["objects"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fields", "0"], "--fields is 0"),
        (["--seed", "-1"], "--seed is -1"),
        (["--preset", "nothing"], "Preset 'nothing' is unknown"),
        (["--cells", "lymphocyte=many"], "expected a type and a number"),
        (["--cells", "lymphocytes=2"], "Cell type 'lymphocytes' cannot be rendered"),
        (["--width", "2"], "Image size is 2 x"),
        (["--um-per-px", "-1"], "um_per_px"),
    ],
)
def test_mistakes_get_a_sentence(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", "--out", str(tmp_path), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_file_in_place_of_the_folder_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("")
    assert main(["render", "--out", str(tmp_path / "taken"), *SMALL]) == 2
    assert "taken: it is a file: name a folder" in capsys.readouterr().err
