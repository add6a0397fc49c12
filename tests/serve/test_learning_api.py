"""Who may learn, calibrate and decide, through the API."""

from __future__ import annotations

import io
import zipfile

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve: pip install lowcost[serve]")

from lowcost.serve.models import DeviceProfile, Training
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station
from tests.serve import lessons, stations


@pytest.fixture
def station(tmp_path, database_url):
    made = Station(Settings(tmp_path / "station", database_url, spare_bytes=0, lan=True))
    yield made
    made.learning.stop()
    made.database.close()


@pytest.fixture
def people(station):
    return stations.programs(station, {"ana": "admin", "rita": "reviewer", "tom": "technician", "tim": "technician"})


def made(station, **columns):
    with station.database.write() as session:
        training = Training(**columns)
        session.add(training)
        session.flush()
        return training.id


def test_technicians_do_not_teach_and_only_admins_decide(station, people):
    lessons.taught(station, number_of_slides=1)
    for address in ("/api/v1/training-set.zip", "/learn"):
        assert people("tom").get(address).status_code == 403
    assert people("tom").post("/api/v1/trainings", json={}).status_code == 403
    told = people("rita").post("/api/v1/trainings", json={})
    assert told.status_code == 400, told.text
    assert "12 verified cells are too few" in told.json()["detail"]
    number = made(station, kind="bundle", name="laboratory-1", user_id=2, state="offered", report={})
    address = f"/api/v1/trainings/{number}/decision"
    assert people("tom").post(address, json={"accept": True}).status_code == 404
    assert people("rita").post(address, json={"accept": True}).status_code == 403
    told = people("ana").post(address, json={"accept": True}).json()
    assert (told["state"], told["decided_by"]) == ("accepted", "ana")
    assert people("ana").post(address, json={"accept": True}).status_code == 409


def test_a_technician_calibrates_with_their_own_photographs_alone(station, people, monkeypatch):
    monkeypatch.setattr(station.learning, "_answer", lambda task: {"helps": True, "report": {}, "profile": "{}"})
    slide = lessons.slide(station, "theirs")  # Ana's
    field = lessons.photographed(station, lessons.plain(1)[0], slide)
    body = {"name": "my-phone", "fields": [field]}
    assert people("tom").post("/api/v1/devices", json=body).status_code == 404
    told = people("ana").post("/api/v1/devices", json=body)
    assert told.status_code == 202
    station.learning.wait()
    number = told.json()["id"]
    assert people("tom").get(f"/api/v1/trainings/{number}").status_code == 404
    with station.database.write() as session:
        session.get(Training, number).user_id = 3
    assert people("tim").post(f"/api/v1/trainings/{number}/decision", json={"accept": True}).status_code == 404
    assert people("tom").post(f"/api/v1/trainings/{number}/decision", json={"accept": True}).status_code == 200
    assert people("tim").get("/api/v1/devices").json() == [{"id": 1, "name": "my-phone"}]
    assert people("tim").get("/api/v1/devices/1/profile.json").json() == {}
    assert people("ana").post("/api/v1/devices", json=body).status_code == 409


def test_the_set_is_there_once_a_slide_is_signed_and_leaves_nothing_behind(station, people):
    assert people("rita").get("/api/v1/training-set.zip").status_code == 400
    lessons.taught(station, number_of_slides=1)
    answer = people("rita").get("/api/v1/training-set.zip")
    assert set(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == {
        "annotations.json",
        "groups.csv",
        "images/slide-1-field-1.jpg",
    }
    assert list(station.storage.uploads.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/v1/trainings", {"device_id": 99}),
        ("/api/v1/trainings/99/decision", {"accept": True}),
        ("/api/v1/devices", {"name": "x", "fields": [99]}),
    ],
)
def test_what_is_not_there_is_told(people, address, body):
    assert people("ana").post(address, json=body).status_code == 404
    assert people("ana").get("/api/v1/devices/99/profile.json").status_code == 404


def test_a_profile_of_other_models_fails_its_own_photographs_alone(station, people):
    """One that a slide names must not stop the analysis of all others."""
    from lowcost.serve import fields

    with station.database.write() as session:
        session.add(DeviceProfile(id=1, name="old", content="{}", user_id=1))
    other = lessons.slide(station, "other")
    slide = lessons.slide(station, "with the profile", device_id=1)
    drawn = lessons.plain(1)[0]
    digest = lessons.keep(station, drawn.pixels)
    for number in (slide, other):
        with station.database.write() as session:
            fields.add(session, number, digest, "a.jpg", 1)
    while station.analysis.step():
        pass
    station.analysis.stop()
    assert station.analysis.trouble == ""
    told = [people("ana").get(f"/api/v1/fields/{number}").json() for number in (1, 2)]
    assert [each["state"] for each in told] == ["failed", "done"]
    assert "device profile" in told[0]["reason"]
