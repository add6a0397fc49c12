"""The 64-bit ARM build of everything against this machine's: ``make parity-arm``, on Debian 12 with qemu-user-static.

An ARM Python from Debian's packages and the ARM wheels of the very versions installed here are unpacked into
``build/arm``, without touching the system. ``lowcost analyze`` then runs on the same rendered smears here and there,
where it is emulated, and the two ``result.json`` are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks import record
from lowcost.evaluation.tables import Table
from tests.android_bridge.parity import alike
from tests.android_bridge.pictures import rendered

EMULATOR = "qemu-aarch64-static"

REPOSITORY = Path(__file__).resolve().parents[1]

DEBIAN = (
    "python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib", "libc6", "libstdc++6", "libgcc-s1", "zlib1g",
    "libexpat1", "libffi8", "libbz2-1.0", "liblzma5", "libssl3", "libuuid1", "libgomp1",
)  # fmt: skip
"""What a Python needs that imports numpy, OpenCV and LiteRT."""

WHEELS = (
    "numpy", "opencv-python-headless", "pillow", "ai-edge-litert", "flatbuffers", "protobuf", "backports.strenum",
    "typing_extensions", "tqdm",
)  # fmt: skip
"""What an analysis imports."""

PLATFORMS = ("manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_27_aarch64", "manylinux_2_28_aarch64")

STEP = 23
"""Every so many of the rendered smears is analysed: emulation takes seconds for each."""


def main() -> int:
    """Install, analyse, compare, write the table to ``benchmarks/results``; return 1 where anything disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=record.RESULTS)
    parser.add_argument("--work", type=Path, default=REPOSITORY / "build" / "arm")
    options = parser.parse_args()
    missing = [tool for tool in (EMULATOR, "apt-get", "dpkg") if shutil.which(tool) is None]
    if missing:
        print(f"needs {' and '.join(missing)}: on Debian 12, apt-get install qemu-user-static", file=sys.stderr)  # noqa: T201
        return 2
    work: Path = options.work.resolve()
    if not (work / "installed").exists():
        _install(work)
    smears = _smears(work / "smears")
    command = ["-m", "lowcost", "analyze", *map(str, smears), "--out"]
    here, there = work / "here", work / "there"
    root = work / "root"
    arm = [EMULATOR, "-cpu", "cortex-a72", "-L", str(root), str(root / "usr/bin/python3.11")]
    _run([sys.executable, *command, str(here)], PYTHONPATH=str(REPOSITORY))
    _run([*arm, *command, str(there)], PYTHONPATH=f"{work / 'site'}:{REPOSITORY}", PYTHONDONTWRITEBYTECODE="1")
    expected, found = (json.loads((folder / "result.json").read_text()) for folder in (here, there))
    stated = [data.pop("provenance") for data in (found, expected)]
    disagreement = ""
    try:
        alike(found, expected, "result")
    except AssertionError as error:
        disagreement = str(error).splitlines()[0].replace("Java", "ARM").replace("Python", "here")
        print(f"DISAGREEMENT {disagreement}", file=sys.stderr)  # noqa: T201
    table = _table(found, expected, len(smears), disagreement)
    record.report(options.out, "parity_arm", [table], "make parity-arm", {"on ARM": json.dumps(stated[0])})
    return 1 if disagreement else 0


def _install(work: Path) -> None:
    """Unpack Debian's ARM Python into ``root``, the wheels into ``site``."""
    packages = work / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    settings = [f"Dir::State={work}/apt/state", f"Dir::Cache={work}/apt/cache", "Dir::State::status=/dev/null"]
    settings += ["APT::Architecture=arm64", "APT::Architectures=arm64", "APT::Sandbox::User="]
    apt = ["apt-get", "-q", *(part for setting in settings for part in ("-o", setting))]
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (work / "apt" / folder).mkdir(parents=True, exist_ok=True)
    _run([*apt, "update"])
    _run([*apt, "download", *DEBIAN], folder=packages)
    for package in sorted(packages.glob("*.deb")):
        _run(["dpkg", "-x", str(package), str(work / "root")])
    shutil.rmtree(work / "site", ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary=:all:", "--python-version", "3.11"]
    pip += [part for name in PLATFORMS for part in ("--platform", name)]
    _run([*pip, "--target", str(work / "site"), *(f"{name}=={version(name)}" for name in WHEELS)])
    (work / "installed").touch()


def _smears(folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, smear in enumerate(rendered()[::STEP]):
        paths.append(folder / f"{number:02d}.png")
        Image.fromarray(smear.pixels()).save(paths[-1])
    return paths


def _run(command: list[str], folder: Path | None = None, **environment: str) -> None:
    subprocess.run(command, check=True, cwd=folder, env=os.environ | environment, stdout=sys.stderr)


def _table(found: dict[str, Any], expected: dict[str, Any], smears: int, disagreement: str) -> Table:
    pairs = list(_values(found, expected))
    rows = (
        {"what": "rendered smears", "value": smears},
        {"what": "cells", "value": sum(len(field["cells"]) for field in expected["fields"])},
        {"what": "numbers and names in result.json, all but its provenance", "value": len(pairs)},
        {"what": "of these not equal", "value": sum(one != two for one, two in pairs)},
    )
    notes = (
        f"Emulated: {EMULATOR} -cpu cortex-a72, no board was measured. Here: {platform.machine()}.",
        *([f"First disagreement: {disagreement}"] if disagreement else []),
    )
    return Table("parity_arm", "64-bit ARM against this machine", rows, notes)


def _values(found: Any, expected: Any) -> Iterator[tuple[Any, Any]]:
    """Single values of two results beside each other; None beside what only one has."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected.keys() | found.keys():
            yield from _values(found.get(key), expected.get(key))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for one, two in zip(found, expected, strict=True):
            yield from _values(one, two)
    else:
        yield found, expected


if __name__ == "__main__":
    raise SystemExit(main())
