"""A station that listens on this machine, and Debian's chromium to look at it."""

from __future__ import annotations

import shutil

import pytest

pytest.importorskip("playwright.sync_api", reason="needs a browser's driver: pip install playwright")
pytest.importorskip("uvicorn", reason="needs the extra serve: pip install lowcost[serve]")

from playwright import sync_api

from tests.serve.served import Served

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "en"}
LAPTOP = {"viewport": {"width": 1366, "height": 768}, "locale": "en"}


@pytest.fixture(scope="module")  # a driver that is open keeps its thread's event loop, which other tests need
def chromium():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs a browser: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def serve(tmp_path):
    """Starts a station; settings as of `Settings`."""
    running = []

    def start(**settings):
        running.append(Served(tmp_path / f"station{len(running)}", **settings))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def look(chromium):
    """Opens a page on a device; in the end nothing may have gone wrong in any of them."""
    contexts, complaints = [], []

    def open_page(address, device, expected=()):
        context = chromium.new_context(base_url=address, **device)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and not any(each in message.text for each in expected)
                else None
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
