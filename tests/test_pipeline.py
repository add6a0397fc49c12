"""The one road from photographs to a result, on rendered fields, bad inputs and a few real fields."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import pickle
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import lowcost
from lowcost import features
from lowcost.errors import BundleError, InputError
from lowcost.evaluation.detection import Counts, score
from lowcost.evaluation.faults import truth, within_limit
from lowcost.image.reading import read
from lowcost.pipeline import Analyzer, analyze
from lowcost.result import Cell, Failure, Field, SmearResult
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, EVIDENCE_LEVELS, NOT_ASSESSABLE, UNIDENTIFIED
from tests import fields

UM_PER_PX = 0.12  # of `fields.row`


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    return Analyzer.load()


@pytest.fixture(scope="session")
def row(analyzer: Analyzer) -> SmearResult:
    return analyzer.analyze(fields.row().pixels, um_per_px=UM_PER_PX)


@pytest.fixture(scope="session")
def clinic(analyzer: Analyzer) -> Field:
    return analyzer.analyze(fields.preset("clinic", 3).pixels).fields[0]


def png(pixels: NDArray[np.uint8]) -> bytes:
    done, encoded = cv2.imencode(".png", pixels[..., ::-1])
    assert done
    return encoded.tobytes()


def seen_cells(field: Field) -> list[Cell]:
    """The objects that have a view."""
    return [cell for cell in field.cells if cell.nucleus_polygons]


# ---------------------------------------------------------------- what is found


def test_every_leukocyte_is_a_cell(clinic: Field) -> None:
    matching = fields.matched(fields.preset("clinic", 3), [cell.box for cell in clinic.cells if cell.is_leukocyte])
    assert not matching.missed
    assert not matching.spurious


def test_cells_are_numbered_in_reading_order(clinic: Field) -> None:
    assert [cell.id for cell in clinic.cells] == list(range(1, len(clinic.cells) + 1))
    tops = [(cell.box[1], cell.box[0]) for cell in clinic.cells]
    assert tops == sorted(tops)


def test_a_cell_is_complete(clinic: Field, analyzer: Analyzer) -> None:
    for cell in seen_cells(clinic):
        assert cell.type in CELL_TYPES
        assert 0 < cell.probability <= 1
        assert sum(cell.probabilities.values()) == pytest.approx(1.0, abs=1e-6)
        assert (
            cell.probability == pytest.approx(max(cell.probabilities.values()), abs=1e-6) or cell.type == UNIDENTIFIED
        )
        assert set(cell.features) <= set(features.NAMES)
        assert len(cell.features) > 60
        assert np.isfinite(list(cell.features.values())).all()
        assert list(cell.attributes) == list(ATTRIBUTES)
        for name, value in cell.attributes.items():
            assert value.name == name
            assert value.value in (*ATTRIBUTES[name].values, NOT_ASSESSABLE)
            assert value.evidence in EVIDENCE_LEVELS
            assert len(value.reasons) <= 3
        assert cell.outline.shape[1] == 2


def test_what_was_measured_by_size_alone_claims_no_more(clinic: Field) -> None:
    others = [cell for cell in clinic.cells if not cell.nucleus_polygons]
    for cell in others:
        assert cell.type in ("platelet", "artefact")
        assert not cell.is_leukocyte
        assert cell.attributes == {}
        assert cell.features == {}
        assert cell.probabilities == {}


def test_a_field_says_what_was_measured_on_it(clinic: Field) -> None:
    field = fields.preset("clinic", 3)
    assert (clinic.width, clinic.height) == (field.pixels.shape[1], field.pixels.shape[0])
    assert clinic.verdict == "accepted"
    assert clinic.reasons == ()
    assert clinic.scale.source == "red cells"
    assert clinic.scale.um_per_px_x == pytest.approx(field.um_per_px[0], rel=0.08)
    assert clinic.white_point == pytest.approx(field.white_point, abs=8)
    assert set(clinic.stain_vectors) == {"chromatin", "haemoglobin"}
    assert clinic.name == "array"
    assert re.fullmatch(r"[0-9a-f]{64}", clinic.sha256)


def test_edge_cut_cells_are_flagged(analyzer: Analyzer) -> None:
    field = fields.cut()
    found = analyzer.analyze(field.pixels, um_per_px=UM_PER_PX).fields[0]
    cells = seen_cells(found)
    for i, j in fields.matched(field, [cell.box for cell in cells], "centre").pairs:
        assert cells[j].touches_edge == field.leukocytes[i].touches_edge


def test_at_10x_cells_are_counted_but_not_described(analyzer: Analyzer) -> None:
    field = fields.coarse()
    result = analyzer.analyze(field.pixels, um_per_px=0.65)
    found = result.fields[0]
    assert found.verdict == "doubtful"
    assert any("magnification" in reason for reason in found.reasons)
    cells = seen_cells(found)
    matching = fields.matched(field, [cell.box for cell in cells], "centre")
    assert len(matching.missed) + len(matching.spurious) <= 1
    for cell in cells:
        assert cell.type == UNIDENTIFIED
        assert cell.is_leukocyte
        assert cell.probabilities == {}
        assert cell.features == {}
        assert list(cell.attributes) == list(ATTRIBUTES)
        assert {value.value for value in cell.attributes.values()} == {NOT_ASSESSABLE}
        assert {value.probability for value in cell.attributes.values()} == {None}
    assert result.differential.counted == 0
    assert result.differential.unidentified.count == len(cells)


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((300, 400, 3), 128, np.uint8),
        np.zeros((300, 400, 3), np.uint8),
        np.full((300, 400, 3), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8),
    ],
    ids=["grey", "black", "white", "noise"],
)
def test_a_rejected_field_says_why_and_has_no_cells(pixels: NDArray[np.uint8], analyzer: Analyzer) -> None:
    result = analyzer.analyze(pixels)
    (found,) = result.fields
    assert found.verdict == "rejected"
    assert found.reasons
    assert found.cells == ()
    assert found.stain_vectors == {}
    assert result.differential.counted == 0
    assert SmearResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_a_field_without_red_cells_asks_for_its_scale(analyzer: Analyzer) -> None:
    field = fields.row()
    x0, y0, x1, y1 = field.leukocytes[2].box
    alone = np.ascontiguousarray(field.pixels[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2])
    (found,) = analyzer.analyze(alone).fields
    assert found.verdict == "rejected"
    assert any("--um-per-px" in reason for reason in found.reasons) or found.scale.source != "unknown"


def test_dark_rims_of_bubbles_do_not_stop_the_road(analyzer: Analyzer) -> None:
    (found,) = analyzer.analyze(fields.ring(26.0, 31.0), um_per_px=UM_PER_PX).fields
    rings = [cell for cell in found.cells if (cell.box[2] - cell.box[0]) * UM_PER_PX > 40]
    assert [cell.type for cell in rings] == ["artefact"]


# ---------------------------------------------------------------- scale and inputs


@pytest.mark.parametrize("scale", [0.0, -0.1, 0.001, 5.0, float("nan"), float("inf")])
def test_an_impossible_scale_gets_a_sentence(scale: float, analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match=r"um per px must lie between .* got .*7\.2"):
        analyzer.analyze(fields.row().pixels, um_per_px=scale)


def test_a_scale_that_is_no_number_gets_the_same_sentence(analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="um per px must lie between .* got '0.1'"):
        analyzer.analyze(fields.row().pixels, um_per_px="0.1")  # type: ignore[arg-type]


@pytest.mark.parametrize("images", [3, None])
def test_what_is_no_image_at_all_gets_a_sentence(images: object, analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="expected a path, bytes, pixels or a sequence of these, got (int|NoneType)"):
        analyzer.analyze(images)  # type: ignore[arg-type]


def test_a_given_scale_is_the_field_s(row: SmearResult) -> None:
    scale = row.fields[0].scale
    assert (scale.um_per_px_x, scale.um_per_px_y) == (UM_PER_PX, UM_PER_PX)
    assert scale.source == "given"
    assert scale.confidence == 1.0


def test_the_scale_of_the_metadata_is_used_and_a_given_one_goes_before(analyzer: Analyzer) -> None:
    image = dataclasses.replace(read(fields.row().pixels), um_per_px=(0.11, 0.13))
    found = analyzer.field(image).scale
    assert (found.um_per_px_x, found.um_per_px_y, found.source) == (0.11, 0.13, "metadata")
    assert analyzer.field(image, um_per_px=UM_PER_PX).scale.source == "given"


def test_the_same_pixels_give_the_same_cells_however_they_come(
    analyzer: Analyzer, row: SmearResult, tmp_path: Path
) -> None:
    content = png(fields.row().pixels)
    path = tmp_path / "field 1.png"
    path.write_bytes(content)
    sources: list[Any] = [content, path, str(path)]
    found = [analyzer.analyze(source, um_per_px=UM_PER_PX).fields[0] for source in sources]
    for each, name in zip(found, ("bytes", "field 1.png", "field 1.png"), strict=True):
        assert each.name == name
        assert each.sha256 == hashlib.sha256(content).hexdigest()
        assert each.cells == row.fields[0].cells
        assert each.quality == row.fields[0].quality
    alpha = np.dstack([fields.row().pixels, np.full(fields.row().pixels.shape[:2], 255, np.uint8)])
    assert analyzer.analyze(alpha, um_per_px=UM_PER_PX).fields[0].cells == row.fields[0].cells


def test_a_single_bad_input_raises(analyzer: Analyzer, tmp_path: Path) -> None:
    text = tmp_path / "notes.jpg"
    text.write_text("not an image")
    for bad in (tmp_path / "missing.png", text, tmp_path, b"", b"not an image", np.zeros((5, 5, 3), np.uint8)):
        with pytest.raises(InputError):
            analyzer.analyze(bad)


def test_of_several_inputs_the_bad_ones_are_listed_and_the_others_done(analyzer: Analyzer, tmp_path: Path) -> None:
    missing = tmp_path / "missing.png"
    pixels = fields.row().pixels
    told: list[Field | Failure] = []
    result = analyzer.analyze(
        [missing, pixels, b"nonsense", np.zeros((90, 90), np.float32)], um_per_px=UM_PER_PX, progress=told.append
    )
    assert len(result.fields) == 1
    assert [failure.name for failure in result.failures] == [str(missing), "input 3", "input 4"]
    assert all(failure.message for failure in result.failures)
    assert "does not exist" in result.failures[0].message
    assert told == [result.failures[0], result.fields[0], *result.failures[1:]]


def test_one_bad_input_in_a_sequence_is_a_failure_too(analyzer: Analyzer) -> None:
    result = analyzer.analyze([b"nonsense"])
    assert result.fields == ()
    assert len(result.failures) == 1
    assert result.differential.counted == 0
    assert SmearResult.from_dict(result.to_dict()) == result


@pytest.mark.parametrize("nothing", [[], {}, io.BytesIO(b"x")])
def test_what_holds_no_image_is_refused(analyzer: Analyzer, nothing: Any) -> None:
    with pytest.raises(InputError, match=r"no image|got dict|pass f\.read\(\)"):
        analyzer.analyze(nothing)


def test_truth_is_no_scale(analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="got True"):
        analyzer.analyze(fields.row().pixels, um_per_px=True)


def test_the_same_pixels_in_another_format_count_once(analyzer: Analyzer) -> None:
    pixels = fields.row().pixels
    files = [cv2.imencode(kind, pixels[..., ::-1])[1].tobytes() for kind in (".png", ".bmp", ".tif")]
    result = analyzer.analyze([pixels, *files], um_per_px=UM_PER_PX)
    assert len(result.fields) == 1
    assert [failure.message for failure in result.failures] == [
        f"input {number} is the same picture as input 1: it is counted once" for number in (2, 3, 4)
    ]


def test_a_device_that_is_no_path_gets_a_sentence() -> None:
    with pytest.raises(lowcost.LowcostError, match="named by its path, got 5"):
        Analyzer.load(device=5)  # type: ignore[arg-type]


def test_what_cannot_be_an_image_gets_a_sentence(analyzer: Analyzer) -> None:
    result = analyzer.analyze([3.5])  # type: ignore[list-item]
    assert "float" in result.failures[0].message


def test_progress_is_told_of_each_field_in_order(analyzer: Analyzer) -> None:
    told: list[Field | Failure] = []
    pixels = fields.row().pixels
    result = analyzer.analyze([pixels, pixels[:, ::-1]], um_per_px=UM_PER_PX, progress=told.append)
    assert tuple(told) == result.fields


def test_one_slide_of_several_fields_has_one_differential(analyzer: Analyzer, row: SmearResult) -> None:
    pixels = fields.row().pixels
    other = pixels.copy()
    other[0, 0] ^= 1
    both = analyzer.analyze([pixels, other], um_per_px=UM_PER_PX)
    assert both.differential.counted == 2 * row.differential.counted
    assert both.cells == row.cells * 2
    assert analyzer.result(both.fields, both.failures) == both


def test_a_picture_given_twice_counts_once(analyzer: Analyzer, row: SmearResult) -> None:
    pixels = fields.row().pixels
    twice = analyzer.analyze([pixels, pixels], um_per_px=UM_PER_PX)
    assert twice.cells == row.cells
    assert [failure.message for failure in twice.failures] == [
        "input 2 is the same picture as input 1: it is counted once"
    ]


# ---------------------------------------------------------------- the result


def test_the_provenance_says_how_to_repeat_it(row: SmearResult, analyzer: Analyzer) -> None:
    assert set(row.provenance) == {"lowcost", "bundle", "bundle_sha256", "runtime", "python", "numpy"}
    assert row.provenance["lowcost"] == lowcost.__version__
    assert row.provenance["bundle_sha256"] == analyzer.bundle.digest
    assert row.provenance["bundle"] == f"{analyzer.bundle.name} {analyzer.bundle.version}"
    assert all(isinstance(value, str) and value for value in row.provenance.values())


def test_a_result_reads_back_equal(analyzer: Analyzer, row: SmearResult) -> None:
    text = json.dumps(row.to_dict(), allow_nan=False)
    again = SmearResult.from_dict(json.loads(text))
    assert again == row
    assert json.dumps(again.to_dict(), allow_nan=False) == text
    assert pickle.loads(pickle.dumps(row)) == row


def test_the_result_holds_plain_numbers(row: SmearResult) -> None:
    """Numbers of numpy would not compare, hash or print like those read back."""

    def check(value: object) -> None:
        if dataclasses.is_dataclass(value):
            for item in dataclasses.fields(value):
                check(getattr(value, item.name))
        elif isinstance(value, tuple | list):
            for each in value:
                check(each)
        elif isinstance(value, dict):
            for key, each in value.items():
                assert type(key) is str
                check(each)
        else:
            assert type(value) in (str, int, float, bool, type(None)), type(value)

    check(row)


def test_the_same_bytes_come_again_and_from_many_threads(analyzer: Analyzer) -> None:
    threads, start = 8, threading.Barrier(8)
    inputs: list[Any] = [fields.row().pixels]
    inputs += [cv2.imencode(kind, inputs[0][..., ::-1])[1].tobytes() for kind in (".jpg", ".tif")]
    expected = [json.dumps(analyzer.analyze(each).to_dict()) for each in inputs]

    def work(first: int) -> bool:
        order = [(first + step) % len(inputs) for step in range(len(inputs))]
        start.wait()
        return all(json.dumps(analyzer.analyze(inputs[each]).to_dict()) == expected[each] for each in order)

    with ThreadPoolExecutor(threads) as pool:
        assert all(pool.map(work, [0, 0, 0, 1, 1, 1, 2, 2]))


def test_threads_that_read_damaged_files_complain_each_of_its_own(analyzer: Analyzer) -> None:
    whole = {kind: cv2.imencode(kind, fields.row().pixels)[1].tobytes() for kind in (".jpg", ".png", ".tif")}
    damaged = {"JPEG": whole[".jpg"][:9000], "PNG": whole[".png"][:9000], "TIFF": whole[".tif"][:9000]}

    def complaint(kind: str) -> str:
        with pytest.raises(InputError) as caught:
            analyzer.analyze(damaged[kind])
        return str(caught.value)

    kinds = list(damaged) * 8
    with ThreadPoolExecutor(8) as pool:
        assert all(kind in said for kind, said in zip(kinds, pool.map(complaint, kinds), strict=True))


def test_a_bundle_loaded_anew_gives_the_same_bytes(row: SmearResult) -> None:
    again = Analyzer.load().analyze(fields.row().pixels, um_per_px=UM_PER_PX)
    assert again.to_dict() == row.to_dict()


def test_the_input_is_left_alone(analyzer: Analyzer) -> None:
    pixels = fields.row().pixels.copy()
    pixels.setflags(write=False)
    analyzer.analyze(pixels, um_per_px=UM_PER_PX)
    np.testing.assert_array_equal(pixels, fields.row().pixels)


def test_a_missing_bundle_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle"):
        Analyzer.load(tmp_path / "nowhere")


# ---------------------------------------------------------------- reached from the top


def test_the_package_reaches_the_road(row: SmearResult) -> None:
    assert lowcost.Analyzer is Analyzer
    assert lowcost.analyze is analyze
    assert lowcost.SmearResult is SmearResult
    assert lowcost.analyze(fields.row().pixels, um_per_px=UM_PER_PX) == row
    assert {"Analyzer", "SmearResult", "analyze", "export"} <= set(dir(lowcost))
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        lowcost.analyse  # noqa: B018


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = (
        "import sys, lowcost; "
        "print([n for n in ('cv2', 'lightgbm', 'PIL', 'skimage', 'scipy', 'ai_edge_litert') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


# ---------------------------------------------------------------- real fields


def test_real_fields_of_three_sets(shared_data: Path, analyzer: Analyzer) -> None:
    """A smoke test; the figures over whole sets are those of `lowcost evaluate`."""
    total = Counts()
    for name, count in (("bccd", 5), ("raabin_dev", 3), ("lld_dev", 3)):
        labelled = import_module(f"lowcost.datasets.{name}").fields(shared_data)
        faults = within_limit(labelled)
        usable = [field for field in labelled if field.split in ("", "train")]
        for field in usable[:: max(1, len(usable) // count)][:count]:
            (found,) = analyzer.analyze(field.path, um_per_px=field.um_per_px).fields
            assert found.verdict != "rejected"
            expected = truth(field, faults)
            boxes = [cell.box for cell in found.cells if cell.is_leukocyte]
            total += score(expected.boxes, boxes, "centre", expected.ignore)
    assert total.f1 >= 0.9
