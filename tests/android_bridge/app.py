"""Builds the Android archive, and does with its own classes and assets what an app does (`aar/Driver.java`)."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.android_bridge.bridge import BRIDGE, compile_java

BUILD = BRIDGE / "build_aar.py"
DRIVER = Path(__file__).parent / "aar" / "Driver.java"


def built(folder: Path, *options: str) -> bytes:
    """The archive as the command builds it."""
    command = [sys.executable, str(BUILD), "--out", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (place,) = folder.glob("lowcost-*.aar")
    assert done.stdout.startswith(f"{place} (")
    return place.read_bytes()


class App:
    """The unpacked archive beside stand-ins of Android's classes that work on a desktop.

    Attributes
    ----------
    archive : bytes
        The archive.
    jar, assets, stubs : path
        Its classes, its assets, and the stand-ins.
    """

    def __init__(self, folder: Path) -> None:
        self.archive = built(folder)
        zipfile.ZipFile(io.BytesIO(self.archive)).extractall(folder / "aar")
        self.jar, self.assets = folder / "aar" / "classes.jar", folder / "aar" / "assets"
        self.stubs, driver = compile_java("stubs", folder / "stubs"), folder / "driver"
        driver.mkdir()
        self._path = ":".join(map(str, (self.stubs, self.jar, driver)))
        command = ["javac", "-Xlint:all", "-Werror", "-cp", self._path, "-d", str(driver), str(DRIVER)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def __call__(self, command: str, *arguments: Path | str, heap: str = "256m", sdk: int = 35) -> list[str]:
        """Run a command of the driver in a process of its own, as on some Android; return the lines that it prints."""
        options = [
            f"-Xmx{heap}",
            f"-Dandroid.sdk={sdk}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            self._path,
        ]
        words = ["java", *options, "Driver", command, *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def told(self, command: str, *arguments: Path | str, heap: str = "256m") -> dict[str, tuple[str, str]]:
        """Run a command that prints what was thrown: simple name and text of the exception by what was tried."""
        lines = (line.split("\t") for line in self(command, *arguments, heap=heap))
        return {what: (kind.rpartition(".")[2], text) for what, kind, text in lines}
