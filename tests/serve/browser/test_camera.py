"""The station's own camera in a browser: a live picture, a meter, a photograph that is analysed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("playwright.sync_api", reason="needs a browser's driver: pip install playwright")

from playwright.sync_api import expect

from lowcost.serve import people
from lowcost.synth import render
from tests.serve.browser.conftest import LAPTOP
from tests.serve.people import slide as new_slide

SLOW_MS = 180_000


def test_the_camera_is_focused_by_a_meter_and_photographs(serve, look, tmp_path):
    file = tmp_path / "camera.avi"
    field = render(5, width=640, height=480, um_per_px=0.2, cells={"lymphocyte": 3}).pixels
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    for sigma in (4.0, 2.0, 0.5, 0.1):  # as one turns the fine focus
        writer.write(np.ascontiguousarray(cv2.GaussianBlur(field, (0, 0), sigma)[..., ::-1]))
    writer.release()
    served = serve(camera=str(file))
    people.bench(served.station.database)
    slide = new_slide(served.station.database, 1, um_per_px=0.2)
    page = look(served.address, LAPTOP)
    page.goto(f"/slides/{slide}")
    page.get_by_role("link", name="Camera").click()
    expect(page.locator("#percent")).to_have_text("100 %", timeout=SLOW_MS)
    expect(page.locator("#width")).to_contain_text("µm wide", timeout=SLOW_MS)
    expect(page.locator("#view")).to_have_js_property("naturalWidth", 640)  # between two stills it is none
    page.get_by_role("button", name="Photograph").click()
    expect(page.locator("#photographs li")).to_have_count(1)
    expect(page.locator("#photographs .good, #photographs .doubt, #photographs .retake")).to_be_visible(timeout=SLOW_MS)
    page.goto(f"/slides/{slide}")
    expect(page.locator(".fields li")).to_have_count(1)
