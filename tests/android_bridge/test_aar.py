"""The Android archive: built from a JDK alone, the same bytes twice, small, and made of classes that Android 5 runs."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

import lowcost
from lowcost.bundle import Bundle
from tests.android_bridge import classfile
from tests.android_bridge.app import BUILD, built
from tests.android_bridge.bridge import BRIDGE, javac

ANDROID_5 = re.compile(r"java/(io|util|lang|math|nio|security)/\w+(\$\w+)*$|java/nio/charset/|java/util/zip/")
"""Packages of Java's own that Android has had since its API level 21; of `java.nio` not what names files."""

OWN = ("org/lowcost/", "android/")
DESUGARED = "java/lang/invoke/"
"""What lambdas name; an app's build replaces it."""


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def class_files(app) -> dict[str, classfile.ClassFile]:
    with zipfile.ZipFile(app.jar) as jar:
        found = (classfile.read(jar.read(name)) for name in jar.namelist())
        return {file.name: file for file in found}


def test_the_same_bytes_twice(app, tmp_path, repository):
    """Also of the same bundle in another folder, and at another time."""
    copy = shutil.copytree(repository / "models" / "lowcost-1", tmp_path / "mine", copy_function=shutil.copyfile)
    assert built(tmp_path / "out", "--bundle", str(copy)) == app.archive


def test_what_is_in_it(app):
    archive = opened(app.archive)
    names = archive.namelist()
    assert {"AndroidManifest.xml", "LICENSE", "R.txt", "classes.jar", "proguard.txt"} == {
        name for name in names if "/" not in name
    }
    assert 'package="org.lowcost.android"' in archive.read("AndroidManifest.xml").decode()
    assert 'minSdkVersion="21"' in archive.read("AndroidManifest.xml").decode()
    bundle = Bundle.load()
    assert Bundle.load(app.assets / "lowcost-1").digest == bundle.digest
    assert {f"assets/lowcost-1/{name}" for name in bundle.files} <= set(names)
    assert not [name for name in names if name.endswith(".so")]  # so nothing to align to 16 KB pages
    assert (BUILD.parent / "core/src/main/java/org/lowcost/Version.java").read_text().count(lowcost.__version__) == 1


def test_its_size(app):
    assert len(app.archive) < 2_000_000


def test_every_class_links(app):
    linked = app("link", app.jar)
    with zipfile.ZipFile(app.jar) as jar:
        assert linked == jar.namelist()
    assert "org/lowcost/android/LowcostAnalyzer.class" in linked
    assert not [name for name in linked if not name.startswith("org/lowcost/")]


def test_classes_are_of_java_8(app):
    assert {file.version for file in class_files(app).values()} == {52}


@cache
def java_7() -> dict[str, classfile.ClassFile]:
    """Java 7's classes, which Android 5 knows, from the table that the compiler keeps for old releases."""
    compiler = javac()
    assert compiler is not None
    table = Path(compiler).resolve().parents[1] / "lib" / "ct.sym"
    with zipfile.ZipFile(table) as file:
        names = [name for name in file.namelist() if "7" in name.partition("/")[0] and "/java/" in name]
        found = (classfile.read(file.read(name)) for name in names if name.endswith(".sig"))
        return {known.name: known for known in found}


def knows(owner: str, member: tuple[str, str]) -> bool:
    known = java_7().get(owner)
    return known is not None and (member in known.members or any(knows(parent, member) for parent in known.parents))


def test_nothing_is_used_that_android_5_lacks(app):
    """Neither java.awt, javax.imageio and java.nio.file, nor methods that Java or Android got later."""
    own = class_files(app)
    assert knows("java/util/HashMap", ("get", "(Ljava/lang/Object;)Ljava/lang/Object;"))
    assert not knows(
        "java/util/Map", ("getOrDefault", "(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;")
    )  # the check can fail
    lacking = set()
    for file in own.values():
        others = (name for name in file.classes if not name.startswith((*OWN, "[", DESUGARED)))
        lacking |= {name for name in others if not ANDROID_5.match(name) or name not in java_7()}
        used = ((owner, member) for owner, *member in file.uses if not owner.startswith((*OWN, "[", DESUGARED)))
        lacking |= {f"{owner}.{name}{kind}" for owner, (name, kind) in used if not knows(owner, (name, kind))}
    assert not lacking


def test_litert_compiles_apart(app, tmp_path):
    """The optional runtime is not in the archive, which names nothing of it."""
    with zipfile.ZipFile(app.jar) as jar:
        assert not any(b"org/tensorflow" in jar.read(name) for name in jar.namelist())
    sources = [str(file) for file in (BRIDGE / "litert/src/main/java").rglob("*.java")]
    command = ["javac", "--release", "8", "-Xlint:all,-options", "-Werror", "-cp", f"{app.stubs}:{app.jar}"]
    done = subprocess.run([*command, "-d", str(tmp_path), *sources], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_bundle(app, tmp_path):
    command = [sys.executable, str(BUILD), "--out", str(tmp_path), "--bundle", str(tmp_path / "absent")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "absent is no bundle: it holds no bundle.json; give the folder" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "damage", [lambda file: file.unlink(), lambda file: file.write_bytes(file.read_bytes() + b"x")]
)
def test_a_bundle_that_phones_would_refuse(app, tmp_path, repository, damage):
    shutil.copytree(repository / "models" / "lowcost-1", tmp_path / "bundle")
    damage(tmp_path / "bundle" / "cell_type.tflite")
    command = [sys.executable, str(BUILD), "--out", str(tmp_path), "--bundle", str(tmp_path / "bundle")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cell_type.tflite is not as bundle.json seals it: restore the bundle" in done.stderr
    assert not list(tmp_path.glob("*.aar"))


def test_no_compiler(tmp_path):
    command = [sys.executable, str(BUILD), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "install a JDK 17" in done.stderr
