"""Fields from a video of a moving stage: the sharpest frames that do not overlap."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lowcost.batch.item import Item
from lowcost.batch.sources import place
from lowcost.errors import InputError
from lowcost.image import reading

ENDINGS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm")
"""By which a video is known."""

_THUMB = 256
"""Longest side at which the movement from frame to frame is measured, px."""

_LEAST_RESPONSE = 0.05
"""Phase correlation below which two frames show nothing in common: the stage moved too fast to be followed."""


@dataclass(frozen=True)
class Frame:
    """One frame on the way of the stage.

    Attributes
    ----------
    number : int
        From 0.
    stretch : int
        Number of the stretch without a jump; places on different stretches cannot be compared.
    x, y : float
        Where it lies, as shares of a frame's width and height.
    sharpness : float
        Variance of the Laplacian of its grey values.
    """

    number: int
    stretch: int
    x: float
    y: float
    sharpness: float


class _Projector(threading.local):
    """The video that this thread reads; frames are counted from its start, as a jump to one is not exact."""

    path: tuple[str, str] | None = None
    capture: Any = None
    position: int = 0


_projector = _Projector()


def parts(path: str) -> list[str | None]:
    """Return the sharpest frames of a video that show different places.

    Raises
    ------
    InputError
        It cannot be opened or holds no frame.
    """
    found = [f"frame:{frame.number:06}" for frame in chosen(_way(path))]
    if not found:
        raise InputError(f"the video {path} holds no frame: expected one that a player shows, such as MP4 with H.264")
    return list(found)


def chosen(frames: list[Frame]) -> list[Frame]:
    """Return frames of which no two overlap, sharper ones first served, in the order of the video."""
    taken: list[Frame] = []
    for frame in sorted(frames, key=lambda each: (-each.sharpness, each.number)):
        if not any(
            frame.stretch == other.stretch and abs(frame.x - other.x) < 1 and abs(frame.y - other.y) < 1
            for other in taken
        ):
            taken.append(frame)
    return sorted(taken, key=lambda each: each.number)


def load(item: Item) -> reading.Image:
    """Read one frame.

    Raises
    ------
    InputError
        The video cannot be opened, or ends before it.
    """
    number, wanted = int(item.which), (item.path, place.stamp(item.path))
    if _projector.path != wanted or _projector.position > number:
        _projector.path, _projector.position, _projector.capture = None, 0, _opened(item.path)
        _projector.path = wanted
    while _projector.position < number and _projector.capture.grab():
        _projector.position += 1
    there, pixels = _projector.capture.read()
    if not there:
        _projector.path = None
        raise InputError(f"frame {number} of {place.printable(item.path)} cannot be read: copy the video again")
    _projector.position += 1
    return reading.read(np.ascontiguousarray(pixels[:, :, ::-1]))


def _way(path: str) -> list[Frame]:
    """Every frame with its place, measured by phase correlation with the frame before."""
    import cv2

    frames: list[Frame] = []
    before: NDArray[Any] | None = None
    stretch, x, y = 0, 0.0, 0.0
    for number, grey in enumerate(_greys(path)):
        height, width = grey.shape
        scale = _THUMB / max(height, width)
        size = round(width * scale), round(height * scale)
        thumb = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        if before is not None and before.shape == thumb.shape:
            window = cv2.createHanningWindow(thumb.shape[::-1], cv2.CV_32F)
            (dx, dy), response = cv2.phaseCorrelate(before, thumb, window)
            if response < _LEAST_RESPONSE:
                stretch, x, y = stretch + 1, 0.0, 0.0
            else:
                x, y = x - dx / thumb.shape[1], y - dy / thumb.shape[0]
        frames.append(Frame(number, stretch, x, y, float(cv2.Laplacian(grey, cv2.CV_32F).var())))
        before = thumb
    return frames


def _greys(path: str) -> Iterator[NDArray[np.uint8]]:
    import cv2

    capture = _opened(path)
    while True:
        there, pixels = capture.read()
        if not there:
            return
        yield cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)


def _opened(path: str) -> Any:
    shown = place.printable(path)
    if place.is_address(path):
        raise InputError(f"{shown} is a video at an address: download it and name the file")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what is wrong with a video is said here, in a sentence
    import cv2

    capture = cv2.VideoCapture(path)
    if not capture.isOpened():
        raise InputError(f"the video {shown} cannot be opened: save it as MP4 with H.264, or check that it is whole")
    return capture
