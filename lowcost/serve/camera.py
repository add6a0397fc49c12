"""A camera at the station's own machine: it is held by a process of its own, and only while somebody looks."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import IO, Any

from lowcost.serve.errors import NotFound, Unavailable
from lowcost.serve.settings import Settings

IDLE_S = 30.0
"""Time without anybody looking after which the camera is let go."""

PATIENCE_S = 20.0
"""Longest time until a camera shows something, or has taken a photograph."""

_LOST = "The camera does not answer: check its cable, then try again."


@dataclass
class View:
    """What a camera shows.

    Attributes
    ----------
    number : int
        Grows with each preview.
    preview : bytes
        The last one, as JPEG.
    told : dict
        ``sharpness``, ``width`` and ``height`` of the last preview; ``verdict``, ``reasons``, ``edge_width_um`` and
        ``limit_um`` of the frame that was judged last.
    """

    number: int = 0
    preview: bytes = b""
    told: dict[str, Any] = field(default_factory=dict)


class Camera:
    """The camera of a station; safe to be used from several threads.

    Parameters
    ----------
    settings : Settings
        Which camera, and with which models it is judged.
    """

    def __init__(self, settings: Settings) -> None:
        self._source, self._bundle = settings.camera, settings.bundle
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._view = View()
        self._photographs: list[bytes] = []
        self._error = ""
        self._asked_at = 0.0
        self._taking = threading.Lock()

    @property
    def is_there(self) -> bool:
        """Whether the station was given one."""
        return self._source is not None

    def look(self, um_per_px: float | None = None) -> View:
        """Return what the camera shows now.

        Parameters
        ----------
        um_per_px : float, optional
            The scale, where it is known.

        Raises
        ------
        NotFound
            The station has none.
        Unavailable
            It does not answer.
        """
        self._order(um_per_px, False)
        with self._changed:
            self._changed.wait_for(lambda: self._view.number > 0 or self._process is None, PATIENCE_S)
            if self._view.number == 0:
                raise Unavailable(self._error or _LOST)
            return self._view

    def take(self, um_per_px: float | None = None) -> bytes:
        """Take a photograph in full size and return it as PNG.

        Raises
        ------
        NotFound
            The station has no camera.
        Unavailable
            It does not answer.
        """
        with self._taking:
            self._photographs.clear()  # one that came too late
            self._order(um_per_px, True)
            with self._changed:
                self._changed.wait_for(lambda: self._photographs or self._process is None, PATIENCE_S)
                if not self._photographs:
                    raise Unavailable(self._error or _LOST)
                return self._photographs.pop()

    def stop(self) -> None:
        """Let the camera go."""
        with self._changed:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _order(self, um_per_px: float | None, take: bool) -> None:
        if self._source is None:
            raise NotFound("This station has no camera: start it with --camera.")
        with self._changed:
            self._asked_at = time.monotonic()
            if self._process is None or self._process.poll() is not None:
                self._start()
            assert self._process is not None
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps({"um_per_px": um_per_px, "take": take}).encode() + b"\n")
                self._process.stdin.flush()
            except OSError as error:
                raise Unavailable(self._error or _LOST) from error

    def _start(self) -> None:
        self._view, self._error = View(), ""
        bundle = "" if self._bundle is None else str(self._bundle)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lowcost.serve.viewfinder", str(self._source), bundle],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=self._listen, args=(self._process,), name="camera", daemon=True).start()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        try:
            while (line := process.stdout.readline()) and time.monotonic() - self._asked_at < IDLE_S:
                self._take_in(json.loads(line), process.stdout)
        except ValueError:
            pass
        process.kill()
        process.wait()
        with self._changed:
            if self._process is process:
                self._process = None
            self._changed.notify_all()

    def _take_in(self, told: dict[str, Any], stream: IO[bytes]) -> None:
        data = stream.read(told.pop("bytes"))
        with self._changed:
            if "error" in told:
                self._error = told["error"]
                return
            kind = told.pop("kind")
            if kind == "photograph":
                self._photographs.append(data)
            else:
                last = self._view
                is_preview = kind == "preview"
                number, preview = (last.number + 1, data) if is_preview else (last.number, last.preview)
                self._view = View(number, preview, last.told | told)
            self._changed.notify_all()
