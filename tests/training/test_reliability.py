"""What held-out cells say about the types is counted as it is, and written where a bundle is read from."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from lowcost import conformal, differential, novelty
from lowcost import reliability as errors
from lowcost.bundle import Bundle
from lowcost.novelty import squared_distance
from lowcost.pipeline import Analyzer
from lowcost.training import held_out, reliability
from lowcost.training import novelty as training
from lowcost.training.held_out import Seen
from tests import fields
from tests.smears import cell, field


def seen(true, given, probability=0.9, **features):
    found = dataclasses.replace(
        cell(1, given), probabilities={true: probability, "artefact": 1 - probability}, features=features
    )
    return Seen("pbc", true if isinstance(true, tuple) else (true,), found)


def test_confusion_counts_what_labels_name():
    cells = [
        seen("lymphocyte", "lymphocyte"),
        seen("lymphocyte", "unidentified"),
        seen("erythroblast", "lymphocyte"),
        seen("platelet", "lymphocyte"),
        Seen("pbc", ("neutrophil_segmented", "neutrophil_band"), cell(1, "neutrophil_band")),
    ]
    assert reliability.confusion(cells) == {
        "lymphocyte": {"lymphocyte": 1, "unidentified": 1},
        "erythroblast": {"lymphocyte": 1},
    }


def test_limits_of_sets_are_those_of_each_type():
    cells = [seen("blast", "blast", i / 100) for i in range(100)] + [seen("monocyte", "monocyte", 0.5)]
    found = reliability.sets(cells)
    assert found.least == {"monocyte": 0.0, "blast": 0.04}
    assert found.coverage_percent == 95


def test_what_is_written_is_read(tmp_path):
    folder = tmp_path / "bundle"
    shutil.copytree(Bundle.load().folder, folder)
    sets = reliability.sets([seen("blast", "blast")])
    confusion = {"blast": {"blast": 3}}
    reliability.write(folder, {"conformal": dataclasses.asdict(sets), "differential": {"confusion": confusion}})
    bundle = Bundle.load(folder)
    assert conformal.load(bundle) == sets
    conventions = bundle.section("differential", differential.Parameters)
    assert (conventions.confusion, conventions.routine) == (confusion, 100)


@pytest.mark.parametrize("change", ["type_limit", "network", "correction", "nothing"])
def test_errors_of_another_classifier_are_not_this_one_s(change, tmp_path):
    folder = tmp_path / "bundle"
    shutil.copytree(Bundle.load().folder, folder)
    naming = dataclasses.asdict(errors.naming(Bundle.load(folder)))
    other = {"type_limit": {"type_limit": 0.9}, "network": {"network": "0" * 64}, "correction": {"corrected": True}}
    reliability.write(folder, {"reliability": naming | other.get(change, {})})
    analyzer = Analyzer.load(folder)
    (found,) = analyzer.analyze([fields.row().pixels], um_per_px=0.12).fields
    known = change == "nothing"
    assert any(cell.possible_types for cell in found.cells) == known
    share = analyzer.result([found]).differential.blast_equivalents
    assert (share.with_errors is not None) == known
    assert found.novelty is not None


def drawn(source, kind, middle, count, seed):
    random = np.random.default_rng(seed)
    return [
        Seen(
            source,
            (kind,),
            dataclasses.replace(
                cell(1, kind), features=dict(zip(training.FEATURES, random.normal(middle, 0.5).tolist(), strict=True))
            ),
        )
        for _ in range(count)
    ]


def test_training_cells_lie_near_and_others_far():
    size = len(training.FEATURES)
    one, other = np.zeros(size), np.full(size, 5.0)
    cells = [*drawn("a", "lymphocyte", one, 200, 1), *drawn("b", "blast", other, 200, 2)]
    cells += drawn("a", "basophil", one + 50, training.LEAST_CELLS - 1, 3)
    dev = [*drawn("a", "lymphocyte", one, 100, 4), *drawn("b", "blast", other, 100, 5)]
    found = training.fit(cells, dev)
    assert list(found.kinds) == ["a lymphocyte", "b blast"], "a kind of few cells has no mean"
    np.testing.assert_allclose(found.spread, 0.5, rtol=0.1)
    assert list(found.steps) == sorted(found.steps)
    assert len(found.steps) == training.STEPS
    of = [novelty.of_cell(each.cell.features, found) for each in drawn("a", "lymphocyte", one, 300, 6)]
    assert np.mean(of) == pytest.approx(0.5, abs=0.06)
    far = drawn("c", "monocyte", one + 2.5, 20, 7)
    assert {novelty.of_cell(each.cell.features, found) for each in far} == {1.0}
    assert squared_distance(dict.fromkeys(training.FEATURES, 1e9), found) == size * training.LIMIT**2


def test_the_object_in_its_place():
    shown = field([cell(1, "platelet", 100, 100, 60), cell(2, "lymphocyte", 110, 100, 20), cell(3, x=400)])
    assert held_out.at(shown, 100, 100).id == 2
    assert held_out.at(shown, 60, 60).id == 1
    assert held_out.at(shown, 300, 300) is None


def test_held_out_cells_are_those_of_their_part(shared_data):
    dev, test = (held_out.samples(shared_data, part) for part in ("dev", "test"))
    assert 1400 < len(dev) < len(test)
    assert not {sample.path for sample in dev} & {sample.path for sample in test}
    assert {sample.source for sample in dev} == {"pbc", "bone_marrow"}
    assert not any("artefact" in sample.types for sample in dev)
