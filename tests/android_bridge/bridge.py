"""Compiles the Java of android_bridge/ and talks to its stages (`org.lowcost.desktop.Stage`)."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

BRIDGE = Path(__file__).resolve().parents[2] / "android_bridge"

_TYPES = ("u1", "i1", "i4", "i8", "f8")


def javac() -> str | None:
    """The compiler, None where there is no JDK."""
    return shutil.which("javac")


def sources(*parts: str) -> list[Path]:
    """Every Java source of some parts (``core``, ``desktop``) in a fixed order."""
    return sorted(file for part in parts for file in (BRIDGE / part / "src/main/java").rglob("*.java"))


def compile_java(part: str, classes: Path, *needed: Path) -> Path:
    """Compile one part as Android needs it, every warning an error; `needed` are folders of classes it uses."""
    quick = ["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"]  # a short run is not worth optimising
    command = [
        "javac",
        *quick,
        "--release",
        "8",
        "-encoding",
        "UTF-8",
        "-Xlint:all,-options",
        "-Werror",
        "-d",
        str(classes),
    ]
    if needed:
        command += ["-cp", ":".join(map(str, needed))]
    done = subprocess.run([*command, *map(str, sources(part))], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return classes


class JavaError(Exception):
    """What a stage threw: `kind` is the simple or nested name of its class, `place` where it was thrown."""

    def __init__(self, kind: str, message: str, place: str) -> None:
        super().__init__(f"{kind}: {message} [{place}]")
        self.kind, self.message, self.place = kind.rpartition(".")[2], message, place


class Java:
    """A running `org.lowcost.desktop.Stage`, or another `main` that answers as it does.

    Call it with the name of a stage and what goes in.

    Arrays are passed as numpy arrays, everything else as JSON; what comes back is a dict of the same.
    """

    def __init__(self, classes: list[Path], *options: str, main: str = "org.lowcost.desktop.Stage") -> None:
        command = ["java", "-Xmx512m", "-XX:+UseSerialGC", *options, "-cp", ":".join(map(str, classes))]
        self._process = subprocess.Popen([*command, main], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, stage: str, **arguments: Any) -> dict[str, Any]:
        arrays = {name: np.ascontiguousarray(item) for name, item in arguments.items() if isinstance(item, np.ndarray)}
        values = {name: item for name, item in arguments.items() if name not in arrays} | {"stage": stage}
        arrays = {name: item.view(np.uint8) if item.dtype == bool else item for name, item in arrays.items()}
        described = [[name, item.dtype.str[1:], list(item.shape)] for name, item in arrays.items()]
        assert all(entry[1] in _TYPES for entry in described), described
        header = json.dumps({"values": values, "arrays": described}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(struct.pack(">I", len(header)) + header)
        for item in arrays.values():
            self._process.stdin.write(item.tobytes())
        self._process.stdin.flush()
        header = json.loads(self._read(struct.unpack(">I", self._read(4))[0]))
        answer: dict[str, Any] = header["values"]
        for name, kind, shape in header["arrays"]:
            size = int(kind[1:]) * int(np.prod(shape, dtype=np.int64))
            answer[name] = np.frombuffer(self._read(size), f"<{kind}").reshape(shape)
        if "error" in answer:
            raise JavaError(answer["error"], answer["message"], answer["place"])
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None
        content = self._process.stdout.read(size)
        assert len(content) == size, "the Java process ended"
        return content
