"""Morphological attributes of a cell: gradient-boosted heads on its features and on what the network sees in it.

The eleven attributes of WBCAtt have a head each, trained on their own labels. A head reads the feature table and the
embedding of the cell-type network, or the table alone; an embedding means nothing to a head that learnt from another
network, whose cells it then calls not assessable. The seven of LeukemiaAttri have no
labels that may train: each is served from the head whose labels map to it, or by a rule on one feature, and says so.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lowcost import features
from lowcost.errors import BundleError
from lowcost.result import NETWORK, AttributeValue, Reason, rounded
from lowcost.taxonomy import ATTRIBUTES, NOT_ASSESSABLE
from lowcost.trees import Trees, read

if TYPE_CHECKING:
    from lowcost.bundle import Bundle

REASONS = 3
"""Features named for each value; the embedding as a whole counts as one."""

TRAINED, MAPPED, RULE = "trained", "mapped", "rule (not validated)"


@dataclass(frozen=True)
class Mapping:
    """An attribute read off another one's head.

    Attributes
    ----------
    source : str
        The attribute that has the head.
    values : dict of str to str
        This attribute's value for each value of the source.
    """

    source: str
    values: dict[str, str]


@dataclass(frozen=True)
class Rule:
    """An attribute told by one feature.

    Attributes
    ----------
    feature : str
        Name in the feature table.
    cuts : tuple of float
        Ascending limits in the feature's unit; the value is the attribute's first one below the first cut, the second
        from there to the next, and so on.
    reason : str
        Where the limits come from.
    """

    feature: str
    cuts: tuple[float, ...]
    reason: str


@dataclass(frozen=True)
class Parameters:
    """How heads turn into values.

    Attributes
    ----------
    coarsest_um_per_px : float
        Cells of images coarser than this have no assessable attributes, um/px.
    offsets : dict of str to tuple of float
        By head, what is added to each value's raw score (log-odds) before the largest wins: rare values that matter
        as much as common ones would else hardly ever win. Probabilities are without it.
    mapped : dict of str to Mapping
        Attributes read off another one's head.
    rules : dict of str to Rule
        Attributes told by a feature.
    network : str
        SHA-256 of the network whose embedding the heads learnt from; empty where they read features alone.
    """

    coarsest_um_per_px: float
    offsets: dict[str, tuple[float, ...]]
    mapped: dict[str, Mapping]
    rules: dict[str, Rule]
    network: str = ""


@dataclass(frozen=True, eq=False)
class Head:
    """One trained attribute.

    Attributes
    ----------
    name : str
        The attribute.
    trees : Trees
        With one score for each value; of two values only the second has one.
    offsets : (k,) float64 array
        See `Parameters`.
    """

    name: str
    trees: Trees
    offsets: NDArray[np.float64]

    @property
    def values(self) -> tuple[str, ...]:
        """The attribute's values, in the order of the scores."""
        return ATTRIBUTES[self.name].values

    @property
    def width(self) -> int:
        """Number of columns that it reads: the features, and those of an embedding where it learnt from one."""
        return len(self.trees.names)

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return raw scores (n, k) of cells (n, width): log-odds, of which only differences mean something."""
        raw = self.trees.scores(rows)
        return np.hstack([np.zeros_like(raw), raw]) if self.trees.values == 1 else raw

    def contributions(self, rows: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the contributions to the score of each cell's chosen value.

        Of two values, whose scores are each other's opposites, so are the contributions.

        Returns
        -------
        (n, f + 1) float64 array
            Of every feature, and last of the embedding: the sum over its columns, none of which has a meaning alone.
        """
        if self.trees.values == 1:
            weights = np.where(chosen[:, None] == 0, -1.0, 1.0) * self.trees.contributions(rows, 0)
        else:
            weights = np.empty_like(rows)
            for value in np.unique(chosen).tolist():
                weights[chosen == value] = self.trees.contributions(rows[chosen == value], value)
        table = len(features.NAMES)
        return np.column_stack([weights[:, :table], weights[:, table:].sum(axis=1)])


