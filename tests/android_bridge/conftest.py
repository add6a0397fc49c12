"""The compiled Java, and a process that runs its stages: once per test run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.android_bridge.app import App
from tests.android_bridge.bridge import Java, compile_java, javac
from tests.android_bridge.sample import compiled


@pytest.fixture(scope="session")
def jdk() -> None:
    """What needs a JDK is skipped where there is none."""
    if javac() is None:
        pytest.skip("needs a JDK: install openjdk-17-jdk-headless, as .ci/run does")


@pytest.fixture(scope="session")
def classes(jdk: None, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of the classes of `core` and `desktop`; `core` is compiled without seeing `desktop`."""
    folder = tmp_path_factory.mktemp("classes")
    core = compile_java("core", folder / "core")
    return [core, compile_java("desktop", folder / "desktop", core)]


@pytest.fixture(scope="session")
def java(classes: list[Path]) -> Iterator[Java]:
    """A process that runs stages."""
    process = Java(classes)
    yield process
    process.close()


@pytest.fixture(scope="session")
def app(jdk: None, tmp_path_factory: pytest.TempPathFactory) -> App:
    """The Android archive as `build_aar.py` builds it, with what runs its classes on a desktop."""
    return App(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="session")
def sample(app: App, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classes of the sample app."""
    return compiled(app, tmp_path_factory.mktemp("sample"))
