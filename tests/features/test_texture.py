import numpy as np
import pytest
from skimage.feature import graycomatrix, graycoprops

from lowcost.features import filters, texture


@pytest.fixture
def levels():
    smooth = np.random.default_rng(5).random((40, 50)).cumsum(axis=1)
    return (smooth % 16).astype(np.uint8)


def test_haralick_agrees_with_scikit_image(levels):
    counts = texture.cooccurrence(levels, np.ones(levels.shape, bool), 1)
    angles = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
    reference = graycomatrix(levels, [1], angles, texture.LEVELS, symmetric=True).sum(axis=3, keepdims=True)
    assert np.array_equal(counts, reference[:, :, 0, 0])
    ours = texture.haralick(counts)
    for name in ("contrast", "homogeneity", "energy", "correlation"):
        normed = reference / reference.sum()
        assert ours[name] == pytest.approx(graycoprops(normed, name)[0, 0], rel=1e-9)


def test_only_pairs_inside_the_mask_count(levels):
    mask = np.zeros(levels.shape, bool)
    mask[10:12, 10:12] = True
    assert texture.cooccurrence(levels, mask, 1).sum() == 2 * 6
    assert texture.cooccurrence(levels, mask, 4).sum() == 0


def test_levels_do_not_depend_on_the_camera():
    dark = np.random.default_rng(1).integers(20, 60, (30, 30), dtype=np.uint8)
    mask = np.ones(dark.shape, bool)
    assert np.array_equal(texture.relative_levels(dark, mask), texture.relative_levels(dark * 2, mask))


def test_patterns_of_a_flat_region_have_every_neighbour_set():
    shares = texture.binary_patterns(np.full((20, 20), 90, np.uint8), np.ones((20, 20), bool), 2)
    assert shares.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]


def test_patterns_do_not_turn_with_the_image(levels):
    mask = np.ones(levels.shape, bool)
    turned = np.ascontiguousarray(np.rot90(levels))
    assert np.array_equal(
        texture.binary_patterns(levels, mask, 2), texture.binary_patterns(turned, np.rot90(mask).copy(), 2)
    )


def test_grains_and_gaps_are_found_by_size():
    grey = np.full((60, 60), 50, np.uint8)
    grey[::12, ::12] = 100  # grains one px wide
    grey[30:37, 30:37] = 20  # a gap of 7 px = 0.9 um
    mask = np.ones(grey.shape, bool)
    reaches = (0.25, 0.5, 1.0)
    top = [texture.relief(filters.top_hat(grey, reach), mask, grey.mean()) for reach in reaches]
    bottom = [texture.relief(filters.bottom_hat(grey, reach), mask, grey.mean()) for reach in reaches]
    assert top[0] > 0
    assert top == pytest.approx([top[0]] * 3, rel=0.05)
    assert bottom[0] == 0.0
    assert bottom[1] > 0


def test_entropy_and_a_region_without_pairs():
    counts = np.zeros((texture.LEVELS, texture.LEVELS), np.int64)
    assert set(texture.haralick(counts).values()) == {0.0}
    counts[3, 3] = 8
    flat = texture.haralick(counts)
    assert flat == {"contrast": 0.0, "homogeneity": 1.0, "energy": 1.0, "entropy": 0.0, "correlation": 1.0}
    counts[3, 4] = counts[4, 3] = 4
    assert texture.haralick(counts)["entropy"] == pytest.approx(1.5 * np.log(2))