class AttributeHeads:
    """Every attribute of a bundle.

    Parameters
    ----------
    parameters : Parameters
        How heads turn into values.
    models : dict of str to str
        LightGBM text model by attribute.
    own_network : bool
        Whether the embedding is that of the network which the heads learnt from.

    Raises
    ------
    BundleError
        A model is damaged or was trained on another feature table; a mapping or rule names what does not exist.
    """

    def __init__(self, parameters: Parameters, models: dict[str, str], own_network: bool = True) -> None:
        self.parameters, self._own_network = parameters, own_network
        self.heads = tuple(_head(name, text, parameters) for name, text in models.items())
        _check(parameters, {head.name for head in self.heads})

    @classmethod
    def load(cls, bundle: Bundle) -> AttributeHeads:
        """Read the heads of a bundle.

        Raises
        ------
        BundleError
            A head is missing or unusable.
        """
        parameters = bundle.section("attributes", Parameters)
        models = {name: bundle.file(f"attributes/{name}.txt").decode(errors="replace") for name in parameters.offsets}
        return cls(parameters, models, parameters.network == network(bundle))

    def predict(
        self,
        rows: NDArray[np.float64],
        embedding: NDArray[np.int8] | None = None,
        assessable: Sequence[bool] | None = None,
    ) -> list[dict[str, AttributeValue]]:
        """Tell the attributes of cells, all cells at once.

        Parameters
        ----------
        rows : (n, f) float64 array
            Features in the order of `features.TABLE`.
        embedding : (n, e) int8 array, optional
            What the network saw in the same cells (`lowcost.classifier.Seen`); without it, what a head that reads it
            would tell is not assessable.
        assessable : sequence of bool, optional
            Whether each cell's image resolves what the attributes need; by default all do.

        Returns
        -------
        list of dict
            For each cell its attributes by name, in the order of `taxonomy.ATTRIBUTES`.
        """
        if len(rows) == 0:
            return []
        able = [True] * len(rows) if assessable is None else list(assessable)
        inputs = np.hstack([rows, embedding]) if embedding is not None and self._own_network else rows
        trained = {
            head.name: _values(head, inputs[:, : head.width]) for head in self.heads if head.width <= inputs.shape[1]
        }
        return [self._cell(rows[i], {n: v[i] for n, v in trained.items()}, able[i]) for i in range(len(rows))]

    def _cell(
        self, row: NDArray[np.float64], trained: dict[str, tuple[AttributeValue, dict[str, float]]], able: bool
    ) -> dict[str, AttributeValue]:
        found: dict[str, AttributeValue] = {}
        mapped, rules = self.parameters.mapped, self.parameters.rules
        for name in ATTRIBUTES:
            if name in self.parameters.offsets:
                found[name] = trained[name][0] if name in trained else _unable(name, TRAINED)
            elif name in mapped:
                known = mapped[name].source in trained
                found[name] = _mapped(name, mapped[name], trained) if known else _unable(name, MAPPED)
            elif name in rules:
                found[name] = _ruled(name, rules[name], row)
        if able:
            return found
        return {name: _unable(name, value.evidence) for name, value in found.items()}


def inputs(width: int) -> tuple[str, ...]:
    """Return the names of what a head reads: the features, and the `width` columns of an embedding."""
    return (*features.NAMES, *(f"embedding_{column}" for column in range(width)))


def network(bundle: Bundle) -> str:
    """Return the SHA-256 of a bundle's network, by which heads know theirs."""
    return hashlib.sha256(bundle.file(bundle.parameters["classifier"]["file"])).hexdigest()


def _unable(name: str, evidence: str) -> AttributeValue:
    return AttributeValue(name, NOT_ASSESSABLE, None, evidence)


