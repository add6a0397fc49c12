from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost.datasets.types import LabelledCell
from lowcost.errors import InputError
from lowcost.training import samples, sources
from lowcost.training.sources import parts, read, read_all, scaled, split


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((64, 64, 3), 230, np.uint8))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Twelve pictures of lymphocytes and six of monocytes."""
    for number in range(12):
        picture(tmp_path / "mine" / "lymphocyte" / f"l{number}.png")
    for number in range(6):
        picture(tmp_path / "mine" / "Monocytes" / f"m{number}.png")
    return tmp_path / "mine"


def test_folders_named_by_type(own: Path) -> None:
    source = read(own)
    assert len(source.pictures) == 18
    assert sources.classes(source.pictures[0]) | sources.classes(source.pictures[-1]) == {"lymphocyte", "monocyte"}
    assert source.card.may_train
    assert "mine: 18 pictures" in sources.described([source])


def test_an_unknown_class_gets_the_nearest_name(own: Path) -> None:
    (own / "lymphocyte").rename(own / "limphocyte")
    with pytest.raises(InputError, match="'limphocyte' is no cell type: did you mean lymphocyte"):
        read(own)
    (own / "limphocyte").rename(own / "qqqq")
    with pytest.raises(InputError, match="known are neutrophil_segmented"):
        read(own)


def test_an_alias_says_what_a_class_is(own: Path) -> None:
    (own / "lymphocyte").rename(own / "small blue ones")
    source = read(own, {"small blue ones": "lymphocyte"})
    assert {kind for item in source.pictures for kind in sources.classes(item)} == {"lymphocyte", "monocyte"}


def test_no_known_class_at_all_is_explained_too(own: Path) -> None:
    (own / "lymphocyte").rename(own / "A")
    (own / "Monocytes").rename(own / "B")
    with pytest.raises(InputError, match="'A' is no cell type"):
        read(own)
    assert len(read(own, {"A": "lymphocyte", "B": "monocyte"}).pictures) == 18


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no labelled pictures"):
        read(tmp_path)


def test_few_unreadable_pictures_are_left_out_many_are_refused(own: Path) -> None:
    for number in range(12, 40):
        picture(own / "lymphocyte" / f"l{number}.png")
    (own / "lymphocyte" / "l3.png").write_bytes(b"no picture")
    source = read(own)
    assert len(source.pictures) == 45
    assert "l3.png" in source.findings[0].where
    for number in range(10):
        (own / "lymphocyte" / f"l{number}.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"10 files .* cannot be read"):
        read(own)


def test_single_cells_need_a_scale(own: Path) -> None:
    with pytest.raises(InputError, match="--um-per-px"):
        scaled(read(own), None)
    assert {item.um_per_px for item in scaled(read(own), 0.1).pictures} == {0.1}


def test_a_set_that_may_not_train(sets_root: Path) -> None:
    found = read_all([sets_root / "zheng1"])
    with pytest.raises(InputError, match="zheng1 may not train"):
        sources.may_train(found)
    sources.may_train(found, research_only=True)


@pytest.fixture
def sets_root(tmp_path: Path) -> Path:
    picture(tmp_path / "zheng1" / "images" / "001.png")
    picture(tmp_path / "zheng1" / "masks" / "001.png")
    (tmp_path / "zheng1" / "types.csv").write_text("image ID,class label\n1,2\n")
    return tmp_path


def test_parts_split_no_unit_and_lose_no_class() -> None:
    units = [f"slide{number % 12}" for number in range(240)]
    labels = [("lymphocyte", "monocyte", "basophil")[number % 3] for number in range(240)]
    found = parts(units, labels)
    assert len(set(zip(units, found, strict=True))) == 12
    assert {(label, part) for label, part in zip(labels, found, strict=True)} == {
        (label, part) for label in set(labels) for part in ("train", "dev", "test")
    }
    assert parts(units[::-1], labels[::-1]) == found[::-1]


def test_a_class_of_two_slides_cannot_be_split() -> None:
    with pytest.raises(InputError, match="basophil has no train cells: it comes from 2 slides"):
        parts(["a", "b", *"cdefgh"], ["basophil"] * 2 + ["monocyte"] * 6)


def test_a_published_split_without_dev_gets_one(own: Path) -> None:
    source = read(own)
    pictures = tuple(
        LabelledCell("s", item.path, "x", item.types, split="test" if i % 6 == 5 else "train")
        for i, item in enumerate(source.pictures)
        if isinstance(item, LabelledCell)
    )
    found = split(sources.Source(source.card, pictures))
    assert [part for part, item in zip(found, pictures, strict=True) if item.split == "test"] == ["test"] * 3
    assert found.count("dev") == 2


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "No cell with a type"),
        ({"monocyte": 30}, "All cells are monocyte"),
        ({"monocyte": 30, "blast": 3}, r"at least 5, got blast \(3\)"),
    ],
)
def test_labels_from_which_nothing_can_be_learnt(counts: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sources.checked(counts, 5, "a network")


def test_samples_of_single_cells_carry_part_and_scale(own: Path) -> None:
    source = scaled(read(own), 0.1)
    found = samples.samples([source], None)  # type: ignore[arg-type]  # single cells need no finder
    assert {sample.part for sample in found} == {"train", "dev", "test"}
    assert {(sample.um_per_px, sample.x) for sample in found} == {(0.1, None)}
