"""The API does what its OpenAPI document says, whatever it is asked: no server error, and answers as described.

``LOWCOST_EXAMPLES=500 pytest tests/serve/test_schema.py`` asks longer.
"""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

pytest.importorskip("schemathesis", reason="needs schemathesis: pip install lowcost[dev]")

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as described

from lowcost.serve import app
from tests.serve.people import slide as new_slide
from tests.serve.served import Served
from tests.serve.stations import analysed, programs
from tests.smears import crowd

EXAMPLES = int(os.environ.get("LOWCOST_EXAMPLES", "6"))

CHECKS = [
    checks.not_a_server_error,
    described.status_code_conformance,
    described.content_type_conformance,
    described.response_schema_conformance,
    described.response_headers_conformance,
    described.negative_data_rejection,
]

OPERATIONS = [
    (method, path)
    for path, methods in app.create(SimpleNamespace(settings=SimpleNamespace(lan=True))).openapi()["paths"].items()
    for method in methods
]


schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    made = Served(tmp_path_factory.mktemp("schema") / "station", lan=True)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def headers(served):
    """A reviewer's: an admin could lock themselves out, and all later answers would be the same refusal."""
    here = served.station
    sent = {"Authorization": programs(here, {"ana": "admin", "ben": "reviewer"})("ben").headers["Authorization"]}
    analysed(here.database, new_slide(here.database, 1), crowd(10, ["lymphocyte", "blast"], per_field=5))
    return sent


@pytest.fixture(scope="module")
def schema(served, headers):
    return schemathesis.openapi.from_url(f"{served.address}/api/v1/openapi.json", headers=headers)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_keeps_its_word(schema, headers, method, path, mode):
    if mode is GenerationMode.NEGATIVE and "{" not in path and method == "get":
        pytest.skip("nothing to get wrong")

    @given(schema[path][method].as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    def ask(case):
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
