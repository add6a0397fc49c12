import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowcost import features
from lowcost.features.__main__ import page
from tests.features.cells import SIDE, band, disc, drawn, ellipse, lobed

CELL = disc(60)


def measured(nucleus, cell=CELL, seed=0):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return dict(zip(features.NAMES, features.compute(drawn(nucleus, cell, seed), nucleus, cell), strict=True))


def test_table():
    assert len(features.TABLE) >= 80
    assert len(set(features.NAMES)) == len(features.TABLE)
    assert all(feature.definition.endswith(".") for feature in features.TABLE)
    assert {feature.unit for feature in features.TABLE} <= {"um", "um2", "1/um", "1/um2", "OD", "count", "1"}


def test_documentation_is_in_step(repository):
    assert (repository / "docs" / "features.md").read_text() == page(), (
        "run python -m lowcost.features > docs/features.md"
    )


def test_disc_in_disc():
    values = measured(disc(30))
    assert values["nucleus_area"] == pytest.approx(np.pi * 30**2 / 64, rel=0.02)
    assert values["cell_feret_max"] == pytest.approx(121 / 8, rel=0.02)
    assert values["nucleus_cell_ratio"] == pytest.approx(0.25, abs=0.01)
    assert values["nucleus_circularity"] == pytest.approx(1, abs=0.12)
    assert values["nucleus_solidity"] > 0.95
    assert values["nucleus_offset"] == pytest.approx(0, abs=1e-9)
    assert values["cytoplasm_width_mean"] == pytest.approx(30 / 8, abs=0.1)
    assert values["nucleus_lobes_80"] == 1
    assert values["nucleus_concavities"] == 0
    assert values["vacuole_count"] == 0
    assert values["chromatin_density_green"] == pytest.approx(np.log(240 / 40), rel=0.03)
    assert values["hull_ratio_red"] == pytest.approx(1, abs=0.1)


def test_ellipse():
    values = measured(ellipse(40, 20, 25))
    assert values["nucleus_aspect"] == pytest.approx(2, rel=0.02)
    assert values["nucleus_eccentricity"] == pytest.approx(0.866, rel=0.02)
    assert values["nucleus_ellipse_misfit"] < 0.02
    assert values["nucleus_feret_min"] == pytest.approx(41 / 8, rel=0.04)


def test_lobes_bands_and_discs_are_told_apart():
    for count in (2, 3):
        values = measured(lobed(count, 4))
        assert values["nucleus_lobes_65"] == count
        assert values["nucleus_parts"] == 1
    assert measured(lobed(3, 0))["nucleus_parts"] == 3
    curved = measured(band(14))
    assert curved["nucleus_lobes_65"] == 1
    assert curved["nucleus_bandness"] > 5
    assert curved["nucleus_bay_depth_1"] > 2
    assert curved["nucleus_ridge_width_mean"] == pytest.approx(14 / 8, rel=0.25)


def test_holes_are_vacuoles_and_grains_are_granules():
    view = drawn(disc(20), CELL)
    for x in (78, 94, 165):
        view[disc(5, (x, 128))] = 238
    spotted = dict(zip(features.NAMES, features.compute(view, disc(20), CELL), strict=True))
    assert spotted["vacuole_count"] == 3
    assert spotted["vacuole_area"] == pytest.approx(81 / 64, rel=0.2)
    view = drawn(disc(20), CELL)
    for y in range(80, 180, 8):
        view[y : y + 2, 80:83] = (60, 20, 100)
    assert dict(zip(features.NAMES, features.compute(view, disc(20), CELL), strict=True))["granule_count"] >= 11


def test_pale_spot_is_a_nucleolus():
    nucleus = disc(36)
    view = drawn(nucleus, CELL)
    view[disc(6, (120, 128))] = (90, 75, 150)
    values = dict(zip(features.NAMES, features.compute(view, nucleus, CELL), strict=True))
    assert values["nucleolus_count"] == 1
    assert values["nucleolus_area"] == pytest.approx(113 / 64, rel=0.5)
    assert values["nucleolus_prominence"] > 4.5
    assert measured(nucleus)["nucleolus_count"] == 0


@pytest.mark.parametrize("turn", [lambda a: np.rot90(a), lambda a: np.flipud(a), lambda a: np.fliplr(a)])
def test_turning_and_mirroring_change_nothing(turn):
    nucleus, cell = lobed(3, 5) | disc(14, (120, 150)), ellipse(70, 55, 20)
    view = drawn(nucleus, cell)
    plain = features.compute(view, nucleus, cell)
    turned = features.compute(*(np.ascontiguousarray(turn(a)) for a in (view, nucleus, cell)))
    # The outline is traced from its topmost px, so its resampled points, and with them harmonics, shift by a little.
    traced = [
        n for n in features.NAMES if any(w in n for w in ("harmonic", "curv", "rough", "radial", "conc", "bending"))
    ]
    for name, one, other in zip(features.NAMES, plain, turned, strict=True):
        tolerance = {"rel": 0.1, "abs": 0.1} if name in traced else {"rel": 1e-9, "abs": 1e-9}
        assert other == pytest.approx(one, **tolerance), name