def _values(head: Head, rows: NDArray[np.float64]) -> list[tuple[AttributeValue, dict[str, float]]]:
    """For each cell the head's value, and the probability of each of its values."""
    scores = head.scores(rows)
    chosen = (scores + head.offsets).argmax(axis=1)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    columns, weights = _heaviest(head.contributions(rows, chosen))
    found = []
    for i, value in enumerate(chosen.tolist()):
        reasons = (_reason(column, rows[i], weight) for column, weight in zip(columns[i], weights[i], strict=True))
        shares = dict(zip(head.values, probabilities[i].tolist(), strict=True))
        name = head.values[value]
        known = tuple(reason for reason in reasons if reason is not None)
        found.append((AttributeValue(head.name, name, rounded(shares[name]), TRAINED, known), shares))
    return found


def _reason(column: int, row: NDArray[np.float64], weight: float) -> Reason | None:
    """What speaks for a value; None where it weighs nothing or was not measured."""
    if weight == 0:
        return None
    if column == len(features.NAMES):
        return Reason(NETWORK, None, rounded(weight))
    measured = float(row[column])
    return Reason(features.NAMES[column], rounded(measured), rounded(weight)) if math.isfinite(measured) else None


def _heaviest(weights: NDArray[np.float64]) -> tuple[list[list[int]], list[list[float]]]:
    """Columns of each row's `REASONS` largest absolute values, largest first, of equals the first; and the values."""
    left, rows = np.abs(weights), np.arange(len(weights))
    found = np.empty((len(left), REASONS), np.int64)
    for rank in range(REASONS):
        found[:, rank] = left.argmax(axis=1)
        left[rows, found[:, rank]] = -1.0
    return found.tolist(), weights[rows[:, None], found].tolist()


def _mapped(name: str, mapping: Mapping, trained: dict[str, tuple[AttributeValue, dict[str, float]]]) -> AttributeValue:
    source, shares = trained[mapping.source]
    value = mapping.values[source.value]
    probability = sum(share for other, share in shares.items() if mapping.values[other] == value)
    return AttributeValue(name, value, rounded(probability), MAPPED, source.reasons)


def _ruled(name: str, rule: Rule, row: NDArray[np.float64]) -> AttributeValue:
    measured = float(row[features.NAMES.index(rule.feature)])
    if not np.isfinite(measured):
        return _unable(name, RULE)
    value = ATTRIBUTES[name].values[sum(measured >= cut for cut in rule.cuts)]
    return AttributeValue(name, value, None, RULE, (Reason(rule.feature, rounded(measured), 1.0),))


def _head(name: str, text: str, parameters: Parameters) -> Head:
    trees = read(text, f"the model of attribute {name!r}")
    if trees.names != inputs(len(trees.names) - len(features.NAMES)):
        raise BundleError(
            f"the model of attribute {name!r} was trained on another feature table than this version of lowcost "
            "computes: use the bundle made for it"
        )
    values = len(ATTRIBUTES[name].values)
    if trees.values != (1 if values == 2 else values) or len(parameters.offsets[name]) != values:
        raise BundleError(f"the model of attribute {name!r} tells other values than the taxonomy: restore the bundle")
    return Head(name, trees, np.array(parameters.offsets[name]))


def _check(parameters: Parameters, heads: set[str]) -> None:
    for name, mapping in parameters.mapped.items():
        if mapping.source not in heads or set(mapping.values) != set(ATTRIBUTES[mapping.source].values):
            raise BundleError(f"attribute {name!r} is mapped from {mapping.source!r}, which has no such head")
        if not set(mapping.values.values()) <= set(ATTRIBUTES[name].values):
            raise BundleError(f"attribute {name!r} is mapped to values that it cannot take: restore the bundle")
    for name, rule in parameters.rules.items():
        if rule.feature not in features.NAMES or len(rule.cuts) + 1 != len(ATTRIBUTES[name].values):
            raise BundleError(f"the rule of attribute {name!r} names no feature of the table or has too few cuts")
