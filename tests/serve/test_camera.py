"""The station's camera: a video stands in for one."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra serve: pip install lowcost[serve]")

from lowcost.errors import InputError
from lowcost.image import reading
from lowcost.serve import camera as cameras
from lowcost.serve import viewfinder
from lowcost.serve.camera import Camera
from lowcost.serve.errors import NotFound, Unavailable
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station
from lowcost.synth import render
from tests.serve import people, stations

UM_PER_PX = 0.2


@pytest.fixture(scope="module")
def field():
    return render(5, width=640, height=480, um_per_px=UM_PER_PX, cells={"lymphocyte": 3}).pixels


@pytest.fixture(scope="module")
def video(field, tmp_path_factory):
    """Two frames of one field, which is all that it shows."""
    file = tmp_path_factory.mktemp("camera") / "camera.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    for _ in range(2):
        writer.write(np.ascontiguousarray(field[..., ::-1]))
    writer.release()
    return str(file)


@pytest.fixture
def camera(video, tmp_path):
    opened = Camera(Settings(tmp_path, camera=video))
    yield opened
    opened.stop()


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_shows_judges_and_takes_what_it_sees(camera, field):
    until(lambda: "verdict" in camera.look(UM_PER_PX).told)
    seen = camera.look(UM_PER_PX)
    assert (seen.told["width"], seen.told["height"]) == (640, 480)
    assert seen.told["verdict"] in ("accepted", "doubtful")
    assert 0.2 < seen.told["edge_width_um"] < seen.told["limit_um"]
    assert cv2.imdecode(np.frombuffer(seen.preview, np.uint8), 1).shape == (480, 640, 3)
    assert "kind" not in seen.told
    photograph = reading.read(camera.take(UM_PER_PX)).pixels
    assert photograph.shape == field.shape
    assert np.abs(photograph.astype(int) - field).mean() < 4  # the video compresses
    later = camera.look().number
    until(lambda: camera.look().number > later)


def test_sharpness_and_width_tell_a_blurred_field(field):
    finder = viewfinder.Finder("")
    finder.um_per_px = UM_PER_PX
    blurred = cv2.GaussianBlur(field, (0, 0), 6)
    assert viewfinder.sharpness(blurred) < 0.3 * viewfinder.sharpness(field)
    sharp, soft = finder.judged(field), finder.judged(blurred)
    assert sharp["edge_width_um"] < sharp["limit_um"] < soft["edge_width_um"]
    assert any("focus" in reason for reason in soft["reasons"])


def test_brighter_is_no_sharper(field):
    darker = (field * 0.7).astype(np.uint8)
    assert viewfinder.sharpness(darker) == pytest.approx(viewfinder.sharpness(field), rel=0.05)


def test_a_camera_that_nobody_looks_at_is_let_go(camera, monkeypatch):
    camera.look()
    process = camera._process
    with monkeypatch.context() as impatient:
        impatient.setattr(cameras, "IDLE_S", 0.0)
        until(lambda: process.poll() is not None)
    assert camera.look().number > 0  # and taken again by who looks again


def test_one_that_dies_is_taken_again(camera):
    camera.look()
    camera._process.kill()
    until(lambda: camera._process is None)
    assert camera.take()


@pytest.mark.parametrize("source", ["nowhere.avi", "csi"])
def test_no_camera_is_told(tmp_path, source):
    camera = Camera(Settings(tmp_path, camera=source))
    with pytest.raises(Unavailable, match=r"no camera nowhere\.avi|picamera2"):
        camera.look()
    with pytest.raises(NotFound, match="--camera"):
        Camera(Settings(tmp_path)).take()
    with pytest.raises(InputError):
        viewfinder.opened("nowhere.avi")


def test_a_photograph_comes_in_by_the_door_of_uploads(video, tmp_path):
    station = Station(Settings(tmp_path / "station", camera=video, spare_bytes=0, lan=True))
    of = stations.programs(station, {"ana": "admin", "tom": "technician"})
    slide = people.slide(station.database, 1, um_per_px=UM_PER_PX)
    told = of("ana").post(f"/api/v1/slides/{slide}/camera")
    assert told.status_code == 201, told.text
    number = told.json()["field_id"]
    field = of("ana").get(f"/api/v1/fields/{number}").json()
    assert field["name"].startswith("camera-")
    assert (station.storage.photograph(field["sha256"])).read_bytes()[:4] == b"\x89PNG"
    assert of("tom").post(f"/api/v1/slides/{slide}/camera").status_code == 404
    for address in ("camera", "camera/view", "camera/view.jpg"):
        assert of("tom").get(f"/slides/{slide}/{address}").status_code == 404
        assert of("ana").get(f"/slides/{slide}/{address}").status_code == 200
    station.camera.stop()
    station.database.close()


def test_without_a_camera_the_page_says_so(tmp_path):
    station = Station(Settings(tmp_path / "station", spare_bytes=0, lan=True))
    of = stations.programs(station, {"ana": "admin"})
    slide = people.slide(station.database, 1)
    assert of("ana").get(f"/slides/{slide}/camera/view").status_code == 404
    assert "no camera of its own" in of("ana").get(f"/slides/{slide}/camera").text
    assert "/camera" not in of("ana").get(f"/slides/{slide}").text
    station.database.close()
