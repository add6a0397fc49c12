"""A device profile as `lowcost calibrate` writes them."""

from __future__ import annotations

from lowcost import features
from lowcost.bundle import Bundle
from lowcost.device import Profile
from lowcost.morphology import Shift
from lowcost.recalibration import Recalibration
from lowcost.training import temperature

SIZE = (640, 480)
FALLOFF = ((1.0,) * 3, (0.0,) * 3, (0.0,) * 3, (-0.2,) * 3, (0.0,) * 3, (-0.2,) * 3)


def profile(bundle: Bundle) -> Profile:
    """A profile that the bundle accepts."""
    scale, classes = (bundle.parameters["classifier"][name] for name in ("logit_scale", "classes"))
    return Profile(
        name="micröscope 1",
        bundle=f"{bundle.name} {bundle.version}",
        width=SIZE[0],
        height=SIZE[1],
        um_per_px_x=0.12,
        um_per_px_y=0.125,
        um_per_px_spread=0.04,
        rulers=5,
        white_point=(250, 230, 210),
        flat_field=FALLOFF,
        light_spread=0.02,
        stain_vectors={"chromatin": (0.6, 0.8, 0.0)},
        edge_width_um=None,
        shift=Shift((0.25,) * len(features.NAMES), (-3,) * len(classes)),
        recalibration=Recalibration(
            tuple(7 * (-1) ** i * i for i in range(len(classes))), 2.25, temperature.softmax_table(scale, 2.25), 180
        ),
        fields=5,
        blank_fields=0,
        cells=31,
        provenance={"lowcost": "0.1"},
    )
