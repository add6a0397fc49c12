from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from benchmarks import growth, page, record
from benchmarks.svg import Line, Panel, sheet


def test_the_page_is_made_of_the_committed_results(tmp_path, monkeypatch, repository):
    """Every number between the marks comes from JSON: making the page again changes nothing."""
    committed = repository / "benchmarks" / "README.md"
    copy = tmp_path / "README.md"
    copy.write_text(committed.read_text(encoding="utf-8"), encoding="utf-8")
    results = tmp_path / "results"
    results.mkdir()
    for name in page.BLOCKS:
        content = record.read(record.RESULTS, name)
        if content is not None:
            (results / f"{name}.json").write_text(json.dumps(content))
    monkeypatch.setattr("sys.argv", ["page", "--page", str(copy), "--results", str(results)])
    page.main()
    assert copy.read_text(encoding="utf-8") == committed.read_text(encoding="utf-8")
    for plot in results.glob("*.svg"):
        assert plot.read_bytes() == (record.RESULTS / plot.name).read_bytes()
        assert plot.stat().st_size < 60_000


def test_every_plot_of_the_page_is_there(repository):
    text = (repository / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
        assert (repository / "benchmarks" / name).is_file(), name


def test_curves_lie_where_their_values_are():
    panel = Panel("a < b", {"x": [("1", 0.0), ("2", None), ("3", 1.0)]})
    drawn = sheet([panel], {"x": Line("#000", "2 2")}, columns=1)
    root = ElementTree.fromstring(drawn)
    paths = [each.get("d") for each in root.iter() if each.tag.endswith("path") and each.get("fill") == "none"]
    assert len(paths) == 1
    first, last = re.findall(r"[\d.]+ [\d.]+", paths[0] or "")
    assert float(first.split()[1]) > float(last.split()[1])  # 1 is above 0


def test_linear_growth_is_a_plane_and_a_parabola_is_not():
    line = growth.fit("s", growth.PICTURES, [5.0 + 3.0 * size + 2.0 * cells for size, cells in growth.PICTURES])
    assert [line[name] for name in ("start, ms", "ms per megapixel", "ms per cell", "R2")] == pytest.approx(
        [5, 3, 2, 1]
    )
    parabola = growth.fit("s", growth.PICTURES, [5.0 + size * size + cells for size, cells in growth.PICTURES])
    assert parabola["R2"] < 0.99
