"""Numbers and names as a reader expects them; no line breaks before a percent sign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lowcost.result import NETWORK, AttributeValue, Cell, Field, Limits, Reason, Share, SmearResult
from lowcost.taxonomy import CELL_TYPES, EVIDENCE_LEVELS, NOT_ASSESSABLE

if TYPE_CHECKING:
    from lowcost.mosaic import Counted

APART = 1.25
"""Ratio of two scales from which on fields of one size are said to disagree: red cells alone differ less."""

UNLIKE = 0.975
"""Novelty from which on a cell or a field is said to be unlike the training set: of its own cells one in forty is."""

MISSED_BLASTS = (
    "Blasts can be named otherwise, lymphoblasts as lymphocytes above all, and neither limits nor corrections know of "
    "it: no share rules them out."
)
"""What stands beside every share of blasts: the models learnt them from bone marrow, and few of lymphoid kind."""

_PHRASES: dict[str, dict[str, str]] = {
    "lld_cell_size": {"small": "small", "medium": "medium-sized", "large": "large"},
    "nucleus_shape": {
        "segmented-multilobed": "multilobed nucleus",
        "segmented-bilobed": "bilobed nucleus",
        "unsegmented-band": "band-like nucleus",
        "unsegmented-indented": "indented nucleus",
        "unsegmented-round": "round nucleus",
        "irregular": "irregular nucleus",
    },
    "nuclear_cytoplasmic_ratio": {"high": "high N:C", "low": "low N:C"},
    "nuclear_chromatin": {"open": "open chromatin", "coarse": "coarse chromatin"},
    "nucleolus": {"prominent": "prominent nucleolus"},
    "cytoplasmic_basophilia": {"moderate": "basophilic cytoplasm"},
    "granule_colour": {"pink": "pink granules", "purple": "purple granules", "red": "red granules"},
    "cytoplasmic_vacuoles": {"prominent": "vacuoles"},
}
"""What a glance at a cell would note, by attribute and value; values that go without saying have no phrase."""


def percent(value: float) -> str:
    """Return a percentage with one decimal, ``"<0.1 %"`` rather than ``"0.0 %"`` for what is not nothing."""
    return "<0.1\u00a0%" if 0 < value < 0.05 else f"{value:.1f}\u00a0%"


def probability(value: float) -> str:
    """Return a probability in whole percent; what is not certain never reads 100 %."""
    return ">99\u00a0%" if 0.995 <= value < 1 else f"{100 * value:.0f}\u00a0%"


def limits(share: Share | Limits) -> str:
    """Return the limits of a share, ``"1.6-11.3"`` with an en dash."""
    return f"{share.low:.1f}\u2013{share.high:.1f}"


def number(value: float) -> str:
    """Return a measured number with three digits that mean something."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def count(things: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun, ``"1 field"`` or ``"3 fields"``."""
    return f"{things} {one if things == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int | None = None) -> str:
    """Return names in one line, ``"a, b and c"``; where more than `most`, ``"a, b and 3 more"``."""
    if most is not None and len(names) > most:
        names = [*names[:most], f"{len(names) - most} more"]
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def mosaic(counted: Counted) -> str:
    """Return what was done with overlapping fields."""
    copies = sum(map(len, counted.copies))
    left_out = count(copies, "further copy of a cell", "further copies of cells")
    alone = ", ".join(counted.fields[number].name for number in counted.alone)
    named = f"; overlapping no other: {alone}" if alone else ""
    return f"{count(len(counted.fields), 'field')} on {count(counted.planes, 'plane')}; {left_out} left out{named}"


def feature(name: str) -> str:
    """Return the name of a feature in words."""
    return "what the network sees" if name == NETWORK else name.replace("_", " ")


def reason(found: Reason) -> str:
    """Return what weighed in a decision with its measured value, ``"cell area 154"``; the network measures nothing."""
    if found.feature == NETWORK:
        return feature(NETWORK)
    return f"{feature(found.feature)} {'undefined' if found.value is None else number(found.value)}"


def at_a_glance(attributes: dict[str, AttributeValue]) -> str:
    """Return a cell's most telling attributes as one line, without those that nothing has validated."""
    if attributes and all(found.value == NOT_ASSESSABLE for found in attributes.values()):
        return "attributes not assessable at this resolution"
    known = {name: found.value for name, found in attributes.items() if found.evidence in EVIDENCE_LEVELS[:2]}
    said = (phrases.get(known[name]) for name, phrases in _PHRASES.items() if name in known)
    return ", ".join(phrase for phrase in said if phrase)


def candidates(cell: Cell, most: int = 3) -> str:
    """Return the most probable types of a cell with their probabilities, as one line."""
    ranked = sorted(cell.probabilities.items(), key=lambda item: -item[1])[:most]
    return ", ".join(f"{CELL_TYPES[name].label.lower()} {probability(value)}" for name, value in ranked)


