from __future__ import annotations

import os
from pathlib import Path

import pytest

from lowcost.bundle import Bundle
from lowcost.errors import InputError
from lowcost.training.target import open_target, with_block


def test_a_new_folder_becomes_a_named_copy_with_both_cards(tmp_path: Path) -> None:
    place = open_target(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    place.write({"differential": {"changed": 1}}, {"extra/a.txt": b"a"}, "part", "What it is.")
    bundle = Bundle.load(tmp_path / "mine")
    assert bundle.name == "mine"
    assert bundle.parameters["differential"] == {"changed": 1}
    assert bundle.file("extra/a.txt") == b"a"
    assert b"What it is." in bundle.file("CARD.md")
    assert bundle.file("CARD.lowcost-1.md") == Bundle.load().file("CARD.md")


def test_an_existing_bundle_is_changed_in_place(tmp_path: Path) -> None:
    open_target(tmp_path / "mine").write({"a": {"b": 1}}, {}, "part", "First.")
    again = open_target(tmp_path / "mine")
    assert again.base == tmp_path / "mine"
    again.write({"a": None}, {}, "part", "Second.")
    bundle = Bundle.load(tmp_path / "mine")
    assert "a" not in bundle.parameters
    assert b"First." not in bundle.file("CARD.md")
    assert b"Second." in bundle.file("CARD.md")


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        open_target(tmp_path / "file")
    with pytest.raises(InputError, match="holds files but no bundle.json"):
        open_target(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(InputError, match="cannot be written"):
        open_target(tmp_path / "closed" / "mine")


def test_blocks_are_replaced_or_added() -> None:
    card = with_block("# Card\n", "a", "one")
    assert with_block(card, "a", r"t\1wo") == card.replace("one", r"t\1wo")
    assert with_block(card, "b", "two").startswith(card.rstrip())
