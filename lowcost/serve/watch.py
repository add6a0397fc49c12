"""A watched folder, for microscopes with a camera of their own: ``CASE/SLIDE/photograph.jpg`` comes in by itself.

Files are only read. One that grew or changed since the last look is still being written, and waits for the next.
"""

from __future__ import annotations

import threading
from pathlib import Path

from lowcost.errors import InputError
from lowcost.serve import intake
from lowcost.serve.station import Station

_PAUSE_S = 2.0
_TROUBLE_S = 30.0


class Watch(threading.Thread):
    """Takes photographs from a folder into a station.

    Parameters
    ----------
    station : Station
        Where they go; cases and slides that it does not have are opened by their folders' names.
    folder : Path
        What is watched.

    Raises
    ------
    InputError
        There is no such folder.
    """

    def __init__(self, station: Station, folder: Path) -> None:
        super().__init__(name="watch", daemon=True)
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder: name the one that the camera's program saves to")
        self._station, self._folder = station, folder
        self._stopping = threading.Event()
        self._seen: dict[Path, tuple[int, int]] = {}
        self._taken: dict[Path, tuple[int, int]] = {}

    def run(self) -> None:
        """Look every other second, until `stop`."""
        pause_s = _PAUSE_S
        while not self._stopping.wait(pause_s):
            try:
                self.step()
                pause_s = _PAUSE_S
            except Exception as error:  # a full disk, a share that went away: what was not taken waits
                self._station.analysis.trouble = f"{self._folder} could not be read: {error}"
                pause_s = _TROUBLE_S

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def step(self) -> None:
        """Take what is there and has not changed since the last look."""
        found = {}
        for file in sorted(self._folder.glob("*/*/*")):
            if intake.is_photograph(file):
                status = file.stat()
                found[file] = status.st_size, status.st_mtime_ns
        for file, stamp in found.items():
            whole = stamp == self._seen.get(file) and 0 < stamp[0] <= self._station.settings.max_bytes
            if whole and stamp != self._taken.get(file):
                intake.take(self._station, file, file.parent.parent.name, file.parent.name)
                self._taken[file] = stamp
        self._seen = found
