"""The JSON form of a result: equal after a round trip, true to its published schema, refused with a sentence."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowcost import result_json
from lowcost.errors import InputError
from lowcost.result import SCHEMA_VERSION, Cell, Failure, SmearResult, rounded
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, EVIDENCE_LEVELS
from tests.smears import cell, field, smear

GOLDEN = Path(__file__).parent / "golden" / "result.json"
GOLDEN_1 = Path(__file__).parent / "golden" / "result-1.0.json"
SCHEMA = result_json.published_schema()

numbers = st.floats(allow_nan=False, allow_infinity=False)
shares = st.floats(0, 1)
polygons = st.lists(st.tuples(numbers, numbers), max_size=4).map(tuple)
cells = st.builds(
    Cell,
    id=st.integers(1, 10**6),
    box=st.tuples(*[st.integers(-(10**6), 10**6)] * 4),
    polygon=polygons,
    nucleus_polygons=st.lists(polygons, max_size=3).map(tuple),
    type=st.sampled_from(list(CELL_TYPES)),
    probability=shares,
    probabilities=st.dictionaries(st.sampled_from(list(CELL_TYPES)), shares),
    touches_edge=st.booleans(),
    attributes=st.sampled_from([{}, cell(1).attributes]),
    features=st.dictionaries(st.text(), numbers),
    possible_types=st.lists(st.sampled_from(list(CELL_TYPES)), max_size=3).map(tuple),
    novelty=st.none() | shares,
)
results = st.builds(
    lambda cells, name, verdict, message: smear([field(cells, name, verdict)], [Failure(name, message)]),
    st.lists(cells, max_size=4),
    st.text(),
    st.sampled_from(["accepted", "doubtful", "rejected"]),
    st.text(),
)


@settings(max_examples=50)
@given(results)
def test_reads_back_to_an_equal_object(result):
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    jsonschema.validate(data, SCHEMA)
    again = SmearResult.from_dict(data)
    assert again == result
    assert json.dumps(again.to_dict()) == json.dumps(data)


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_every_name():
    names = {name: entry.get("enum") for name, entry in SCHEMA["$defs"].items()}
    assert names["cell_type"] == list(CELL_TYPES)
    assert names["attribute_name"] == list(ATTRIBUTES)
    assert SCHEMA["$defs"]["attribute"]["properties"]["evidence"]["enum"] == list(EVIDENCE_LEVELS)
    assert SCHEMA["title"].endswith(f"version {SCHEMA_VERSION}")


def test_the_form_stays_what_it_was():
    golden = json.loads(GOLDEN.read_text())
    assert smear().to_dict() == golden
    assert list(smear().to_dict()["fields"][0]["cells"][0]) == list(golden["fields"][0]["cells"][0])
    assert SmearResult.from_dict(golden) == smear()


def test_version_1_is_still_read():
    old, new = SmearResult.from_dict(json.loads(GOLDEN_1.read_text())), smear()
    for before, now in zip(old.cells, new.cells, strict=True):
        assert before == dataclasses.replace(now, possible_types=(), novelty=None)
    assert old.differential.neutrophils is None
    assert old.differential.blast_equivalents == dataclasses.replace(
        new.differential.blast_equivalents, with_errors=None
    )
    assert SmearResult.from_dict(old.to_dict()) == old


def test_numbers_of_numpy_become_plain():
    found = cell(1)
    odd = dataclasses.replace(
        found,
        box=tuple(np.array(found.box)),
        probability=np.float64(0.97),
        touches_edge=np.bool_(False),
        features={"area": np.float32(0.5)},
    )
    text = json.dumps(smear([field([odd])]).to_dict())
    assert SmearResult.from_dict(json.loads(text)).cells[0] == dataclasses.replace(odd, touches_edge=False)


def test_undefined_features_are_left_out():
    odd = dataclasses.replace(cell(1), features={"a": 1.0, "b": math.nan, "c": math.inf})
    assert smear([field([odd])]).to_dict()["fields"][0]["cells"][0]["features"] == {"a": 1.0}


def test_other_undefined_numbers_are_refused():
    odd = dataclasses.replace(cell(1), probability=math.nan)
    with pytest.raises(ValueError, match=r"^fields\[0\]\.cells\[0\]\.probability: expected a finite number, got nan$"):
        smear([field([odd])]).to_dict()


def test_newer_minor_versions_and_unknown_entries_are_read():
    data = smear().to_dict() | {"schema_version": "2.7", "novel": [1]}
    data["fields"][0]["cells"][0]["novel"] = None
    assert SmearResult.from_dict(data) == smear()


def test_whole_numbers_are_read_in_either_spelling():
    data = smear().to_dict()
    data["fields"][0]["width"] = 640.0
    data["fields"][0]["scale"]["confidence"] = 1
    again = SmearResult.from_dict(data).fields[0]
    assert (type(again.width), type(again.scale.confidence)) == (int, float)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (["fields", 0, "cells", 1, "box"], [1, 2, 3], "fields[0].cells[1].box: expected 4 integers, got 3"),
        (["fields", 0, "cells", 1, "box"], [1, 2, 3, 4.5], "fields[0].cells[1].box[3]: expected an integer, got 4.5"),
        (["fields", 0, "cells", 1, "polygon", 2], [1.0], "fields[0].cells[1].polygon[2]: expected 2 numbers, got 1"),
        (["fields", 0, "cells", 1, "type"], "bird", "fields[0].cells[1].type: expected one of neutrophil_segmented, "),
        (["fields", 0, "cells", 1, "probability"], 1.5, "probability: expected a number between 0 and 1, got 1.5"),
        (["fields", 0, "cells", 1, "probability"], math.inf, "probability: expected a finite number, got Infinity"),
        (["fields", 0, "cells", 1, "probability"], 10**400, "probability: expected a finite number, got 1000"),
        (
            ["fields", 0, "cells", 1, "probabilities"],
            {"bird": 1},
            "probabilities: expected one of neutrophil_segmented",
        ),
        (["fields", 0, "cells", 1, "touches_edge"], 1, "touches_edge: expected true or false, got 1"),
        (["fields", 0, "cells", 1, "id"], True, "fields[0].cells[1].id: expected an integer, got true"),
        (["fields", 0, "cells", 1, "id"], 0, "fields[0].cells[1].id: expected a number of at least 1, got 0"),
        (["fields", 0, "cells", 1, "features", "area"], "big", 'features.area: expected a finite number, got "big"'),
        (["fields", 0, "cells", 1], None, "fields[0].cells[1]: expected an object, got null"),
        (["fields", 0, "width"], object(), "fields[0].width: expected an integer, got a Python object"),
        (["fields", 0, "sha256"], "xyz", 'fields[0].sha256: expected a text like ^[0-9a-f]{64}$, got "xyz"'),
        (["fields", 0, "verdict"], "fine", 'verdict: expected one of accepted, doubtful, rejected, got "fine"'),
        (["fields"], "x" * 99, 'fields: expected a list, got "xxxxx'),
        (["differential", "shares"], {}, "differential.shares.neutrophil_segmented: missing"),
        (["differential", "blast_thresholds"], {"=1+1": "below"}, 'expected a text like ^[1-9][0-9]?$, got "=1+1"'),
        (["provenance", "lowcost"], 3, "provenance.lowcost: expected a text, got 3"),
        (["failures"], {}, "failures: expected a list, got an object"),
        (["schema_version"], "3.0", "schema version 3.0, this version of lowcost reads 1.x and 2.x: upgrade lowcost"),
        (["schema_version"], "0.9", "version 0.9, this version of lowcost reads 1.x and 2.x: analyse the images again"),
        (["schema_version"], None, "schema_version is null, expected one such as '2.0': give a result.json that"),
        (["schema_version"], "one.two", "schema_version is \"one.two\", expected one such as '2.0'"),
    ],
)
def test_faults_are_named_with_their_place(place, value, message):
    data = copy.deepcopy(smear().to_dict())
    target = data
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    with pytest.raises(InputError) as caught:
        SmearResult.from_dict(data)
    assert message in str(caught.value)


def test_too_many_reasons_are_refused():
    data = smear().to_dict()
    data["fields"][0]["cells"][0]["attributes"]["cell_size"]["reasons"] *= 2
    with pytest.raises(InputError, match="cell_size.reasons: expected at most 3 items, got 4"):
        SmearResult.from_dict(data)


def test_what_is_missing_is_named():
    data = smear().to_dict()
    del data["fields"][0]["scale"]["source"]
    with pytest.raises(InputError, match=r"^fields\[0\]\.scale\.source: missing$"):
        SmearResult.from_dict(data)


def test_only_an_object_is_a_result():
    with pytest.raises(InputError, match="the result is a list, expected an object: give the content of a result.json"):
        SmearResult.from_dict([])


anything = st.recursive(
    st.none() | st.booleans() | numbers | st.text(), lambda some: st.lists(some) | st.dictionaries(st.text(), some)
)


@settings(max_examples=40)
@given(anything)
def test_whatever_else_is_given_gets_its_sentence(value):
    for data in (value, smear().to_dict() | {"differential": value}, {"schema_version": "1.0", "fields": value}):
        with pytest.raises(InputError):
            SmearResult.from_dict(data)


@given(numbers)
def test_rounding_keeps_seven_digits(value: float) -> None:
    shown = rounded(value)
    assert shown == pytest.approx(value, rel=5.01e-7, abs=5e-324)
    assert rounded(shown) == shown
    assert math.copysign(1, shown) == math.copysign(1, value)


def test_what_machines_add_differently_is_the_same_once_rounded() -> None:
    tenths = [0.1] * 10
    assert sum(tenths[:5]) + sum(tenths[5:]) != math.fsum(tenths) - 2e-16
    assert rounded(math.fsum(tenths) - 2e-16) == rounded(sum(tenths[:5]) + sum(tenths[5:])) == 1.0
