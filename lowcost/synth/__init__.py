"""The workshop's rendered smears: realistic fields of a stained blood smear with exact ground truth."""

from lowcost.synth import presets
from lowcost.synth.field import RenderedField, render
from lowcost.synth.settings import Camera, Optics, Settings, Smear, Stain
from lowcost.synth.slide import RenderedObject

__all__ = ["Camera", "Optics", "RenderedField", "RenderedObject", "Settings", "Smear", "Stain", "presets", "render"]
