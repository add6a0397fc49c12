"""Tiny sets in every layout, drawn on the spot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.datasets import copies


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with a small copy of every labelled set's layout."""
    return copies.write(tmp_path)
