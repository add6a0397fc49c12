"""What is written to disk is what was rendered."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost import synth
from lowcost.errors import InputError
from lowcost.synth import truth


@pytest.fixture(scope="module")
def field() -> synth.RenderedField:
    return synth.render(5, width=300, height=240, um_per_px=0.15, cells=["neutrophil_segmented", "smudge_cell"])


def test_images_and_masks_read_back_unchanged(field: synth.RenderedField, tmp_path: Path) -> None:
    entry = json.loads(json.dumps(truth.write_field(field, tmp_path, "one")))
    image = cv2.imread(str(tmp_path / entry["image"]))[..., ::-1]
    masks = {kind: cv2.imread(str(tmp_path / path), cv2.IMREAD_UNCHANGED) for kind, path in entry["masks"].items()}
    np.testing.assert_array_equal(image, field.pixels)
    np.testing.assert_array_equal(masks["instances"], field.instances)
    np.testing.assert_array_equal(masks["red_cells"], field.red_cells)
    np.testing.assert_array_equal(masks["nuclei"] > 0, field.nucleus)
    np.testing.assert_array_equal(np.where(masks["nuclei"] == truth.FILAMENT, 0, masks["nuclei"]), field.lobes)


def test_polygons_cover_their_objects(field: synth.RenderedField, tmp_path: Path) -> None:
    entry = truth.write_field(field, tmp_path, "one")
    for item in entry["objects"]:
        if item["type"] != "neutrophil_segmented":
            continue
        drawn = np.zeros(field.instances.shape, np.uint8)
        cv2.fillPoly(drawn, [np.array(item["polygon"], int)], 1)
        mask = field.instances == item["id"]
        assert (drawn.astype(bool) & mask).sum() / (drawn.astype(bool) | mask).sum() > 0.97


def test_settings_are_enough_to_render_the_field_again(field: synth.RenderedField, tmp_path: Path) -> None:
    entry = truth.write_field(field, tmp_path, "one")
    stored = json.loads(json.dumps(entry["settings"]))
    groups = {"smear": synth.Smear, "stain": synth.Stain, "optics": synth.Optics, "camera": synth.Camera}
    settings = synth.Settings(
        **{
            name: groups[name](
                **{key: tuple(value) if isinstance(value, list) else value for key, value in group.items()}
            )
            for name, group in stored.items()
        }
    )
    again = synth.render(
        entry["seed"],
        width=entry["width"],
        height=entry["height"],
        um_per_px=tuple(entry["um_per_px"]),
        cells=["neutrophil_segmented", "smudge_cell"],
        settings=settings,
    )
    np.testing.assert_array_equal(again.pixels, field.pixels)


def test_a_folder_that_cannot_be_written_gets_a_sentence(field: synth.RenderedField, tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file where a folder is needed")
    with pytest.raises(InputError, match="images: it is a file: name a folder"):
        truth.write_field(field, tmp_path, "one")


def test_too_many_red_cells_for_the_mask_get_a_sentence(field: synth.RenderedField, tmp_path: Path) -> None:
    crowded = dataclasses.replace(field, red_cells=field.red_cells + 70_000)
    with pytest.raises(InputError, match="more than 65535 red cells"):
        truth.write_field(crowded, tmp_path, "one")
