"""What is refused before anything is written."""

from __future__ import annotations

import pytest

from lowcost import cli


def test_a_store_where_photographs_lie_is_refused_and_nothing_is_written(batch, march, tmp_path):
    (tmp_path / "m.csv").write_text("path\nmarch/1\n")
    before = sorted(tmp_path.rglob("*"))
    for arguments, out in (
        *(([march], march), ([march / "1"], march), ([march / "1" / "0.png"], march / "1")),
        (["--manifest", tmp_path / "m.csv"], march),
    ):
        code, _, complaints = batch(*arguments, out=out)
        assert code == cli.EXIT_UNUSABLE
        assert "--out is a folder that is analysed" in complaints
    for arguments in ([march], ["--manifest", tmp_path / "m.csv", march]):
        code, _, complaints = batch(*arguments, out=march / "2")
        assert (code, complaints.count("\n")) == (cli.EXIT_UNUSABLE, 1)
        assert f"--out {march / '2'} lies in {march} and holds photographs of its own, such as " in complaints
    assert sorted(tmp_path.rglob("*")) == before
    assert batch(march, out=march / "store")[0] == 0
    (march / "store" / "report").mkdir()
    for name in (".lowcost-files", "overlay.png"):  # a report's pictures are no photographs
        (march / "store" / "report" / name).touch()
    code, words, _ = batch(march, out=march / "store")
    assert (code, "nothing to do" in words) == (0, True)


def test_what_is_refused_leaves_no_store(batch, march, tmp_path):
    (tmp_path / "m.csv").write_text("path,slide\n")
    for arguments, message in (
        ([], "there is no store at"),
        (["--manifest", tmp_path / "m.csv"], "m.csv has no rows"),
        ([march, "--device", tmp_path / "missing.json"], "missing.json cannot be read"),
        ([tmp_path / "nowhere", tmp_path / "*.tif"], "nothing is there of what is to be analysed, such as "),
    ):
        code, _, complaints = batch(*arguments)
        assert (code, message in complaints) == (cli.EXIT_UNUSABLE, True)
        assert not (tmp_path / "out").exists()


def test_an_address_where_nothing_is_leaves_no_store_and_none_is_written_to_one(batch, march, tmp_path, monkeypatch):
    pytest.importorskip("fsspec", reason="needs the extra fsspec")
    code, _, complaints = batch("memory://nothing/a", tmp_path / "nowhere", "memory://nothing/*.png")
    assert (code, complaints.count("\n"), "does not exist" in complaints) == (cli.EXIT_UNUSABLE, 1, True)
    assert not (tmp_path / "out").exists()
    monkeypatch.chdir(tmp_path)
    for arguments in (["batch", march], ["analyze", march / "1" / "0.png"]):
        assert cli.main([*map(str, arguments), "--out", "s3://bucket/store"]) == cli.EXIT_UNUSABLE
    assert [path.name for path in tmp_path.iterdir()] == ["march"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "'0' is no number of workers: expected one from 1 to 1024"),
        (["--um-per-px", "0"], "'0' is no scale"),
        (["--cluster", "far"], "invalid choice: 'far'"),
        (["--cluster", "local", "--scheduler", "tcp://x:1"], "not allowed with argument --cluster"),
        ([""], "the name is empty"),
    ],
)
def test_bad_arguments_are_said(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["batch", *arguments, "--out", "x"])
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bundle", "missing"], "there is no bundle at missing"),
        (["--manifest", "missing.csv"], "the manifest missing.csv cannot be read: No such file or directory"),
        (["--device", "missing.json"], "missing.json"),
    ],
)
def test_files_that_are_not_there_are_said(arguments, message, batch, march):
    code, _, complaints = batch(march, *arguments)
    assert code == cli.EXIT_UNUSABLE
    assert message in complaints
    assert complaints.startswith("lowcost: error: ")
