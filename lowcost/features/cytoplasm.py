"""Cytoplasm: its colour and basophilia, its zones, its texture."""

from __future__ import annotations

import numpy as np

from lowcost.features import filters, texture
from lowcost.features.distribution import mean, ratio
from lowcost.features.geometry import Mask
from lowcost.features.specimen import LIGHT, OD_SCALE, Specimen
from lowcost.features.table import Feature, group, nan_for, px

PERCENTILES = (10, 50, 90)
ZONE = px(0.75) ** 2
DISTANCE = 0.5
GRAINS = (0.25, 0.5)
GAPS = (0.5, 1.0)
HARALICK = ("contrast", "homogeneity", "energy", "entropy", "correlation")
LEAST_ZONE = px(0.5) ** 2

COLOUR = group(
    "Cytoplasm: colour and basophilia",
    *((f"cytoplasm_density_{c}", "OD", f"Mean optical density of the cytoplasm in {c} light.") for c in LIGHT),
    *(
        (f"cytoplasm_{c}_p{p}", "OD", f"{p}th percentile of the cytoplasm's optical density in {c} light.")
        for c in LIGHT
        for p in PERCENTILES
    ),
    *(
        (f"cytoplasm_{c}_share_p{p}", "1", f"{p}th percentile of {c} density as a share of the pixel's total density.")
        for c in ("red", "blue")
        for p in PERCENTILES
    ),
    ("cytoplasm_red_share", "1", "Red density over the sum of the three, of the cytoplasm's means: basophilia."),
    ("cytoplasm_blue_share", "1", "Blue density over that sum: eosin."),
    *((f"cytoplasm_cv_{c}", "1", f"Standard deviation over mean of the cytoplasm's {c} density.") for c in LIGHT),
    ("cytoplasm_skewness", "1", "Skewness of the cytoplasm's green density."),
)
ZONES = group(
    "Cytoplasm: zones",
    ("cytoplasm_halo_green", "1", "Green density within 0.75 um of the nucleus over the cytoplasm's: low for a halo."),
    ("cytoplasm_halo_red_share", "1", "Red share of density in that zone over the cytoplasm's."),
    ("cytoplasm_rim_green", "1", "Green density within 0.75 um of the cell's outline over the cytoplasm's mean."),
    ("cytoplasm_rim_red", "1", "Red density within 0.75 um of the cell's outline over the cytoplasm's mean."),
    ("cytoplasm_middle_red", "1", "Red density between those zones over the cytoplasm's mean."),
    ("cytoplasm_middle_green", "1", "Green density between those zones over the cytoplasm's mean."),
    ("cytoplasm_middle_red_share", "1", "Red share of density between those zones."),
    ("cytoplasm_middle_blue_share", "1", "Blue share of density between those zones."),
)
TEXTURE = group(
    "Cytoplasm: texture",
    *(
        (f"cytoplasm_{name}", "1", f"Haralick {name} of green density at 0.5 um, levels in eighths of the mean.")
        for name in HARALICK
    ),
    *(
        (f"cytoplasm_grains_{c}_{r}", "1", f"Mean top-hat (dense grains) of {r} um reach in {c} over mean density.")
        for c in ("red", "green")
        for r in GRAINS
    ),
    *(
        (f"cytoplasm_gaps_{c}_{r}", "1", f"Mean bottom-hat (pale gaps) of {r} um reach in {c} over mean density.")
        for c in ("red", "green")
        for r in GAPS
    ),
)
FEATURES: tuple[Feature, ...] = COLOUR + ZONES + TEXTURE


def measure(specimen: Specimen) -> dict[str, float]:
    """Return the features of the cytoplasm."""
    if not specimen.has_cytoplasm:
        return nan_for(FEATURES)
    return _colour(specimen) | _zones(specimen) | _texture(specimen)


def _colour(specimen: Specimen) -> dict[str, float]:
    found = {name: specimen.distribution(name, "cytoplasm") for name in LIGHT}
    values = {f"cytoplasm_density_{name}": d.mean / OD_SCALE for name, d in found.items()}
    values |= {f"cytoplasm_{name}_p{p}": d.percentile(p) / OD_SCALE for name, d in found.items() for p in PERCENTILES}
    for name in ("red_share", "blue_share"):
        shares = specimen.distribution(name, "cytoplasm")
        values |= {f"cytoplasm_{name}_p{p}": shares.percentile(p) / 255 for p in PERCENTILES}
    total = sum(d.mean for d in found.values())
    values["cytoplasm_red_share"] = ratio(found["red"].mean, total)
    values["cytoplasm_blue_share"] = ratio(found["blue"].mean, total)
    values |= {f"cytoplasm_cv_{name}": d.variation for name, d in found.items()}
    values["cytoplasm_skewness"] = found["green"].skewness
    return values


def _zones(specimen: Specimen) -> dict[str, float]:
    cytoplasm = specimen.cytoplasm
    rim = cytoplasm & (specimen.cell.inner <= ZONE)
    near = specimen.nucleus.outer <= ZONE if specimen.nucleus else np.zeros_like(cytoplasm)
    inside = cytoplasm & ~rim
    whole = specimen.means("cytoplasm")
    h, r, m = (_means(specimen, zone, whole) for zone in (inside & near, rim, inside & ~near))
    share = ratio(whole[0], sum(whole))
    return {
        "cytoplasm_halo_green": ratio(h[1], whole[1]),
        "cytoplasm_halo_red_share": ratio(ratio(h[0], sum(h)), share),
        "cytoplasm_rim_green": ratio(r[1], whole[1]),
        "cytoplasm_rim_red": ratio(r[0], whole[0]),
        "cytoplasm_middle_red": ratio(m[0], whole[0]),
        "cytoplasm_middle_green": ratio(m[1], whole[1]),
        "cytoplasm_middle_red_share": ratio(m[0], sum(m)),
        "cytoplasm_middle_blue_share": ratio(m[2], sum(m)),
    }


def _means(specimen: Specimen, zone: Mask, whole: tuple[float, ...]) -> tuple[float, ...]:
    """Mean densities of a zone; a zone too small to measure says nothing and takes the cytoplasm's own."""
    if int(np.count_nonzero(zone)) < LEAST_ZONE:
        return whole
    return tuple(mean(specimen.channels[channel], zone) for channel in LIGHT)


def _texture(specimen: Specimen) -> dict[str, float]:
    green, mask = specimen.channels["green"], specimen.cytoplasm
    found = texture.haralick(texture.cooccurrence(texture.relative_levels(green, mask), mask, px(DISTANCE)))
    values = {f"cytoplasm_{name}": found[name] for name in HARALICK}
    for name in ("red", "green"):
        base, density = specimen.levelled(name), specimen.distribution(name, "cytoplasm").mean
        for r in GRAINS:
            values[f"cytoplasm_grains_{name}_{r}"] = texture.relief(specimen.top_hat(name, r), mask, density)
        for r in GAPS:
            values[f"cytoplasm_gaps_{name}_{r}"] = texture.relief(filters.bottom_hat(base, r), mask, density)
    return values
