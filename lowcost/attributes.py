"""Morphological attributes of a cell: gradient-boosted heads on the feature table, and what can be told from them.

The eleven attributes of WBCAtt have a head each, trained on their own labels. The seven of LeukemiaAttri have no
labels that may train: each is served from the head whose labels map to it, or by a rule on one feature, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lowcost import features
from lowcost.errors import BundleError
from lowcost.result import AttributeValue, Reason
from lowcost.taxonomy import ATTRIBUTES, NOT_ASSESSABLE

if TYPE_CHECKING:
    from lowcost.bundle import Bundle

REASONS = 3
"""Features named for each value."""

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
    """

    coarsest_um_per_px: float
    offsets: dict[str, tuple[float, ...]]
    mapped: dict[str, Mapping]
    rules: dict[str, Rule]


@dataclass(frozen=True, eq=False)
class Head:
    """One trained attribute.

    Attributes
    ----------
    name : str
        The attribute.
    booster : lightgbm.Booster
        One score per cell for two values (that of the second), else one per value.
    offsets : (k,) float64 array
        See `Parameters`.
    """

    name: str
    booster: Any
    offsets: NDArray[np.float64]

    @property
    def values(self) -> tuple[str, ...]:
        """The attribute's values, in the order of the scores."""
        return ATTRIBUTES[self.name].values

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return raw scores (n, k): log-odds, of which only differences between values mean something."""
        raw = self.booster.predict(rows, raw_score=True, num_threads=1)
        return _both(raw) if raw.ndim == 1 else np.asarray(raw)

    def contributions(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return LightGBM's own contributions (n, k, features) of every feature to every value's score."""
        raw = np.asarray(self.booster.predict(rows, pred_contrib=True, num_threads=1))
        width = rows.shape[1]
        if len(self.values) == 2:
            return np.stack((-raw[:, :width], raw[:, :width]), axis=1)
        return raw.reshape(len(rows), len(self.values), width + 1)[:, :, :width]


class AttributeHeads:
    """Every attribute of a bundle.

    Parameters
    ----------
    parameters : Parameters
        How heads turn into values.
    models : dict of str to str
        LightGBM text model by attribute.

    Raises
    ------
    BundleError
        A model is damaged or was trained on another feature table; a mapping or rule names what does not exist.
    """

    def __init__(self, parameters: Parameters, models: dict[str, str]) -> None:
        self.parameters = parameters
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
        models = {name: bundle.file(f"attributes/{name}.txt").decode() for name in parameters.offsets}
        return cls(parameters, models)

    def predict(
        self, rows: NDArray[np.float64], assessable: Sequence[bool] | None = None
    ) -> list[dict[str, AttributeValue]]:
        """Tell the attributes of cells, all cells at once.

        Parameters
        ----------
        rows : (n, f) float64 array
            Features in the order of `features.TABLE`.
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
        trained = {head.name: _values(head, rows) for head in self.heads}
        return [self._cell(rows[i], {n: v[i] for n, v in trained.items()}, able[i]) for i in range(len(rows))]

    def _cell(
        self, row: NDArray[np.float64], trained: dict[str, tuple[AttributeValue, dict[str, float]]], able: bool
    ) -> dict[str, AttributeValue]:
        found: dict[str, AttributeValue] = {}
        for name in ATTRIBUTES:
            if name in trained:
                found[name] = trained[name][0]
            elif name in self.parameters.mapped:
                found[name] = _mapped(name, self.parameters.mapped[name], trained)
            elif name in self.parameters.rules:
                found[name] = _ruled(name, self.parameters.rules[name], row)
        if able:
            return found
        return {name: AttributeValue(name, NOT_ASSESSABLE, None, value.evidence) for name, value in found.items()}


def _values(head: Head, rows: NDArray[np.float64]) -> list[tuple[AttributeValue, dict[str, float]]]:
    """For each cell the head's value, and the probability of each of its values."""
    scores = head.scores(rows)
    chosen = (scores + head.offsets).argmax(axis=1)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    weights = head.contributions(rows)[np.arange(len(rows)), chosen]
    heaviest = np.argsort(-np.abs(weights), axis=1, kind="stable")[:, :REASONS]
    found = []
    for i, value in enumerate(chosen):
        reasons = tuple(
            Reason(features.NAMES[j], float(rows[i, j]), float(weights[i, j]))
            for j in heaviest[i]
            if weights[i, j] != 0 and np.isfinite(rows[i, j])
        )
        shares = dict(zip(head.values, probabilities[i].tolist(), strict=True))
        name = head.values[value]
        found.append((AttributeValue(head.name, name, shares[name], TRAINED, reasons), shares))
    return found


def _mapped(name: str, mapping: Mapping, trained: dict[str, tuple[AttributeValue, dict[str, float]]]) -> AttributeValue:
    source, shares = trained[mapping.source]
    value = mapping.values[source.value]
    probability = sum(share for other, share in shares.items() if mapping.values[other] == value)
    return AttributeValue(name, value, probability, MAPPED, source.reasons)


def _ruled(name: str, rule: Rule, row: NDArray[np.float64]) -> AttributeValue:
    measured = float(row[features.NAMES.index(rule.feature)])
    if not np.isfinite(measured):
        return AttributeValue(name, NOT_ASSESSABLE, None, RULE)
    value = ATTRIBUTES[name].values[sum(measured >= cut for cut in rule.cuts)]
    return AttributeValue(name, value, None, RULE, (Reason(rule.feature, measured, 1.0),))


def _both(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack((np.zeros_like(raw), raw), axis=1)


def _head(name: str, text: str, parameters: Parameters) -> Head:
    from lightgbm import Booster
    from lightgbm.basic import LightGBMError

    try:
        booster = Booster(model_str=text)
    except (LightGBMError, ValueError) as error:
        raise BundleError(f"the model of attribute {name!r} is damaged ({error}): restore the bundle") from error
    if tuple(booster.feature_name()) != features.NAMES:
        raise BundleError(
            f"the model of attribute {name!r} was trained on another feature table than this version of lowcost "
            "computes: use the bundle made for it"
        )
    expected = 1 if len(ATTRIBUTES[name].values) == 2 else len(ATTRIBUTES[name].values)
    if booster.num_model_per_iteration() != expected or len(parameters.offsets[name]) != len(ATTRIBUTES[name].values):
        raise BundleError(f"the model of attribute {name!r} tells other values than the taxonomy: restore the bundle")
    return Head(name, booster, np.array(parameters.offsets[name]))


def _check(parameters: Parameters, heads: set[str]) -> None:
    for name, mapping in parameters.mapped.items():
        if mapping.source not in heads or set(mapping.values) != set(ATTRIBUTES[mapping.source].values):
            raise BundleError(f"attribute {name!r} is mapped from {mapping.source!r}, which has no such head")
        if not set(mapping.values.values()) <= set(ATTRIBUTES[name].values):
            raise BundleError(f"attribute {name!r} is mapped to values that it cannot take: restore the bundle")
    for name, rule in parameters.rules.items():
        if rule.feature not in features.NAMES or len(rule.cuts) + 1 != len(ATTRIBUTES[name].values):
            raise BundleError(f"the rule of attribute {name!r} names no feature of the table or has too few cuts")
