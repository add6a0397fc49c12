"""Learning and calibrating in a browser: a button, a wait, a table, a word."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="needs a browser's driver: pip install playwright")

from playwright.sync_api import expect

from lowcost.serve import people
from tests.serve import lessons
from tests.serve.browser.conftest import LAPTOP, PHONE
from tests.serve.test_learning import SWAPPED

SLOW_MS = 180_000


@pytest.fixture
def served(serve):
    made = serve()
    people.bench(made.station.database)
    return made


def test_signed_slides_teach_and_an_admin_accepts_and_takes_back(served, look):
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
