"""A tile of a whole slide: where it lies, which part of it is its own, and what holds for all tiles of the slide."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lowcost.errors import InputError

MONOLAYER, THICK, THIN = "monolayer", "thick", "thin"
"""Zones of a smear: red cells side by side, over each other, and too few to judge."""

_FORM = re.compile(
    r"x=(\d+) y=(\d+) w=(\d+) h=(\d+) level=(\d+) downsample=([\d.e+-]+) core=(\d+),(\d+),(\d+),(\d+) "
    rf"(given_)?um=([\d.e+-]+)x([\d.e+-]+) white=(\d+),(\d+),(\d+) ({MONOLAYER}|{THICK}|{THIN})"
)


@dataclass(frozen=True)
class Region:
    """A tile of a whole slide, with all that is needed to analyse it as part of the slide.

    `str(region)` and `Region.parse` turn it into a line of text and back.

    Attributes
    ----------
    x, y, width, height : int
        Left top corner and size, px of `level`.
    level : int
        Level of the pyramid that is read.
    downsample : float
        px of the finest level per px of this one.
    core : (x0, y0, x1, y1)
        The part that no other tile owns, px of the tile; around it lies the halo that the tile shares with others.
    um_per_px : (float, float)
        Scale of `level` along x and y.
    white : (int, int, int)
        Red, green and blue of the slide's empty background, 0-255.
    zone : str
        `MONOLAYER`, `THICK` or `THIN`.
    given : bool
        Whether a person gave the scale; else it stands in the slide's metadata.
    """

    x: int
    y: int
    width: int
    height: int
    level: int
    downsample: float
    core: tuple[int, int, int, int]
    um_per_px: tuple[float, float]
    white: tuple[int, int, int]
    zone: str
    given: bool = False

    def __str__(self) -> str:
        core, white = (",".join(map(str, values)) for values in (self.core, self.white))
        um = f"{'given_' if self.given else ''}um={'x'.join(map(repr, self.um_per_px))}"
        return f"{self.place} downsample={self.downsample!r} core={core} {um} white={white} {self.zone}"

    def on_slide(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the tile in px of the slide's finest level."""
        return (x + self.x) * self.downsample, (y + self.y) * self.downsample

    @property
    def place(self) -> str:
        """Where it lies, in few words, for the name of its field."""
        return f"x={self.x} y={self.y} w={self.width} h={self.height} level={self.level}"

    @classmethod
    def parse(cls, text: str) -> Region:
        """Return the region that a line of text describes.

        Raises
        ------
        InputError
            It describes none.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise InputError(f"{text!r} is no region of a whole slide: list them with lowcost.wholeslide.regions")
        x, y, width, height, level = (int(value) for value in found.groups()[:5])
        x0, y0, x1, y1 = (int(value) for value in found.group(7, 8, 9, 10))
        downsample, um_x, um_y = (float(value) for value in found.group(6, 12, 13))
        red, green, blue = (int(value) for value in found.group(14, 15, 16))
        core, white = (x0, y0, x1, y1), (red, green, blue)
        return cls(x, y, width, height, level, downsample, core, (um_x, um_y), white, found[17], bool(found[11]))
