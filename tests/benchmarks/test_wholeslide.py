from __future__ import annotations

import numpy as np
import pytest

from benchmarks import wholeslide
from benchmarks.wholeslide import EDGE, Block

BOXES = ((100, 200, 150, 260), (3000, 40, 3050, 100))


@pytest.mark.parametrize("way", wholeslide.MIRRORED)
def test_boxes_are_mirrored_with_their_pixels(way):
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[10:20, 30:33] = 255
    ((x0, y0, x1, y1),) = Block(pixels, ((30, 10, 33, 20),)).mirrored(*way).boxes
    shown = Block(pixels, ()).mirrored(*way).pixels
    assert (y1 - y0, x1 - x0) == (10, 3)
    assert shown[y0:y1, x0:x1].all()


def test_what_a_slide_loses_and_counts_twice_is_told():
    block, layout = Block(np.zeros((1, 1, 3), np.uint8), BOXES), np.zeros((1, 2), np.int64)
    second = [(x0 + EDGE, y0, x1 + EDGE, y1) for x0, y0, x1, y1 in BOXES]
    perfect = wholeslide.compared(layout, [block], {0: list(BOXES)}, [*BOXES, *second])
    assert perfect == {
        "leukocytes": 4,
        "found as fields": 4,
        "found on the slide": 4,
        "recall as fields": 1.0,
        "recall on the slide": 1.0,
        "on fields only": 0,
        "on the slide only": 0,
        "counted twice": 0,
    }
    worse = wholeslide.compared(layout, [block], {0: list(BOXES)}, [*BOXES, second[0], (110, 215, 145, 250)])
    assert (worse["on fields only"], worse["on the slide only"], worse["counted twice"]) == (1, 1, 1)
    assert worse["recall on the slide"] == 0.75
