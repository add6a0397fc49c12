"""The process that holds a camera: ``python -m lowcost.serve.viewfinder SOURCE BUNDLE``.

It writes what the camera sees to standard output, each piece as a line of JSON and so many bytes, and takes a
photograph whenever a line on standard input asks for one. A driver that hangs or crashes takes nothing else along, and
the camera is free again as soon as the server that started it is gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.errors import InputError
from lowcost.image import quality
from lowcost.report.pictures import jpeg, reduced
from lowcost.result import Scale

Pixels = NDArray[np.uint8]

PREVIEW_PX = 960
"""Longer side of what is shown live, px."""

PREVIEW_S = 0.2
"""Time from one preview to the next."""

FRESH_FRAMES = 3
"""Frames that a camera may have waiting from before: they are dropped before a photograph is taken."""

_LARGEST_PX = 10_000
_STEP = 2


def main(source: str, bundle: str) -> None:
    """Show what a camera sees until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # drivers print
    lock = threading.Lock()

    def tell(line: dict[str, Any], data: bytes = b"") -> None:
        with lock:
            answers.write(json.dumps(line | {"bytes": len(data)}).encode() + b"\n" + data)
            answers.flush()

    try:
        read = opened(source)
        finder = Finder(bundle)
    except Exception as error:
        tell({"error": str(error) if isinstance(error, InputError) else f"The camera cannot be used: {error}."})
        return
    threading.Thread(target=_listen, args=(finder,), daemon=True).start()
    threading.Thread(target=finder.work, args=(tell,), daemon=True).start()
    shown = 0.0
    while True:
        frame = read()
        if finder.is_asked.is_set():
            for _ in range(FRESH_FRAMES):
                frame = read()
            finder.is_asked.clear()
            tell({"kind": "photograph"}, png(frame))
        now = time.monotonic()
        if now - shown >= PREVIEW_S:
            shown = now
            finder.latest = frame
            height, width = frame.shape[:2]
            told = {"kind": "preview", "sharpness": sharpness(frame), "width": width, "height": height}
            tell(told, jpeg(reduced(frame, PREVIEW_PX)))


def sharpness(frame: Pixels) -> float:
    """Return the mean squared slope of the green channel over its squared mean: it peaks where the focus is best."""
    green = frame[::_STEP, ::_STEP, 1].astype(np.float32)
    slope = np.diff(green, axis=0)[:, :-1] ** 2 + np.diff(green, axis=1)[:-1] ** 2
    return float(slope.mean() / max(float(green.mean()) ** 2, 1.0))


def png(frame: Pixels) -> bytes:
    """Return a frame as a file that loses nothing."""
    return cv2.imencode(".png", np.ascontiguousarray(frame[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


class Finder:
    """Judges what the camera sees as the analysis will, as often as there is time.

    Parameters
    ----------
    bundle : str
        Folder of the models; empty for those that come with the package.

    Attributes
    ----------
    latest : array or None
        What is judged next.
    um_per_px : float or None
        The scale of the slide, where it is known: then the focus is measured although no red cell is sharp.
    is_asked : threading.Event
        Whether a photograph is wanted.
    """

    def __init__(self, bundle: str) -> None:
        loaded = Bundle.load(bundle or None)
        self._finder = CellFinder(loaded)
        self._limit_um = loaded.section("quality", quality.Parameters).blur_doubtful_um
        self.latest: Pixels | None = None
        self.um_per_px: float | None = None
        self.is_asked = threading.Event()

    def work(self, tell: Callable[[dict[str, Any]], None]) -> None:
        """Judge one frame after another."""
        while True:
            frame, self.latest = self.latest, None
            if frame is None:
                time.sleep(0.05)
            else:
                tell(self.judged(frame))

    def judged(self, frame: Pixels) -> dict[str, Any]:
        """Return the verdict on a frame and how wide its outlines are, um."""
        known = None if self.um_per_px is None else Scale(self.um_per_px, self.um_per_px, "given", 1.0)
        found = self._finder.optics(frame, known).quality
        return {
            "kind": "verdict",
            "verdict": found.verdict,
            "reasons": list(found.reasons),
            "edge_width_um": found.metrics.get("edge_width_um"),
            "limit_um": self._limit_um,
        }


def opened(source: str) -> Callable[[], Pixels]:
    """Open a camera and return what reads its next frame, (h, w, 3) uint8, red, green and blue.

    Parameters
    ----------
    source : str
        ``"csi"`` for a camera on the ribbon cable of a Raspberry Pi, the number of a USB camera, or a video file, which
        is played over and over in place of a camera.

    Raises
    ------
    InputError
        There is no such camera.
    """
    return _csi() if source == "csi" else _opencv(source)


def _csi() -> Callable[[], Pixels]:
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise InputError("A CSI camera needs picamera2: run `sudo apt install python3-picamera2`.") from error
    camera = Picamera2()
    # Picamera2 names formats by the order of bytes in memory read backwards: this one is red, green, blue.
    camera.configure(camera.create_still_configuration(main={"format": "BGR888"}))
    camera.start()
    return lambda: np.ascontiguousarray(camera.capture_array("main"), np.uint8)


def _opencv(source: str) -> Callable[[], Pixels]:
    camera = cv2.VideoCapture(int(source) if source.isdigit() else source)
    if not camera.isOpened():
        raise InputError(f"There is no camera {source}: plug it in, or name another one when the station is started.")
    if source.isdigit():
        camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # raw frames of full size do not fit USB 2
        camera.set(cv2.CAP_PROP_FRAME_WIDTH, _LARGEST_PX)  # drivers take the largest that they have
        camera.set(cv2.CAP_PROP_FRAME_HEIGHT, _LARGEST_PX)
        camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read() -> Pixels:
        is_there, frame = camera.read()
        if not is_there and not source.isdigit():
            camera.set(cv2.CAP_PROP_POS_FRAMES, 0)
            is_there, frame = camera.read()
        if not is_there:
            raise SystemExit(1)
        return np.ascontiguousarray(np.asarray(frame, np.uint8)[..., ::-1])

    return read


def _listen(finder: Finder) -> None:
    for line in sys.stdin:
        told = json.loads(line)
        finder.um_per_px = told["um_per_px"]
        if told["take"]:
            finder.is_asked.set()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
