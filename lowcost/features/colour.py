"""Colour of the nucleus against its surroundings, and of the whole cell: ratios that a change of light leaves alone."""

from __future__ import annotations

import numpy as np

from lowcost.features.distribution import ratio, total
from lowcost.features.specimen import LIGHT, OD_SCALE, Specimen
from lowcost.features.table import WHITE, Feature, group, nan_for

NUCLEAR = group(
    "Colour: nucleus against its surroundings",
    *(
        (f"hull_ratio_{c}", "1", f"Mean {c} value of the nucleus over that of its convex hull (Tavakoli 2021).")
        for c in LIGHT
    ),
    *(
        (f"hull_rest_{c}", "1", f"Mean {c} value of the hull without the nucleus over that of the nucleus, 1 if none.")
        for c in LIGHT
    ),
    *((f"density_ratio_{c}", "1", f"Mean {c} density of the cytoplasm over the nucleus's.") for c in LIGHT),
    ("red_share_gap", "1", "Red share of the nucleus's density minus that of the cytoplasm."),
    ("blue_share_gap", "1", "Blue share of the nucleus's density minus that of the cytoplasm."),
)
WHOLE = group(
    "Colour: whole cell",
    *((f"cell_{c}", "1", f"Mean {c} value of the cell over the background's.") for c in LIGHT),
    *((f"cell_density_{c}", "OD", f"Mean optical density of the cell in {c} light.") for c in LIGHT),
    *((f"cell_density_cv_{c}", "1", f"Standard deviation over mean of the cell's {c} density.") for c in LIGHT),
    ("cell_red_share", "1", "Red density over the sum of the three, of the cell's means."),
    ("cell_blue_share", "1", "Blue density over that sum."),
    *((f"cell_red_share_p{p}", "1", f"{p}th percentile of the pixels' red share of density.") for p in (10, 90)),
    *((f"cell_blue_share_p{p}", "1", f"{p}th percentile of the pixels' blue share of density.") for p in (10, 90)),
)
FEATURES: tuple[Feature, ...] = NUCLEAR + WHOLE


def measure(specimen: Specimen) -> dict[str, float]:
    """Return the features of colour."""
    return _nuclear(specimen) | _whole(specimen)


def _nuclear(specimen: Specimen) -> dict[str, float]:
    nucleus = specimen.nucleus
    if nucleus is None:
        return nan_for(NUCLEAR)
    values: dict[str, float] = {}
    hull_area = int(np.count_nonzero(nucleus.hull_mask))
    for c in LIGHT:
        inner = specimen.distribution(f"{c}_value", "nucleus")
        outer = total(specimen.channels[f"{c}_value"][nucleus.window], nucleus.hull_mask)
        values[f"hull_ratio_{c}"] = ratio(inner.mean, outer / hull_area)
        rest = hull_area - inner.n
        values[f"hull_rest_{c}"] = (outer - inner.total) / rest / max(inner.mean, 1.0) if rest else 1.0
    if not specimen.has_cytoplasm:
        return values | nan_for(tuple(feature for feature in NUCLEAR if feature.name not in values))
    dense, pale = specimen.means("nucleus"), specimen.means("cytoplasm")
    for i, c in enumerate(LIGHT):
        values[f"density_ratio_{c}"] = ratio(pale[i], dense[i])
    values["red_share_gap"] = _gap(specimen, "red")
    values["blue_share_gap"] = _gap(specimen, "blue")
    return values


def _gap(specimen: Specimen, channel: str) -> float:
    """A channel's share of the nucleus's density minus that of the cytoplasm's."""
    parts = [specimen.distribution(channel, region).total for region in ("nucleus", "cytoplasm")]
    dense, pale = (
        max(sum(specimen.distribution(c, region).total for c in LIGHT), 1) for region in ("nucleus", "cytoplasm")
    )
    # In whole numbers to the end, so that equal shares differ by nothing.
    return (parts[0] * pale - parts[1] * dense) / (dense * pale)


def _whole(specimen: Specimen) -> dict[str, float]:
    values: dict[str, float] = {}
    for c in LIGHT:
        density = specimen.distribution(c, "cell")
        values[f"cell_{c}"] = specimen.distribution(f"{c}_value", "cell").mean / WHITE
        values[f"cell_density_{c}"] = density.mean / OD_SCALE
        values[f"cell_density_cv_{c}"] = density.variation
    red, green, blue = specimen.means("cell")
    values["cell_red_share"] = ratio(red, red + green + blue)
    values["cell_blue_share"] = ratio(blue, red + green + blue)
    for name in ("red_share", "blue_share"):
        shares = specimen.distribution(name, "cell")
        values |= {f"cell_{name}_p{p}": shares.percentile(p) / 255 for p in (10, 90)}
    return values
