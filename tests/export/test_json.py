"""The result as a file."""

from __future__ import annotations

import json

import pytest

from lowcost import export
from lowcost.errors import InputError
from lowcost.result import Failure
from tests.smears import field, smear


@pytest.mark.parametrize("name", ["field.png", "Blutausstrich ä µ 血.jpg", "not\udcfftext.jpg", '"<&>".jpg'])
def test_reads_back_whatever_the_file_name(tmp_path, name):
    result = smear([field(name=name)], [Failure(f"/{name}", "no image")])
    export.to_json(result, tmp_path / "result.json")
    assert export.from_json(tmp_path / "result.json") == result


def test_what_cannot_be_read_says_why(tmp_path):
    path = tmp_path / "result.json"
    with pytest.raises(InputError, match=r"cannot read .*result.json: No such file"):
        export.from_json(path)
    for content in (b"{", b"\xff", b"[" * 100_000, b""):
        path.write_bytes(content)
        with pytest.raises(
            InputError, match=r"result.json is no JSON, or damaged: give a result.json that lowcost wrote"
        ):
            export.from_json(path)
    path.write_text(json.dumps(smear().to_dict() | {"fields": [1]}))
    with pytest.raises(InputError, match=r"result.json: fields\[0\]: expected an object, got 1"):
        export.from_json(path)
