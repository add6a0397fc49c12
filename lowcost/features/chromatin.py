"""Chromatin: how dense, how coarse, how evenly spread; and the pale or blue spots that are nucleoli."""

from __future__ import annotations

import cv2
import numpy as np

from lowcost.features import filters, texture
from lowcost.features.distribution import Distribution, mean, ratio
from lowcost.features.geometry import Grey, Region, label
from lowcost.features.specimen import LIGHT, OD_SCALE, Specimen
from lowcost.features.table import UM_PER_PX, group, nan_for, px

DISTANCES = (0.25, 1.0)
RADII = (0.5, 1.0)
BLUR = 0.5
RIM = px(0.5) ** 2
HARALICK = ("contrast", "homogeneity", "energy", "entropy", "correlation")
SPOT, AROUND = 0.375, 1.25
"""A nucleolus, 1-2.5 um across, is paler in a mean over `SPOT` um each way than in one over `AROUND` um."""
SPOT_DEPTH = 0.1
"""... by at least this share of the nucleus's mean density."""
LEAST_SPOT = 0.4 / UM_PER_PX**2
INSIDE = px(1.0) ** 2
"""Spots are sought this far (squared, px) within the nucleus: its edge is paler too."""

CHROMATIN = group(
    "Chromatin",
    ("chromatin_density_red", "OD", "Mean optical density of the nucleus in red light."),
    ("chromatin_density_green", "OD", "Mean optical density of the nucleus in green light."),
    ("chromatin_density_blue", "OD", "Mean optical density of the nucleus in blue light."),
    ("chromatin_red_share", "1", "Red density over the sum of the three densities, of the nucleus's means."),
    ("chromatin_blue_share", "1", "Blue density over that sum."),
    ("chromatin_cv", "1", "Standard deviation over mean of green density in the nucleus."),
    ("chromatin_cv_red", "1", "Standard deviation over mean of red density in the nucleus."),
    ("chromatin_skewness", "1", "Skewness of green density in the nucleus."),
    ("chromatin_p5", "1", "Fifth percentile of green density over its mean."),
    ("chromatin_p95", "1", "95th percentile of green density over its mean."),
    ("chromatin_open_share", "1", "Share of the nucleus with less than 0.8 of the mean green density."),
    ("chromatin_clumped_share", "1", "Share of the nucleus with more than 1.2 times the mean green density."),
    ("chromatin_blur", "1", "Standard deviation over mean of green density after a mean over 0.5 um each way."),
    ("chromatin_rim", "1", "Green density within 0.5 um of the nucleus's outline over that of its inside."),
    ("chromatin_edge", "1", "Mean green density gradient on the outline, per um, over the nucleus's mean density."),
    *(
        (
            f"chromatin_{name}_{distance}",
            "1",
            f"Haralick {name} of green density at {distance} um, levels in eighths of the mean.",
        )
        for distance in DISTANCES
        for name in HARALICK
    ),
    *((f"chromatin_lbp_{i}", "1", f"Share of uniform binary patterns with {i} of 8 neighbours set.") for i in range(9)),
    ("chromatin_lbp_other", "1", "Share of binary patterns that are not uniform."),
    *(
        (f"chromatin_grains_{radius}", "1", f"Mean top-hat (dense clumps) of {radius} um reach over the mean density.")
        for radius in RADII
    ),
    *(
        (f"chromatin_gaps_{radius}", "1", f"Mean bottom-hat (pale gaps) of {radius} um reach over the mean density.")
        for radius in RADII
    ),
)
NUCLEOLUS = group(
    "Nucleolus",
    (
        "nucleolus_count",
        "count",
        "Spots of at least 0.4 um2 that are paler than their surroundings by 10 % of the mean.",
    ),
    ("nucleolus_area", "um2", "Area of the largest of them; 0 if none."),
    ("nucleolus_share", "1", "Area of all of them over the area of the nucleus."),
    (
        "nucleolus_depth",
        "1",
        "How much paler than its surroundings the palest place is, over the nucleus's mean density.",
    ),
    ("nucleolus_prominence", "1", "That depth over its standard deviation in the nucleus: high for a lone pale spot."),
    ("nucleolus_blueness", "1", "Red share of density in the spots over the nucleus's: above 1 if bluer; 1 if none."),
)
FEATURES = CHROMATIN + NUCLEOLUS


def measure(specimen: Specimen) -> dict[str, float]:
    """Return the features of chromatin and nucleolus."""
    if specimen.nucleus is None:
        return nan_for(FEATURES)
    nucleus = specimen.nucleus
    return _density(specimen, nucleus) | _texture(specimen, nucleus) | _nucleolus(specimen, nucleus)


