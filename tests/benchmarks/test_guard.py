from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import guard, record


@pytest.fixture
def results(tmp_path):
    def write(name: str, ratio: float, f1: float, fields: str = "one in 1") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        cost = {
            "name": "fields",
            "rows": [{"field": "small", "lowcost / decoding": ratio, "lowcost, ms": 1000 * ratio}],
        }
        estimate = {"value": f1, "low": 0.0, "high": 1.0}
        rows = [{"method": each, "F1, centre (95 % interval)": estimate} for each in ("lowcost", "Otsu on green")]
        found = {"name": "detection_bccd", "rows": rows}
        (folder / "cost.json").write_text(json.dumps({"settings": {}, "tables": [cost]}))
        (folder / "detection.json").write_text(json.dumps({"settings": {"fields": fields}, "tables": [found]}))
        return folder

    return write


def test_ratios_and_shares_that_got_worse_are_named(results):
    told = list(guard.regressions(results("new", 4.0, 0.9), results("old", 3.0, 0.98)))
    assert len(told) == 2  # the baseline's F1 fell, too, and is none of our business
    assert "small: lowcost / decoding is 4.000, was 3.000" in told[0]


def test_better_and_a_little_worse_pass(results):
    assert not list(guard.regressions(results("new", 3.1, 0.985), results("old", 3.0, 0.98)))


def test_shares_of_other_samples_are_not_compared(results):
    assert not list(guard.regressions(results("new", 3.0, 0.5, "one in 10"), results("old", 3.0, 0.98)))


@pytest.mark.parametrize("watch", guard.WATCHED, ids=lambda watch: f"{watch.table} {watch.column}")
def test_what_is_watched_is_in_the_committed_results(watch):
    content = record.read(record.RESULTS, watch.benchmark)
    if content is None:
        pytest.skip(f"{watch.benchmark} has not been run")
    assert guard._rows(content, watch)
