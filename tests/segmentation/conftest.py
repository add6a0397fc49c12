"""The bundle's parameters, and the discs and cells that the tests of segmentation draw."""

from __future__ import annotations

import pytest

from lowcost.bundle import Bundle
from lowcost.segmentation import lobes, nuclear_edge, nuclei, outline, surroundings


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return Bundle.load()


@pytest.fixture(scope="session")
def lobe_parameters(bundle: Bundle) -> lobes.Parameters:
    return bundle.section("lobes", lobes.Parameters)


@pytest.fixture(scope="session")
def nuclei_parameters(bundle: Bundle) -> nuclei.Parameters:
    return bundle.section("nuclei", nuclei.Parameters)


@pytest.fixture(scope="session")
def surroundings_parameters(bundle: Bundle) -> surroundings.Parameters:
    return bundle.section("surroundings", surroundings.Parameters)


@pytest.fixture(scope="session")
def outline_parameters(bundle: Bundle) -> outline.Parameters:
    return bundle.section("outline", outline.Parameters)


@pytest.fixture(scope="session")
def nuclear_edge_parameters(bundle: Bundle) -> nuclear_edge.Parameters:
    return bundle.section("nuclear_edge", nuclear_edge.Parameters)
