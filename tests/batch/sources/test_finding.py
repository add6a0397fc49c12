"""Which files are found, and which slide each belongs to."""

from __future__ import annotations

import pytest

from lowcost.batch import sources
from lowcost.batch.item import Item
from lowcost.batch.sources import Found, finding


def made(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def found(*names):
    complaints = []
    items = [each.item for each in finding.find([str(name) for name in names], complaints.append, complaints.append)]
    assert complaints == []
    return [(item.slide, item.name) for item in items]


def test_each_folder_is_a_slide_called_as_it_is(tmp_path):
    made(tmp_path, "march/b.JPG", "march/a.png", "march/notes.txt", "march/.hidden.png", "march/__MACOSX/a.png")
    assert found(tmp_path / "march") == [("march", "a.png"), ("march", "b.JPG")]
    assert found(tmp_path / "march" / "b.JPG") == [("march", "b.JPG")]
    assert found(str(tmp_path / "march" / "*.png")) == [("march", "a.png")]


def test_folders_below_are_slides_of_their_own(tmp_path):
    made(tmp_path, "march/1/a.png", "march/2/a.png", "march/2/deep/a.png")
    assert found(tmp_path / "march") == [("march/1", "a.png"), ("march/2", "a.png"), ("march/2/deep", "a.png")]
    # Also when a folder in it is named again: the outer one says how slides are called.
    assert found(tmp_path / "march" / "1", tmp_path / "march")[0] == ("march/1", "a.png")


def test_folders_of_one_name_are_told_apart_by_those_above(tmp_path):
    made(tmp_path, "x/a/images/1.png", "x/b/images/1.png", "c/1.png")
    named = found(tmp_path / "x/a/images", tmp_path / "x/b/images", tmp_path / "c")
    assert [slide for slide, _ in named] == ["a/images", "b/images", "c"]


def test_a_file_beside_a_folder_does_not_change_what_the_folder_is_called(tmp_path):
    made(tmp_path, "march/1/a.png", "b.png")
    assert found(tmp_path / "march", tmp_path / "b.png") == [("march/1", "a.png"), (tmp_path.name, "b.png")]


def test_what_lowcost_wrote_is_no_field(tmp_path):
    made(
        tmp_path,
        "march/a.png",
        "march/out/.lowcost-files",
        "march/out/overlays/a.png",
        "march/s/store.sqlite",
        "march/s/b.png",
    )
    complaints, left_out = [], []
    items = [each.item.name for each in finding.find([str(tmp_path / "march")], complaints.append, left_out.append)]
    assert (items, complaints, left_out) == (["a.png"], [], [str(tmp_path / "march" / name) for name in ("out", "s")])
    assert list(finding.find([str(tmp_path / "march" / "s")], complaints.append, left_out.append)) == []
    [complaint] = complaints
    assert complaint.endswith(
        "march/s is left out, as it holds store.sqlite and so results of lowcost: move the "
        "photographs to a folder of their own"
    )


def test_what_cannot_be_used_is_said_and_the_others_are_found(tmp_path):
    made(tmp_path, "empty/notes.txt", "good/a.png")
    complaints = []
    named = [str(tmp_path / name) for name in ("missing", "empty", "good", "no*such")]
    items = [each.item.name for each in finding.find(named, complaints.append, complaints.append)]
    assert items == ["a.png"]
    assert [each.partition(str(tmp_path))[2] for each in complaints] == [
        "/missing does not exist: check the spelling and the folder",
        "/empty holds no image: expected files such as field.jpg or field.png in it",
        "/no*such does not exist: check the spelling and the folder",
    ]


@pytest.mark.parametrize(
    ("whole", "part", "slide", "name"),
    [
        (Item("march", "a.zip", "/march/a.zip"), "member:7/x.png", "march/a.zip/7", "x.png"),
        (Item("march", "a.zip", "/march/a.zip"), "member:../../x.png", "march/a.zip", "x.png"),
        (Item("", "a.zip", "/march/a.zip"), "member:x.png", "a.zip", "x.png"),
        (Item("march", "v.mp4", "/march/v.mp4"), "frame:000120", "march/v.mp4", "v.mp4 000120"),
    ],
)
def test_folders_of_archives_videos_and_whole_slides_are_slides(whole, part, slide, name):
    item = sources.child(Found(whole), part)
    assert (item.slide, item.name, item.part, item.path) == (slide, name, part, whole.path)
    named = sources.child(Found(whole, slide_is_named=True), part)
    assert (named.slide, named.name) == (whole.slide, f"{whole.name}/{part.partition(':')[2]}")


def test_an_archive_that_is_named_itself_is_called_as_it_is(tmp_path):
    made(tmp_path, "march/a.zip", "march/b/a.zip")
    assert found(tmp_path / "march" / "a.zip") == [("", "a.zip")]
    both = found(tmp_path / "march" / "a.zip", tmp_path / "march" / "b" / "a.zip")
    assert both == [("march", "a.zip"), ("b", "a.zip")]
