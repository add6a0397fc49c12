from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from lowcost import synth
from lowcost.bundle import Bundle
from lowcost.datasets.types import LEUKOCYTES, Box, LabelledBox, LabelledField
from lowcost.evaluation.matching import as_boxes, contains_centre
from lowcost.training import self_training
from lowcost.training.self_training import LABEL, Told, check, complete

PATCH: Box = (0.0, 0.0, 320.0, 480.0)
"""The left half of a field."""


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> tuple[LabelledField, list[Box]]:
    """A rendered field whose left half is annotated, as in the sparse form of LLD, and the boxes of all its cells."""
    cells = ("lymphocyte",) * 4 + ("eosinophil",) * 2
    drawn = synth.render(12, width=640, height=480, um_per_px=0.12, cells=cells)
    path = tmp_path_factory.mktemp("sparse") / "1_2_400_ALL.png"
    cv2.imwrite(str(path), drawn.pixels[..., ::-1])
    every = [(tuple(float(v) for v in item.box), item.type) for item in drawn.leukocytes]
    boxes = tuple(LabelledBox(box, kind, frozenset({kind})) for box, kind in every if (box[0] + box[2]) / 2 < 320)
    return LabelledField("lld", path, boxes, annotated=PATCH, um_per_px=0.12), [box for box, _ in every]


def test_found_cells_outside_the_patch_become_labels_and_none_inside(
    sparse: tuple[LabelledField, list[Box]],
) -> None:
    field, every = sparse
    assert 0 < len(field.boxes) < len(every)
    told = self_training.Teacher(Bundle.load()).tell(field)
    done = complete(field, told, 0.0)
    added = [box for box in done.boxes if box.label == LABEL]
    assert done.boxes[: len(field.boxes)] == field.boxes
    assert added
    assert not field.known(as_boxes([box.box for box in added])).any()
    # Each added label holds a drawn cell.
    hits = contains_centre(as_boxes(every), as_boxes([box.box for box in added])).any(axis=0)
    assert hits.all()


def test_unsure_cut_and_labelled_cells_stay_unknown(sparse: tuple[LabelledField, list[Box]]) -> None:
    field, _ = sparse
    place = (400.0, 100.0, 440.0, 140.0)
    assert len(complete(field, [Told(place, "blast", 0.9, True)], 0.9).boxes) == len(field.boxes) + 1
    assert complete(field, [Told(place, "blast", 0.89, True)], 0.9) == field
    assert complete(field, [Told(place, "blast", 0.9, False)], 0.9) == field
    reaching = replace(field, boxes=(LabelledBox((300.0, 90.0, 450.0, 150.0), "x", frozenset({"blast"})),))
    assert complete(reaching, [Told(place, "blast", 0.9, True)], 0.9) == reaching
    whole = replace(field, annotated=None)
    assert complete(whole, [Told(place, "blast", 0.9, True)], 0.9) is whole


def _field(number: int, types: frozenset[str]) -> LabelledField:
    return LabelledField("s", Path(f"{number}.png"), (LabelledBox((0, 0, 10, 10), "x", types),))


def test_confidence_is_the_least_that_full_fields_bear_out() -> None:
    generator = np.random.default_rng(1)
    fields, told = [], []
    for number in range(3000):
        sure = float(generator.uniform(0.5, 1.0))
        # Names given with less than 0.8 are wrong one time in three, others one time in a hundred.
        right = generator.random() > (1 / 3 if sure < 0.8 else 0.01)
        fields.append(_field(number, frozenset({"lymphocyte"})))
        told.append([Told((1, 1, 9, 9), "lymphocyte" if right else "blast", sure, True)])
    found = check(fields, told, risk=0.03)
    assert found.limit == 0.8
    assert found.risk < 0.03
    assert found.cells == sum(own[0].confidence >= 0.8 for own in told)
    assert check(fields, told, risk=0.001).limit is None


def test_only_full_fields_and_labels_with_a_type_decide() -> None:
    wrong = [Told((1, 1, 9, 9), "blast", 0.9, True)]
    part = replace(_field(0, frozenset({"lymphocyte"})), annotated=PATCH)
    assert check([part], [wrong], 0.5).cells == 0
    assert check([_field(0, LEUKOCYTES)], [wrong], 0.5).cells == 0
    # A leukocyte where none is labelled is wrong, a platelet there is right.
    empty = LabelledField("s", Path("e.png"))
    assert self_training._compared(empty, wrong) == [(0.9, False)]
    assert self_training._compared(empty, [Told((1, 1, 9, 9), "platelet", 0.9, True)]) == [(0.9, True)]
