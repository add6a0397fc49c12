"""Gradient-boosted trees as LightGBM writes them: their scores, and what each feature adds to a score.

LightGBM trains them and is the oracle of the tests. Reading and evaluating some thousands of small trees takes a tenth
of the time that its import takes, and can be repeated line by line on a phone.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.errors import BundleError

DEEPEST = 64
"""Trees with more splits one below the other are refused: the time that paths take grows with the square."""

_ZERO = float(np.float32(1e-35))
"""Values up to this size count as 0, as in LightGBM."""

_DEFAULT_LEFT, _ZERO_MISSING, _NAN_MISSING = 2, 4, 8
"""Bits of a split's ``decision_type`` that are understood: where missing values go, and which these are."""

_OF_SPLITS: dict[str, type[np.float64] | type[np.int64]] = {
    "split_feature": np.int64,
    "threshold": np.float64,
    "decision_type": np.int64,
    "left_child": np.int64,
    "right_child": np.int64,
    "internal_count": np.int64,
}
_OF_LEAVES: dict[str, type[np.float64] | type[np.int64]] = {"leaf_value": np.float64, "leaf_count": np.int64}

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Trees:
    """The trees of one model.

    The splits of all trees are numbered through, those of the first score first, and the leaves after the splits; a
    place is either.

    Attributes
    ----------
    names : tuple of str
        The features that it reads.
    values : int
        Number of scores, k.
    roots : (t,) int64 array
        The place where each tree begins: t / k trees for the first score, then those for the next.
    feature, threshold : (s,) int64 and float64 arrays
        What each split compares; a larger value goes right.
    zero_right, nan_right : (s,) bool arrays
        Whether 0 and NaN go right.
    children : (2, s) int64 array
        The places left and right below each split.
    parent : (s + l,) int64 array
        The split above each place, -1 above a root.
    count : (s + l,) int64 array
        Training cells that came to each place.
    leaf_value : (l,) float64 array
        What each leaf adds to its score.
    leaf_score : (l,) int64 array
        Which score that is.
    """

    names: tuple[str, ...]
    values: int
    roots: Integers
    feature: Integers
    threshold: Floats
    zero_right: Bools
    nan_right: Bools
    children: Integers
    parent: Integers
    count: Integers
    leaf_value: Floats
    leaf_score: Integers
    _paths: dict[int, _Paths | None] = field(default_factory=dict, repr=False)

    def scores(self, rows: Floats) -> Floats:
        """Return the raw scores of cells.

        Parameters
        ----------
        rows : (n, f) float64 array
            Their features.

        Returns
        -------
        (n, k) float64 array
            LightGBM's own to the last bit.
        """
        values, splits = _flushed(rows), len(self.feature)
        places = np.tile(self.roots, len(rows))
        starts = np.repeat(np.arange(len(rows)) * len(self.names), len(self.roots))  # of each row among all values
        on = np.flatnonzero(places < splits)
        while on.size:
            here = places[on]
            right = self._turns_right(here, values.take(starts[on] + self.feature[here]))
            places[on] = below = self.children.ravel().take(here + splits * right)
            on = on[below < splits]
        leaves = self.leaf_value[places - splits].reshape(len(rows), self.values, len(self.roots) // self.values)
        # A running sum adds tree after tree, as LightGBM does; `sum` adds in another order.
        return np.asarray(leaves.cumsum(axis=2)[:, :, -1])

    def contributions(self, rows: Floats, value: int) -> Floats:
        r"""Return what each feature adds to one of the scores of cells: path-dependent TreeSHAP.

        Parameters
        ----------
        rows : (n, f) float64 array
            Their features.
        value : int
            Which score.

        Returns
        -------
        (n, f) float64 array
            LightGBM's ``pred_contrib`` without its last column, the mean score.

        Notes
        -----
        A leaf of value :math:`v` whose path tests :math:`d` features gives to feature :math:`i` of them

        .. math:: v (o_i - z_i) \int_0^1 \prod_{j \ne i} (z_j (1 - t) + o_j t) dt

        where :math:`o_j` is 1 if the cell passes the path's splits on feature :math:`j`, else 0, and :math:`z_j` is the
        share of training cells that pass them. This is the Shapley value of Lundberg et al. 2020
        (doi:10.1038/s42256-019-0138-9), whose weights :math:`s! (d - s - 1)! / d!` are the integrals of
        :math:`t^s (1 - t)^{d - s - 1}`. Gauss's quadrature in :math:`d / 2` points is exact.
        """
        if value not in self._paths:
            self._paths[value] = _find_paths(self, value)
        paths = self._paths[value]
        found = np.zeros((len(rows), len(self.names)))
        if paths is None:
            return found
        values = _flushed(rows).T[self.feature[paths.splits]]
        right = np.ones((len(values) + 1, len(rows)), np.bool_)
        right[:-1] = self._turns_right(paths.splits.repeat(len(rows)), values.ravel()).reshape(values.shape)
        passed = right[paths.split] == paths.right[:, None]
        for tested, split, turn in paths.again:
            passed[tested] &= right[split] == turn[:, None]
        given = np.empty(passed.shape)
        for steps, length, leaf_value in paths.groups:
            one = passed[steps].reshape(length, len(leaf_value), len(rows)).astype(np.float64)
            zero = paths.share[steps].reshape(length, len(leaf_value), 1)
            integral, factors = given[steps].reshape(one.shape), np.empty(one.shape)
            integral[:] = 0.0
            for t, weight in _quadrature(length // 2):
                np.multiply(one, t, out=factors)
                factors += zero * (1 - t)
                integral += np.divide(weight * factors.prod(axis=0), factors, out=factors)
            one -= zero
            integral *= one
            integral *= leaf_value[:, None]
        found[:, paths.features] = np.add.reduceat(given[paths.order], paths.starts, axis=0).T
        return found

    def _turns_right(self, splits: Integers, values: Floats) -> Bools:
        """Whether cells go right at splits (n,) where they have these values (n,)."""
        right = values > self.threshold[splits]
        special = np.flatnonzero((values == 0) | np.isnan(values))
        at = splits[special]
        right[special] = np.where(values[special] == 0, self.zero_right[at], self.nan_right[at])
        return right


@dataclass(frozen=True, eq=False)
class _Paths:
    """The ways from the roots to the leaves of one score's trees.

    A path has one step for each feature that it tests. Paths are grouped by their number of steps, and steps numbered
    through: by group, then along the path, then by path. Groups have an even number, so some paths have an idle step.

    Attributes
    ----------
    splits : (s,) int64 array
        Splits of these trees. Below they are counted as they stand here, and s stands for none, where all go right.
    split, right : (n,) int64 and bool arrays
        The split of each step, and whether the path turns right there.
    again : tuple of (steps, split, right)
        Steps whose feature the path tests once more, and where; no step twice in one of them.
    share : (n,) float64 array
        Share of the training cells that pass each step.
    groups : tuple of (slice of steps, number of steps per path, leaf value of each path)
        The groups.
    order, features, starts : int64 arrays
        The steps sorted by feature, which features these are, and where the steps of each begin.
    """

    splits: Integers
    split: Integers
    right: Bools
    again: tuple[tuple[Integers, Integers, Bools], ...]
    share: Floats
    groups: tuple[tuple[slice, int, Floats], ...]
    order: Integers
    features: Integers
    starts: Integers


def read(text: str, name: str) -> Trees:
    """Read a model.

    Parameters
    ----------
    text : str
        As `lightgbm.Booster.model_to_string` gives it, or without what prediction does not need.
    name : str
        What it is called in errors.

    Returns
    -------
    Trees
        The model.

    Raises
    ------
    BundleError
        It is damaged, or has what no model of lowcost has: categories, linear leaves, averages instead of sums, or
        paths of more than `DEEPEST` splits.
    """
    try:
        return _read(text)
    except (ValueError, OverflowError) as error:
        raise BundleError(f"{name} is damaged ({error}): restore the bundle") from error


def _read(text: str) -> Trees:
    lines, end, _ = text.partition("end of trees")
    if not end:
        raise ValueError("its end is missing")
    entries: dict[str, list[str]] = {}
    for line in lines.splitlines():
        key, _, entry = line.partition("=")
        entries.setdefault(key, []).append(entry)
    numbers, names = entries.get("Tree", []), tuple(entries.get("feature_names", [""])[0].split())
    values = int(entries.get("num_tree_per_iteration", ["1"])[0])
    if numbers != [str(number) for number in range(len(numbers))]:
        raise ValueError("a tree is missing")
    if not 1 <= values <= len(numbers) or len(numbers) % values:
        raise ValueError(f"{len(numbers)} trees for {values} values")
    if "average_output" in entries or set(entries.get("is_linear", "0")) != {"0"}:
        raise ValueError("trees are averaged or leaves linear")
    of_trees = {key: entries.get(key, []) for key in ("num_leaves", *_OF_SPLITS, *_OF_LEAVES)}
    if any(len(found) != len(numbers) for found in of_trees.values()):
        raise ValueError("a tree is incomplete")
    of_trees = {
        key: [text for value in range(values) for text in found[value::values]] for key, found in of_trees.items()
    }
    leaves = np.array(of_trees["num_leaves"]).astype(np.int64)
    if leaves.min() < 1:
        raise ValueError("a tree without leaves")
    columns = {key: _column(of_trees[key], leaves - 1, kind) for key, kind in _OF_SPLITS.items()}
    columns |= {key: _column(of_trees[key], leaves, kind) for key, kind in _OF_LEAVES.items()}
    if np.isinf(columns["leaf_value"]).any():
        raise ValueError("a leaf without end")
    feature, threshold, kind = columns["split_feature"], columns["threshold"], columns["decision_type"]
    if ((feature < 0) | (feature >= len(names))).any():
        raise ValueError("a split on no feature")
    if (kind & ~(_DEFAULT_LEFT | _ZERO_MISSING | _NAN_MISSING)).any():
        raise ValueError("a split that is no threshold")
    missing_right = kind & _DEFAULT_LEFT == 0
    zero_right = np.where(kind & _ZERO_MISSING, missing_right, threshold < 0)
    nan_right = np.where(kind & _NAN_MISSING, missing_right, zero_right)
    roots, children, parent = _joined(leaves, np.stack((columns["left_child"], columns["right_child"])))
    count = np.concatenate((columns["internal_count"], columns["leaf_count"]))
    if (count[parent[:-1] >= 0] < 1).any() or (columns["internal_count"] < 1).any():
        raise ValueError("a branch without training cells")
    leaf_score = np.repeat(np.arange(len(leaves)) // (len(leaves) // values), leaves)
    splits = feature, threshold, zero_right, nan_right
    return Trees(names, values, roots, *splits, children, parent, count, columns["leaf_value"], leaf_score)


def _column(texts: list[str], sizes: Integers, kind: type[np.float64] | type[np.int64]) -> NDArray[Any]:
    """One entry of all trees, of which each must have as many numbers as it has splits or leaves."""
    if [text.count(" ") + 1 if text else 0 for text in texts] != sizes.tolist():
        raise ValueError("a tree with too many or too few numbers")
    numbers = np.array(" ".join(filter(None, texts)).split(), kind)
    if len(numbers) != sizes.sum() or np.isnan(numbers).any():
        raise ValueError("a number is missing")
    return numbers


def _joined(leaves: Integers, children: Integers) -> tuple[Integers, Integers, Integers]:
    """Roots, children and parents by place, from the numbers of leaves and the children as each tree counts them."""
    first_split, first_leaf = (np.concatenate(([0], np.cumsum(sizes))) for sizes in (leaves - 1, leaves))
    splits = int(first_split[-1])
    tree = np.repeat(np.arange(len(leaves)), leaves - 1)
    least, most = np.arange(splits) - first_split[tree], leaves[tree] - 2
    # LightGBM numbers splits from above: what leads back could go round for ever.
    if (np.where(children < 0, ~children > most + 1, (children <= least) | (children > most))).any():
        raise ValueError("a split that leads nowhere")
    children = np.where(children < 0, splits + first_leaf[tree] + ~children, first_split[tree] + children)
    roots = np.where(leaves > 1, first_split[:-1], splits + first_leaf[:-1])
    reached = np.bincount(np.concatenate((children.ravel(), roots)), minlength=splits + int(leaves.sum()))
    if (reached != 1).any():
        raise ValueError("a place that is reached twice or never")
    parent = np.full(len(reached) + 1, -1)
    parent[children] = np.arange(splits)
    places, depth = roots, 0
    while (places := children[:, places[places < splits]].ravel()).size:
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"a path of more than {DEEPEST} splits")
    return roots, children, parent


def _find_paths(trees: Trees, value: int) -> _Paths | None:
    """The paths of one score's trees, None where none of them has a split."""
    leaves = np.flatnonzero(trees.leaf_score == value)
    places = [len(trees.feature) + leaves]
    while (trees.parent[places[-1]] >= 0).any():
        places.append(trees.parent[places[-1]])
    if len(places) == 1:
        return None
    place = np.stack(places)  # of each path (column) from its leaf up to the root, then -1; the last row is idle
    split = trees.parent[place]
    tests = split >= 0
    feature, right = trees.feature[split], ~tests | (trees.children[1, split] == place)
    share = np.where(tests, trees.count[place] / trees.count[split], 1.0)
    splits = np.unique(split[tests])
    split = np.where(tests, np.searchsorted(splits, split), len(splits))
    twice = []
    for low, high in itertools.combinations(range(len(place)), 2):
        same = np.flatnonzero(tests[low] & tests[high] & (feature[low] == feature[high]))
        if same.size:
            share[low, same] *= share[high, same]
            tests[high, same] = False
            twice.append((low, same, split[high, same], right[high, same]))
    split, right, share = np.where(tests, split, len(splits)), right | ~tests, np.where(tests, share, 1.0)
    step = np.empty(place.shape, np.int64)
    at: list[tuple[Integers, Integers]] = []
    groups = []
    pairs = (tests.sum(axis=0) + 1) // 2
    for pair in range(1, pairs.max() + 1):
        own = np.flatnonzero(pairs == pair)
        first = np.argsort(~tests[:, own], axis=0, kind="stable")[: 2 * pair]  # rows, those with a test first
        begin = sum(rows.size for rows, _ in at)
        step[first, own] = begin + np.arange(first.size).reshape(first.shape)
        groups.append((slice(begin, begin + first.size), 2 * pair, trees.leaf_value[leaves[own]]))
        at.append((first.ravel(), np.tile(own, 2 * pair)))
    chosen = tuple(np.concatenate(parts) for parts in zip(*at, strict=True))
    again = tuple((step[low, paths], other, turn) for low, paths, other, turn in twice)
    order = np.argsort(feature[chosen], kind="stable")
    features, starts = np.unique(feature[chosen][order], return_index=True)
    return _Paths(splits, split[chosen], right[chosen], again, share[chosen], tuple(groups), order, features, starts)


@functools.cache
def _quadrature(points: int) -> list[tuple[float, float]]:
    """Where from 0 to 1 a polynomial is to be taken, and with which weight, for its integral."""
    places, weights = np.polynomial.legendre.leggauss(points)
    return list(zip(((1 + places) / 2).tolist(), (weights / 2).tolist(), strict=True))


def _flushed(rows: Floats) -> Floats:
    """Values as LightGBM reads them: what is next to nothing is 0."""
    return np.where(np.abs(rows) <= _ZERO, 0.0, rows)
