from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from lowcost.datasets.types import LEUKOCYTES, LabelledBox, LabelledField
from lowcost.errors import InputError
from lowcost.evaluation import faults
from lowcost.evaluation.faults import Fault, truth


def _field(name: str = "a") -> LabelledField:
    boxes = [LabelledBox(box, "WBC", LEUKOCYTES) for box in ((0.0, 0.0, 10.0, 10.0), (20.0, 20.0, 40.0, 40.0))]
    return LabelledField("s", Path(f"{name}.png"), (*boxes, LabelledBox((1.0, 1.0, 5.0, 5.0), "RBC", frozenset())))


def _fault(kind: str, box: tuple[float, float, float, float]) -> Fault:
    return Fault("s", "a", kind, box, "a reason")


def test_labels_as_published() -> None:
    found = truth(_field())
    assert found.boxes.tolist() == [[0, 0, 10, 10], [20, 20, 40, 40]]
    assert found.ignore.shape == (0, 4)


def test_each_kind_changes_the_truth_in_its_way() -> None:
    missing = truth(_field(), [_fault("missing", (50, 50, 60, 60))])
    assert len(missing.boxes) == 2
    assert missing.ignore.tolist() == [[50, 50, 60, 60]]
    empty = truth(_field(), [_fault("not_a_wbc", (0, 0, 10, 10))])
    assert empty.boxes.tolist() == [[20, 20, 40, 40]]
    assert len(empty.ignore) == 0
    wrong = truth(_field(), [_fault("wrong_box", (19, 19, 41, 41))])
    assert wrong.boxes.tolist() == [[0, 0, 10, 10]]
    assert len(wrong.ignore) == 1


def test_a_fault_of_another_image_changes_nothing() -> None:
    assert len(truth(_field("b"), [_fault("not_a_wbc", (0, 0, 10, 10))]).boxes) == 2


def test_a_fault_without_its_label_is_noticed() -> None:
    with pytest.raises(InputError, match="no leukocyte is labelled"):
        truth(_field(), [_fault("not_a_wbc", (100, 100, 110, 110))])


def test_limit_is_five_percent_of_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tuple(Fault("s", str(number), "missing", (0, 0, 1, 1), "r") for number in (3, 1, 1, 2, 0))
    monkeypatch.setattr(faults, "committed", lambda: listed)
    fields = [LabelledField("s", Path(f"{number}.png")) for number in range(59)]
    assert faults.known(fields) == listed
    assert [fault.image for fault in faults.within_limit(fields)] == ["3", "1", "1"][:3]
    assert faults.within_limit(fields[:19]) == ()


def test_committed_list_is_complete() -> None:
    listed = faults.committed()
    assert {fault.kind for fault in listed} <= set(faults.KINDS)
    for fault in listed:
        x0, y0, x1, y1 = fault.box
        assert 0 <= x0 < x1
        assert 0 <= y0 < y1
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("name", ["bccd", "raabin_dev", "deepbionet_dev", "lld_dev"])
def test_committed_list_fits_the_published_labels(name: str, shared_data: Path) -> None:
    fields = import_module(f"lowcost.datasets.{name}").fields(shared_data)
    listed = faults.known(fields)
    assert {fault.image for fault in listed} == {fault.image for fault in faults.committed() if fault.dataset == name}
    dropped = [len(field.leukocytes()) - len(truth(field, listed).boxes) for field in fields]
    assert sum(dropped) == {"bccd": 1, "raabin_dev": 4, "deepbionet_dev": 69, "lld_dev": 0}[name]
    assert np.concatenate([truth(field, listed).ignore for field in fields]).shape[1] == 4
