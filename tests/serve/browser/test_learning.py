"""Learning and calibrating in a browser: a button, a wait, a table, a word."""

from __future__ import annotations

import json
import uuid

import pytest

pytest.importorskip("playwright.sync_api", reason="needs a browser's driver: pip install playwright")

from playwright.sync_api import expect
from sqlalchemy import select

from lowcost.serve import people
from lowcost.serve.corrections import Correction
from lowcost.serve.models import Cell, DeviceProfile, Training
from tests.serve import lessons
from tests.serve.browser.conftest import LAPTOP, PHONE
from tests.serve.test_learning import SWAPPED

SLOW_MS = 180_000


@pytest.fixture
def served(serve):
    made = serve()
    people.bench(made.station.database)
    return made


def test_signed_slides_teach_and_an_admin_accepts_and_takes_back(serve, look, database_url):
    served = serve(database=database_url)
    people.bench(served.station.database)
    page = look(served.address, LAPTOP)
    page.goto("/learn")
    expect(page.get_by_role("button", name="Learn from these cells")).to_be_disabled()
    lessons.taught(served.station, SWAPPED.get)
    page.reload()
    expect(page.locator("main")).to_contain_text("60 verified cells; slides: 5")
    page.get_by_role("button", name="Learn from these cells").click()
    page.get_by_role("button", name="Accept").click(timeout=SLOW_MS)
    expect(page.locator(".badge.accepted")).to_be_visible()
    expect(page.locator("main")).to_contain_text("laboratory-1")
    assert page.request.get("/api/v1/station").json()["bundle"]["name"] == "laboratory-1"
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("main")).to_contain_text("the models that the station began with")
    assert page.request.get("/api/v1/station").json()["bundle"]["name"] == "lowcost-1"


@pytest.mark.parametrize("device", [PHONE | {"color_scheme": "dark"}, LAPTOP | {"locale": "ur"}])
def test_pages_with_much_on_them_keep_nobody_out(served, look, device):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs pip install axe-playwright-python")
    slide, *_ = lessons.taught(served.station, number_of_slides=2)
    figures = {"right": [0.7, 0.66, 0.76], "balanced": [0.7, 0.6, 0.8], "calibration": [0.2, 0.1, 0.3]}
    gained = {
        "cells": 60,
        "by": "photographs",
        "held_out": 5,
        "before": figures,
        "after": figures,
        "types": [{"type": "neutrophil_band/neutrophil_segmented", "cells": 30, "before": 20, "after": 28}],
    }
    measured = {
        "um_per_px": [0.2, 0.21],
        "spread": 0.01,
        "rulers": 4,
        "has_light": False,
        "light_spread": 0.2,
        "edge_width_um": 0.5,
        "has_shift": False,
        "photographs": 4,
        "blank": 2,
        "cells": 8,
        "left_out": ["IMG_1.jpg is no photograph to calibrate with: out of focus: refocus and photograph again"],
    }
    content = json.dumps({"um_per_px_x": 0.2, "width": 640, "height": 480, "recalibration": {"cells": 110}})
    with served.station.database.write() as session:
        session.add(DeviceProfile(name="phone-1", content=content, user_id=1))
        for state in ("offered", "discarded", "failed", "running"):
            reason = "Too few cells to learn a correction: at least 50 are needed, got 12; label more of them."
            told = {"user_id": 1, "state": state, "reason": reason if state == "failed" else ""}
            session.add(Training(kind="bundle", name=f"laboratory-{state}", report=gained, **told))
            session.add(Training(kind="device", name=f"phone-{state}", report=measured, **told))
        cell = session.scalars(select(Cell).limit(1)).one()
        Correction(session, slide, 1, uuid.uuid4()).retype({cell.id: cell.version}, "blast")
    page = look(served.address, device | {"bypass_csp": True})
    for address in ("/learn", "/devices", "/audit", f"/slides/{slide}/calibrate"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found = axe.Axe().run(page)
        assert [(address, each["id"]) for each in found.response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address


def test_a_device_is_calibrated_from_chosen_photographs_and_named_on_a_slide(served, look):
    slide = lessons.slide(served.station, "C-1")
    for drawn in lessons.plain(4):
        lessons.photographed(served.station, drawn, slide)
    page = look(served.address, PHONE)
    page.goto("/devices")
    page.get_by_role("link", name="C-1 / 1").click()
    page.get_by_role("checkbox").first.uncheck()
    page.get_by_label("What the device is called").fill("my-phone")
    page.get_by_role("button", name="Measure").click()
    expect(page.locator("main")).to_contain_text("µm/px", timeout=SLOW_MS)
    expect(page.locator("main")).to_contain_text("3 + 0")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    page.goto(f"/slides/{slide}")
    page.get_by_text("About this slide").click()
    page.get_by_label("Device profile").select_option("my-phone")
    page.get_by_role("button", name="Save").click()
    assert page.request.get(f"/api/v1/slides/{slide}").json()["device_id"] == 1
