from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lowcost.evaluation import bootstrap, naming, plots

NEUTROPHIL = "neutrophil_band/neutrophil_segmented"


def cells(*rows: tuple[str, str, float, str]) -> naming.Named:
    """Label, best type, confidence and slide of each cell."""
    return naming.collect(
        [frozenset(label.split("/")) for label, *_ in rows],
        [best for _, best, _, _ in rows],
        [best if sure >= 0.5 else "unidentified" for _, best, sure, _ in rows],
        [{best: sure} for _, best, sure, _ in rows],
        [slide for *_, slide in rows],
    )


SOME = cells(
    (NEUTROPHIL, "neutrophil_band", 0.9, "a"),
    (NEUTROPHIL, "lymphocyte", 0.4, "a"),
    ("lymphocyte", "lymphocyte", 0.8, "b"),
    ("lymphocyte", "neutrophil_band", 0.7, "b"),
    ("lymphocyte", "blast", 0.6, "b"),
)


def test_a_coarse_label_is_one_class() -> None:
    assert SOME.called == (NEUTROPHIL, "lymphocyte", "lymphocyte", NEUTROPHIL, "blast")
    assert SOME.right.tolist() == [True, False, True, False, False]
    assert naming.accuracy(SOME).value == pytest.approx(2 / 5)
    assert naming.balanced_accuracy(SOME).value == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_macro_f1_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    expected = metrics.f1_score(SOME.labels, SOME.called, labels=sorted(set(SOME.labels)), average="macro")
    assert naming.macro_f1(SOME).value == pytest.approx(expected)


def test_probabilities_of_types_that_no_label_tells_apart_add_up() -> None:
    chances = {"neutrophil_band": 0.5, "neutrophil_segmented": 0.4, "blast": 0.1}
    types = frozenset(NEUTROPHIL.split("/"))
    coarse = naming.collect([types], ["neutrophil_band"], ["neutrophil_band"], [chances], [""])
    assert coarse.confidence.tolist() == pytest.approx([0.9])
    fine = naming.collect([frozenset({"neutrophil_band"})], ["neutrophil_band"], ["neutrophil_band"], [chances], [""])
    assert fine.confidence.tolist() == [0.5]


def test_calibration_error_of_a_known_case() -> None:
    sure = cells(*[("blast", "blast" if right else "monocyte", 0.9, "") for right in [True] * 6 + [False] * 4])
    assert naming.calibration_error(sure).value == pytest.approx(0.3)
    assert naming.reliability(sure) == [(pytest.approx(0.9), pytest.approx(0.6), 10)]


def test_tables_by_class_and_by_slide() -> None:
    overall, by_class, by_slide, _ = naming.tables("s", "S", SOME)
    assert (overall.rows[0]["cells"], overall.rows[0]["slides"]) == (5, 2)
    lymphocytes = by_class.rows[0]
    assert lymphocytes["label allows"] == "lymphocyte"
    assert lymphocytes["most often taken for"] in ("blast (1)", f"{NEUTROPHIL} (1)")
    assert [row["holds"] for row in by_slide.rows] == [f"2 {NEUTROPHIL}", "3 lymphocyte"]
    assert all("|" in table.markdown() for table in (overall, by_class, by_slide))


def test_the_least_confident_abstain_first() -> None:
    table = naming.tables("s", "S", SOME)[-1]
    assert table.title == "S, the least confident left out"
    kept = {row["abstained"]: (row["cells kept"], row["right (95 % interval)"].value) for row in table.rows}
    assert kept["0%"] == (5, pytest.approx(2 / 5))
    assert kept["20%"] == (4, pytest.approx(2 / 4)), "of five cells one goes, and no rounding takes or leaves another"
    assert kept["50%"] == (3, pytest.approx(2 / 3))
    assert [row["least confidence"] for row in table.rows] == [0.4, 0.4, 0.4, 0.6, 0.6, 0.7]
    assert naming.most_confident(SOME, 0.5).group == ("a", "b", "b"), "in their own order"


def test_slides_are_drawn_as_a_whole() -> None:
    generator = np.random.default_rng(0)
    slides = [str(number // 20) for number in range(400)]
    values = np.repeat(generator.normal(size=20), 20)[:, None]
    alone = bootstrap.interval(lambda rows: float(rows.mean()), values)
    together = bootstrap.interval(lambda rows: float(rows.mean()), values, slides)
    assert together.value == alone.value
    assert together.high - together.low == pytest.approx((alone.high - alone.low) * 20**0.5, rel=0.15)
    assert bootstrap.interval(lambda rows: float(rows.mean()), values, [""] * 400) == alone


def test_plots_are_small_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plots.confusion(tmp_path / "c.png", SOME, "Some cells")
    plots.reliability(tmp_path / "r.png", SOME, "Some cells")
    for name in ("c.png", "r.png"):
        content = (tmp_path / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) < 40_000
