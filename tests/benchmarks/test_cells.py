from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import cells, record
from benchmarks.baselines.ours import PARTS, Ours
from benchmarks.cells import Opinion
from lowcost.bundle import Bundle
from lowcost.classifier import Parameters
from lowcost.datasets.pbc import ATTRIBUTE_NAMES
from lowcost.evaluation.tables import Table as Figures
from lowcost.features import NAMES
from lowcost.taxonomy import ATTRIBUTES
from lowcost.training.morphology import Table
from lowcost.training.views import CLASSES, Sample


def sample(name: str, **attributes: str) -> Sample:
    return Sample(Path("a.jpg"), frozenset({name}), "pbc", "test", 0.1, attributes=attributes)


def table(*samples: Sample) -> Table:
    random = np.random.default_rng(2)
    crops = random.integers(60, 240, (len(samples), 96, 96, 3)).astype(np.uint8)
    return Table(list(samples), random.normal(size=(len(samples), 1, len(NAMES))), crops)


def test_cells_are_called_by_their_largest_probability_and_unsure_ones_unidentified():
    probabilities = np.zeros((2, len(CLASSES)))
    probabilities[0, CLASSES.index("lymphocyte")] = 1.0
    probabilities[1, [CLASSES.index("monocyte"), CLASSES.index("blast")]] = 0.52, 0.48
    own = table(sample("lymphocyte"), sample("lymphocyte"))
    named = cells.named(Opinion(probabilities), own, Bundle.load().section("classifier", Parameters))
    assert named.right.tolist() == [True, False]
    assert named.decided == ("lymphocyte", "unidentified")
    assert named.confidence.tolist() == [1.0, 0.52]


def test_scores_of_some_types_are_their_probabilities_and_the_others_have_none():
    opinion = Opinion.of_scores(np.array([[0.0, np.log(3.0)], [800.0, 800.0]]), ("monocyte", "blast"))
    columns = [CLASSES.index("monocyte"), CLASSES.index("blast")]
    assert opinion.probabilities[:, columns] == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]))
    assert not np.delete(opinion.probabilities, columns, axis=1).any()
    assert opinion.attributes is None


def test_attributes_are_numbers_and_missing_ones_are_told():
    value = ATTRIBUTES["cell_size"].values[1]
    found = cells.labelled_attributes(table(sample("monocyte", cell_size=value), sample("monocyte")))
    column = ATTRIBUTE_NAMES.index("cell_size")
    assert found[:, column].tolist() == [1, -1]
    assert (np.delete(found, column, axis=1) == -1).all()


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_ours_gives_probabilities(part):
    own = table(*(sample("lymphocyte") for _ in range(5)))
    opinion = Ours(cells.named_by(None), part, "shipped").predict(own)
    assert np.allclose(opinion.probabilities.sum(axis=1), 1.0)
    assert (opinion.attributes is not None) == (part == "both")


def test_another_bundle_lends_its_names_and_not_its_finder(repository):
    installed = Bundle.load()
    borrowed = cells.named_by(repository / "models" / "lowcost-1")
    assert borrowed.parameters == installed.parameters
    assert borrowed.files == installed.files


def test_what_is_written_is_read(tmp_path, capsys):
    record.write(tmp_path, "some", [Figures("t", "Title", ({"a": 1.5},))], {"runs": 3})
    content = record.read(tmp_path, "some")
    assert content is not None
    assert (content["settings"], content["tables"][0]["rows"]) == ({"runs": 3}, [{"a": 1.5}])
    assert {"machine", "python version", "commit", "command", "bundle sha256"} <= set(content["measured"])
    assert "Title" in capsys.readouterr().out
    assert record.read(tmp_path, "other") is None


def test_a_report_is_for_people_and_for_programs(tmp_path, capsys):
    figures = Figures("t", "Title", ({"a": 1.5},))
    record.report(tmp_path / "new", "some", [figures], "make some", {"board": "none"}, faults=["one"])
    told, content = (tmp_path / "new" / "some.md").read_text(), record.read(tmp_path / "new", "some")
    assert content is not None
    assert list(content) == ["measured", "tables", "faults"]
    assert (content["tables"][0]["rows"], content["faults"]) == ([{"a": 1.5}], ["one"])
    assert (content["measured"]["command"], content["measured"]["board"]) == ("make some", "none")
    assert told.startswith(figures.markdown() + "\n## How it was measured\n\n* ")
    assert told.endswith("* board: none\n")
    assert capsys.readouterr().out == figures.markdown() + "\n"