def _density(specimen: Specimen, nucleus: Region) -> dict[str, float]:
    mask = nucleus.mask
    red, green, blue = (specimen.distribution(channel, "nucleus") for channel in LIGHT)
    total = red.mean + green.mean + blue.mean
    density = specimen.channels["green"][nucleus.window]
    rim = mask & (nucleus.inner <= RIM)
    inside = mask & ~rim
    values = {
        "chromatin_density_red": red.mean / OD_SCALE,
        "chromatin_density_green": green.mean / OD_SCALE,
        "chromatin_density_blue": blue.mean / OD_SCALE,
        "chromatin_red_share": ratio(red.mean, total),
        "chromatin_blue_share": ratio(blue.mean, total),
        "chromatin_cv": green.variation,
        "chromatin_cv_red": red.variation,
        "chromatin_skewness": green.skewness,
        "chromatin_p5": ratio(green.percentile(5), green.mean),
        "chromatin_p95": ratio(green.percentile(95), green.mean),
        "chromatin_open_share": green.share_below(0.8 * green.mean),
        "chromatin_clumped_share": green.share_above(1.2 * green.mean),
    }
    values["chromatin_blur"] = Distribution.of(filters.smooth(specimen.nuclear_green, BLUR), mask).variation
    values["chromatin_rim"] = ratio(mean(density, rim), mean(density, inside)) if inside.any() else 1.0
    values["chromatin_edge"] = ratio(_edge(density, nucleus), green.mean)
    return values


def _edge(green: Grey, nucleus: Region) -> float:
    """Mean central difference of green density across the outline, hundredths of OD per um."""
    across = cv2.Sobel(green, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(green, cv2.CV_32F, 0, 1)
    border = nucleus.mask & (nucleus.inner <= 1)
    steep = np.sqrt((across[border] ** 2 + down[border] ** 2).astype(np.float64))
    return float(steep.mean()) / 8 / UM_PER_PX


def _texture(specimen: Specimen, nucleus: Region) -> dict[str, float]:
    green, mask = specimen.channels["green"][nucleus.window], nucleus.mask
    levels = texture.relative_levels(green, mask)
    values: dict[str, float] = {}
    for distance in DISTANCES:
        found = texture.haralick(texture.cooccurrence(levels, mask, px(distance)))
        values |= {f"chromatin_{name}_{distance}": found[name] for name in HARALICK}
    patterns = texture.binary_patterns(green, mask, px(0.25))
    values |= {f"chromatin_lbp_{i}": float(patterns[i]) for i in range(9)}
    values["chromatin_lbp_other"] = float(patterns[9])
    base, density = specimen.nuclear_green, specimen.distribution("green", "nucleus").mean
    for radius in RADII:
        values[f"chromatin_grains_{radius}"] = texture.relief(filters.top_hat(base, radius), mask, density)
        values[f"chromatin_gaps_{radius}"] = texture.relief(filters.bottom_hat(base, radius), mask, density)
    return values


def _nucleolus(specimen: Specimen, nucleus: Region) -> dict[str, float]:
    green = specimen.nuclear_green
    depth = filters.smooth(green, AROUND).astype(np.int16) - filters.smooth(green, SPOT)
    inside = nucleus.inner > INSIDE
    density = specimen.distribution("green", "nucleus").mean
    labels, areas = label((inside & (depth > int(SPOT_DEPTH * density))).view(np.uint8))
    areas[areas < LEAST_SPOT] = 0
    count = int(np.count_nonzero(areas))
    within = depth[inside].astype(np.int32)
    palest = int(within.max()) if len(within) else 0
    spread = 0.0
    blueness = 1.0
    if len(within):
        total, squares = int(within.sum()), int((within * within).sum())
        spread = (len(within) * squares - total * total) ** 0.5 / len(within)
    if count:
        spots = mean(specimen.channels["red_share"][nucleus.window], (areas > 0).take(labels))
        blueness = ratio(spots, specimen.distribution("red_share", "nucleus").mean)
    return {
        "nucleolus_count": float(count),
        "nucleolus_area": int(areas.max()) * UM_PER_PX**2,
        "nucleolus_share": int(areas.sum()) / nucleus.area,
        "nucleolus_depth": ratio(palest, density),
        "nucleolus_prominence": ratio(palest, spread),
        "nucleolus_blueness": blueness,
    }