def possible(cell: Cell) -> str:
    """Return the types that a cell may have, ``"neutrophil or monocyte"``; nothing where it can be but one."""
    names = [CELL_TYPES[name].label.lower() for name in cell.possible_types]
    return " or ".join(names) if len(names) > 1 else ""


def unlike(novelty: float | None) -> bool:
    """Whether a cell or a field looks unlike anything that the models were trained on."""
    return novelty is not None and novelty >= UNLIKE


def summary(result: SmearResult) -> str:
    """Return what was found, in a few plain sentences."""
    found = result.differential
    judged = sum(field.verdict != "rejected" for field in result.fields)
    if not result.fields:
        return "None of the inputs could be analysed."
    if not judged:
        none = "The field could not" if len(result.fields) == 1 else f"None of the {len(result.fields)} fields could"
        return f"{none} be judged, so no cells were looked for."
    named = count(found.counted, "leukocyte was", "leukocytes were") if found.counted else "No leukocyte was"
    doubtful = sum(field.verdict == "doubtful" for field in result.fields)
    fields = f"{judged} of {count(len(result.fields), 'field')}{f', {doubtful} of them doubtful' if doubtful else ''}"
    sentences = [f"{named} found and named on {fields}."]
    ranked = sorted(found.shares.items(), key=lambda item: -item[1].count)
    present = [(name, share) for name, share in ranked if share.count][:3]
    if present:
        parts = [f"{CELL_TYPES[name].label.lower()}s {percent(share.percent)}" for name, share in present]
        sentences.append(f"Most frequent: {', '.join(parts)}.")
    if spread := apart(result.fields):
        sentences.append(
            f"Fields of one size measure {spread} um per px: if one device took them, calibrate it "
            "(lowcost calibrate) or give um per px, because names depend on it."
        )
    if result.failures:
        sentences.append(f"{count(len(result.failures), 'input was', 'inputs were')} not analysed.")
    unsure = found.unidentified.count
    if unsure:
        more = " more" if found.counted else ""
        are, them = ("is", "it") if unsure == 1 else ("are", "them")
        sentences.append(f"{unsure}{more} {are} unidentified: please look at {them}.")
    if 0 < found.counted < unsure:
        sentences.append("These are more than were named, so the shares say little about the slide.")
    if mostly_unlike(result.fields):
        sentences.append(
            "This device or stain looks unlike anything the models were trained on: "
            "trust names and limits less, and look at the cells."
        )
    return " ".join(sentences)


def mostly_unlike(fields: Iterable[Field]) -> bool:
    """Whether most fields look unlike anything that the models were trained on."""
    measured = [field.novelty for field in fields if field.novelty is not None]
    return 2 * sum(map(unlike, measured)) > len(measured)


def apart(fields: Iterable[Field]) -> str:
    """Return the um per px, ``"0.09 to 0.15"``, where red cells of fields of one size measure too differently."""
    measured: dict[tuple[int, int], list[float]] = {}
    for field in fields:
        if field.verdict != "rejected" and field.scale and field.scale.source == "red cells":
            measured.setdefault((field.width, field.height), []).append(field.scale.um_per_px_x)
    found = [own for own in measured.values() if max(own) > APART * min(own)]
    return f"{number(min(map(min, found)))} to {number(max(map(max, found)))}" if found else ""


def blasts(result: SmearResult) -> str:
    """Return the blast-equivalent fraction and where its interval lies, as one sentence; never a diagnosis."""
    found = result.differential
    if found.counted == 0:
        return "No leukocyte was named, so nothing can be said about blasts."
    share = found.blast_equivalents
    placed = found.blast_thresholds.items()
    sides = [f"{place} {threshold}\u00a0%" for threshold, place in placed if place != "crosses"]
    held = [f"{threshold}\u00a0%" for threshold, place in placed if place == "crosses"]
    only = " from sampling only" if share.with_errors else ""
    counted = f"{share.count} of {share.total} ({percent(share.percent)}, 95\u00a0% limits {limits(share)}{only})"
    sentences = [f"Blast equivalents: {counted}."]
    if share.with_errors:
        corrected = share.with_errors
        sentences.append(f"Corrected for the classifier's errors: {percent(corrected.percent)} ({limits(corrected)}).")
    if sides:
        sentences.append(f"{'The corrected limits' if share.with_errors else 'Both limits'} lie {' and '.join(sides)}.")
    if held:
        which = "the limits" if not share.with_errors else "them" if sides else "the corrected limits"
        lie, them = ("lie", "them") if len(held) > 1 else ("lies", "it")
        between = f"{' and '.join(held)} {lie} between {which}"
        sentences.append(f"{between}: so few cells cannot say whether the share is above or below {them}.")
    sentences.append(MISSED_BLASTS)
    return " ".join(sentences)
