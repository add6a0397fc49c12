"""Builds ``lowcost-<version>.aar`` from the sources and a model bundle, with nothing but a JDK 17: no Android SDK.

The same sources and the same JDK give the same bytes. An app's own build turns the classes into dex.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

BRIDGE = Path(__file__).resolve().parent
REPOSITORY = BRIDGE.parent

MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="org.lowcost.android">
    <uses-sdk android:minSdkVersion="21" />
</manifest>
"""

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The first moment that an archive can tell."""


def version() -> str:
    """Return the version that the Java code states."""
    source = (BRIDGE / "core/src/main/java/org/lowcost/Version.java").read_text(encoding="utf-8")
    found = re.search(r'NAME = "(.+)"', source)
    assert found is not None
    return found[1]


def compile_java(parts: tuple[str, ...], classes: Path, *needed: Path) -> None:
    """Compile parts of the bridge as Android needs them, every warning an error.

    Parameters
    ----------
    parts : tuple of str
        Folders of the bridge.
    classes : path
        Where the classes go.
    *needed : path
        Folders of classes that they use and that do not go with them.

    Raises
    ------
    SystemExit
        They do not compile.
    """
    sources = sorted(str(file) for part in parts for file in (BRIDGE / part / "src/main/java").rglob("*.java"))
    command = ["javac", "--release", "8", "-encoding", "UTF-8", "-Xlint:all,-options", "-Werror", "-d", str(classes)]
    path = [":".join(map(str, needed))]
    done = subprocess.run([*command, "-cp", *path, *sources], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' and '.join(parts)} do not compile:\n{done.stderr}")


def archive(entries: dict[str, bytes]) -> bytes:
    """Return a zip archive that is the same whenever and wherever it is made: names in order, no times, no owners."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # the same on Windows
            entry.external_attr = 0o644 << 16
            file.writestr(entry, entries[name])
    return content.getvalue()


def files(folder: Path, prefix: str = "") -> dict[str, bytes]:
    """Return the contents of a folder's files by their names with a prefix; hidden ones are left out."""
    found = (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith("."))
    return {f"{prefix}{file.relative_to(folder).as_posix()}": file.read_bytes() for file in found}


def build(bundle: Path) -> bytes:
    """Return the archive.

    Parameters
    ----------
    bundle : path
        Folder of the model bundle that goes into the assets as ``lowcost-1``.
    """
    with tempfile.TemporaryDirectory() as name:
        stubs, classes = Path(name) / "stubs", Path(name) / "classes"
        compile_java(("stubs",), stubs)
        compile_java(("core", "android"), classes, stubs)
        jar = archive(files(classes))
    entries = {
        "AndroidManifest.xml": MANIFEST.encode(),
        "LICENSE": (REPOSITORY / "LICENSE").read_bytes(),
        "R.txt": b"",
        "classes.jar": jar,
        "proguard.txt": (BRIDGE / "android/proguard.txt").read_bytes(),
    }
    return archive(entries | files(bundle, "assets/lowcost-1/"))


def changed(bundle: Path) -> str | None:
    """Return the first file that is missing or not as the bundle's index says; None where all are."""
    digests = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))["files"]
    for name, digest in digests.items():
        file = bundle / name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            return str(name)
    return None


def main(arguments: list[str] | None = None) -> int:
    """Build and say where it is; the exit code is 2 where there is no JDK or no bundle."""
    parser = argparse.ArgumentParser(description="Build the Android library from the sources; needs a JDK 17.")
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models/lowcost-1", help="folder of a model bundle")
    parser.add_argument("--out", type=Path, default=BRIDGE / "build", help="folder that the archive is written to")
    args = parser.parse_args(arguments)
    if shutil.which("javac") is None:
        sys.stderr.write("there is no javac: install a JDK 17 (Debian: openjdk-17-jdk-headless)\n")
        return 2
    if not (args.bundle / "bundle.json").is_file():
        sys.stderr.write(f"{args.bundle} is no bundle: it holds no bundle.json; give the folder that does\n")
        return 2
    fault = changed(args.bundle)
    if fault:
        sys.stderr.write(f"{args.bundle / fault} is not as bundle.json seals it: restore the bundle or seal it\n")
        return 2
    content = build(args.bundle)
    args.out.mkdir(parents=True, exist_ok=True)
    place = args.out / f"lowcost-{version()}.aar"
    place.write_bytes(content)
    sys.stdout.write(f"{place} ({len(content) / 1e6:.2f} MB)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
