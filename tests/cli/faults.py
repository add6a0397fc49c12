"""Every command that writes, under a fault of the disk or an interrupt, in a process of its own.

``python -m tests.cli.faults FAULT GIVEN OUT`` prints as JSON, for each command, its exit code, what it said on standard
error, and what it left in its folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lowcost import cli

FAULTS = ("nothing", "read-only", "full", "forbidden", "interrupted")

_DELAYS = (0.005, 0.1)
"""Seconds after which a command is interrupted."""

_LONGEST = 200
"""Seconds after which a command that does not end by itself is interrupted."""

_CLONE_NEWNS, _CLONE_NEWUSER, _DROP, _OVERRIDES = 0x20000, 0x10000000, 24, (1, 2)


def writing(given: Path, out: Path) -> dict[str, list[str]]:
    """Arguments with which each command that writes does its work on what is `given`."""
    fields, cells = str(given / "fields"), str(given / "cells")
    named: dict[str, list[Any]] = {
        "analyze": [f"{fields}/1.png", "--out", out / "analyze"],
        "batch": [fields, "--out", out / "store", "--workers", 1],
        "programme": [given / "store", "--out", out / "programme"],
        "calibrate": ["--device", "phone", fields, "--out", out / "phone.json"],
        "render": ["--out", out / "render", "--width", 200, "--height", 160, "--um-per-px", 0.2, "--cells", "blast"],
        "evaluate": ["--data", cells, "--um-per-px", 0.12, "--out", out / "evaluate"],
        "export": [given / "result.json", "--to", "coco", "--out", out / "coco.json"],
        "convert": [given / "result.json", "--to", "geojson", "--out", out / "shapes.zip"],
        "annotate": [fields, "--station", out / "labels", "--port", 0],
        "serve": [out / "station", "--port", 0],
        "backup": [given / "station", out / "station.tar"],
        "restore": [given / "station.tar", out / "restored"],
    }
    return {name: [name, *map(str, arguments)] for name, arguments in named.items()}


def main(fault: str, given: Path, out: Path) -> None:
    """Put the fault in place, run the commands and print what came of it."""
    found = {}
    if fault == "interrupted":  # a module of C that was imported by half cannot be imported again
        (out / "before").mkdir()
        for name, arguments in writing(given, out / "before").items():
            _run(arguments, _LONGEST, serves=name in ("annotate", "serve"))
    if fault != "nothing":
        _prepare(fault, out)
    for name, arguments in writing(given, out).items():
        if fault == "interrupted":
            found[name] = [_run(arguments, after) for after in _DELAYS]
        else:
            found[name] = [_run(arguments, _LONGEST)]
        for outcome in found[name]:
            outcome["left"] = [path.name for path in out.rglob(".lowcost-[0-9]*")]
    print(json.dumps(found))


def _prepare(fault: str, out: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if fault in ("read-only", "full"):
        user = os.getuid()
        if libc.unshare(_CLONE_NEWNS | (_CLONE_NEWUSER if user else 0)):
            raise SystemExit("no mounts: not allowed here")
        if user:
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        options = "ro" if fault == "read-only" else "size=16k"
        subprocess.run(["mount", "--make-rprivate", "/"], check=False, capture_output=True)
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(out)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            raise SystemExit("no mounts: not allowed here")
    elif fault == "forbidden":
        os.chmod(out, 0o500)
        for capability in _OVERRIDES:  # by which root may write everywhere
            libc.prctl(_DROP, capability, 0, 0, 0)
        if os.getuid() == 0 and "--dropped" not in sys.argv:
            os.execv(sys.executable, [sys.executable, "-m", "tests.cli.faults", *sys.argv[1:], "--dropped"])


def _run(arguments: list[str], limit: float, serves: bool = False) -> dict[str, Any]:
    said, told = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(told):
        try:
            with _interrupted(limit):
                if serves:
                    threading.Thread(target=_interrupt_when_it_answers, args=[told], daemon=True).start()
                code: Any = cli.main(arguments)
        except SystemExit as stopped:
            code = stopped.code
        except BaseException:
            code = traceback.format_exc()
    return {"code": code, "said": said.getvalue()}


@contextlib.contextmanager
def _interrupted(after: float) -> Iterator[None]:
    """Press Ctrl-C so many seconds later; what runs in the background may have been told to ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, lambda number, frame: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _interrupt_when_it_answers(told: io.StringIO) -> None:
    """Press Ctrl-C when a station answers: while it starts, the press may leave a lock behind for the next command."""
    while not (address := re.search(r"http://\S+", told.getvalue())):
        time.sleep(0.05)
    urllib.request.urlopen(address[0], timeout=_LONGEST).close()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
