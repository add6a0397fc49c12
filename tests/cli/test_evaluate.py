from __future__ import annotations

from pathlib import Path

import pytest

from lowcost.cli import main


def test_unknown_set_and_absent_folder_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "moon", "--data", str(tmp_path)]) == 2
    assert "no set 'moon'" in capsys.readouterr().err
    assert main(["evaluate", "bccd", "--data", str(tmp_path / "nowhere")]) == 2
    assert "no folder" in capsys.readouterr().err
