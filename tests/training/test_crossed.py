from pathlib import Path

from lowcost.training import crossed
from lowcost.training.views import Sample


def _sample(source, name, group=""):
    return Sample(Path(name), frozenset({"lymphocyte"}), source, "dev", 0.1, group=group)


SAMPLES = [
    *(_sample("raabin_dev", f"{slide}-{cell}.jpg", f"slide {slide}") for slide in range(7) for cell in range(3)),
    *(_sample("bccd", f"{picture}.jpg") for picture in range(5) for _ in range(2)),
    _sample("pbc", "a.jpg"),
]


def test_slides_and_pictures_stay_whole_and_every_fold_has_some():
    folds = crossed.folds(SAMPLES)
    units = {}
    for sample, fold in zip(SAMPLES, folds, strict=True):
        units.setdefault((sample.source, sample.group or sample.path.name), set()).add(fold)
    assert all(len(own) == 1 for own in units.values())
    for name in crossed.SETS:
        assert {fold for unit, own in units.items() if unit[0] == name for fold in own} == set(range(crossed.FOLDS))
    assert folds[-1] is None


def test_a_fold_is_tested_by_what_it_did_not_learn_from():
    folds = crossed.folds(SAMPLES)
    tested = [crossed.without(SAMPLES, folds, fold) for fold in range(crossed.FOLDS)]
    for sample, *parts in zip(SAMPLES, *tested, strict=True):
        found = sorted(own.part for own in parts)
        assert found == (["dev"] * 3 if sample.source == "pbc" else ["test", "train", "train"])