def test_place_in_the_view_changes_nothing():
    nucleus, cell = lobed(2, 5), ellipse(70, 55, 20)
    view = drawn(nucleus, cell)
    moved = (np.roll(array, (17, -23), axis=(0, 1)) for array in (view, nucleus, cell))
    assert np.array_equal(features.compute(view, nucleus, cell), features.compute(*moved))


def test_only_the_cell_counts():
    nucleus, cell = disc(20), disc(40)
    view = drawn(nucleus, cell)
    dirty = np.where(cell[..., None], view, np.uint8(30))
    assert np.array_equal(features.compute(view, nucleus, cell), features.compute(dirty, nucleus, cell))


def test_threads_specks_and_pinholes_of_the_nucleus_do_not_count():
    nucleus = disc(24, (110, 128)) | disc(16, (160, 128))
    dirty = nucleus | disc(3, (128, 170))
    dirty[127:130, 130:150] = True  # a thread
    dirty[120:124, 104:108] = False  # a pinhole
    clean, same = measured(nucleus), measured(dirty)
    assert same["nucleus_parts"] == clean["nucleus_parts"] == 2
    assert same["nucleus_area"] == pytest.approx(clean["nucleus_area"], rel=0.01)  # the thread's roots stay
    assert same["nucleus_holes"] == 0


def test_missing_parts_are_nan():
    empty = np.zeros((SIDE, SIDE), bool)
    assert np.isnan(features.compute(drawn(empty, empty), empty, empty)).all()
    values = measured(empty)
    assert np.isnan(values["nucleus_area"])
    assert np.isfinite(values["cell_area"])
    values = measured(CELL)
    assert np.isnan(values["cytoplasm_red_share"])
    assert np.isfinite(values["nucleus_cell_ratio"])


@given(st.integers(0, 10**6), st.floats(0.0, 0.9), st.floats(0.0, 0.9), st.integers(1, 40))
def test_any_masks_are_measured(seed, share_nucleus, share_cell, side):
    generator = np.random.default_rng(seed)
    view = generator.integers(0, 256, (side, side + 3, 3), dtype=np.uint8)
    nucleus = generator.random((side, side + 3)) < share_nucleus
    cell = nucleus | (generator.random((side, side + 3)) < share_cell)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        values = features.compute(view, nucleus, cell)
    assert values.shape == (len(features.TABLE),)
    assert not np.isinf(values).any()
    # Counted after the nucleus's pinholes are filled and its specks dropped.
    if nucleus.any() and values[features.NAMES.index("cytoplasm_area")] * 64 >= 16:
        assert np.isfinite(values).all()


def test_what_is_nothing_is_exactly_nothing():
    line = np.zeros((SIDE, SIDE), bool)
    line[40, 20:60] = True
    values = measured(np.zeros_like(line), line)
    assert values["cell_curvature_max"] == values["cell_curvature_min"] == values["cell_concave_share"] == 0
    square = np.zeros((SIDE, SIDE), bool)
    square[40:60, 40:60] = True  # four equal sides: no waviness of odd order
    values = measured(np.zeros_like(square), square)
    assert [values[f"cell_harmonic_{k}"] for k in (2, 3, 5)] == [0, 0, 0]
    view = np.full((SIDE, SIDE, 3), (150, 90, 120), np.uint8)
    values = dict(zip(features.NAMES, features.compute(view, disc(20), CELL), strict=True))
    assert values["red_share_gap"] == values["blue_share_gap"] == values["chromatin_skewness"] == 0


def test_of_equally_large_vacuoles_the_roundest_counts():
    for first, second in (((60, 9, 9), (180, 3, 27)), ((60, 3, 27), (180, 9, 9))):
        view = drawn(disc(20), CELL)
        for left, width, height in (first, second):
            view[100 : 100 + height, left + 10 : left + 10 + width] = 238
        cell = np.ones((SIDE, SIDE), bool)
        cell[:4] = cell[-4:] = cell[:, :4] = cell[:, -4:] = False
        view[cell & (view[..., 0] == 240)] = (200, 150, 170)
        values = dict(zip(features.NAMES, features.compute(view, disc(20), cell), strict=True))
        assert values["vacuole_count"] == 2
        assert values["vacuole_roundness"] == pytest.approx(4 / np.pi)
