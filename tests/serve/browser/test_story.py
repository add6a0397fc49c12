"""A slide from the phone's photograph to the signed report, as people do it: in a browser."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

pytest.importorskip("playwright.sync_api", reason="needs a browser's driver: pip install playwright")

from playwright.sync_api import expect

from lowcost.report.pictures import jpeg
from lowcost.serve import fields, people
from lowcost.synth import Settings, Smear, render
from tests.serve import lessons, stations
from tests.serve.browser.conftest import LAPTOP, PHONE
from tests.serve.people import slide as new_slide
from tests.smears import cell, smear

SLOW_MS = 180_000
PASSPHRASE = "four words for testing"


def counts(page):
    return page.locator(".key").evaluate_all(
        "keys => Object.fromEntries(keys.map(k => [k.dataset.type, +k.querySelector('b').textContent]))"
    )


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def test_from_the_phone_to_the_signed_report(serve, look, tmp_path, database_url):
    served = serve(database=database_url)
    drawn = render(3, width=480, height=360, um_per_px=0.125, cells={"lymphocyte": 2})
    photograph = tmp_path / "IMG_0001.jpg"
    photograph.write_bytes(jpeg(drawn.pixels))

    phone = look(served.address, PHONE, expected=("net::ERR_",))
    phone.goto("/")
    phone.get_by_label("Pseudonym").fill("K-17")
    phone.get_by_role("button", name="Open a case").click()
    phone.get_by_text("Stain, target, device").click()
    phone.get_by_label("Scale").fill("0.125")
    phone.get_by_role("button", name="Add the slide").click()
    phone.get_by_role("link", name="Photograph", exact=True).click()
    phone.wait_for_selector("[data-ready]")
    lost = []

    def lose_first(route):
        lost.append(route.request.url)
        route.abort() if len(lost) == 1 else route.continue_()

    phone.route(re.compile("/api/v1/uploads/"), lose_first)
    phone.locator("#pick").set_input_files(photograph)
    expect(phone.locator("#photographs .reasons, #photographs .good").first).to_be_visible(timeout=SLOW_MS)
    assert len(lost) > 1  # the connection broke and was taken up again
    assert overflow(phone) <= 0
    phone.get_by_role("link", name="To the slide").click()
    expect(phone.locator(".fields li")).to_have_count(1)
    slide = phone.url.rsplit("/", 1)[1]

    laptop = look(served.address, LAPTOP)
    laptop.goto(f"/slides/{slide}/verify")
    laptop.wait_for_selector("[data-ready]")
    before = counts(laptop)
    found = sum(before.values())
    assert found >= 2
    laptop.keyboard.press("Home")
    laptop.keyboard.press("Shift+ArrowRight")
    expect(laptop.locator("#tally")).to_have_text("2 selected")
    laptop.keyboard.press("x")
    expect(laptop.locator("#said")).to_have_text("All is saved")
    assert counts(laptop)["blast"] == before["blast"] + 2
    laptop.keyboard.press("z")
    expect(laptop.locator("#said")).to_have_text("Undone")
    assert counts(laptop) == before
    here = laptop.locator("#gallery").get_attribute("aria-activedescendant").removeprefix("cell-")
    expect(laptop.locator(f'#detail a[href$="?cell={here}"]')).to_be_visible()  # what is shown is what is acted on
    laptop.keyboard.press("Home")
    laptop.keyboard.press("m")
    expect(laptop.locator("#said")).to_have_text("All is saved")
    after = counts(laptop)
    assert after["monocyte"] == before["monocyte"] + 1
    expect(laptop.locator("#detail svg polygon.cell")).to_have_count(1)

    laptop.reload()
    laptop.wait_for_selector("[data-ready]")
    assert counts(laptop) == after
    laptop.on("dialog", lambda dialog: dialog.accept())
    laptop.get_by_role("button", name="Sign").click()
    laptop.wait_for_url(f"**/slides/{slide}/report")
    expect(laptop.locator(".badge.final")).to_be_visible()
    expect(laptop.locator(".differential").get_by_role("row", name=re.compile("^Monocyte"))).to_contain_text(
        str(after["monocyte"])
    )
    expect(laptop.locator("main")).to_contain_text(people.BENCH)

    with laptop.expect_download() as download:
        laptop.get_by_role("link", name="FHIR").click()
    resources = [entry["resource"] for entry in json.loads(download.value.path().read_text())["entry"]]
    report = next(resource for resource in resources if resource["resourceType"] == "DiagnosticReport")
    assert report["status"] == "final"


def test_corrections_made_without_a_connection_are_kept_and_sent_later(serve, look, database_url):
    served = serve(database=database_url)
    people.bench(served.station.database)
    slide = stations.analysed(served.station.database)
    page = look(served.address, LAPTOP, expected=("net::ERR_", "404"))  # these cells have no pictures
    page.goto(f"/slides/{slide}/verify")
    page.wait_for_selector("[data-ready]")
    before = counts(page)
    page.context.set_offline(True)
    page.keyboard.press("Home")
    page.keyboard.press("d")
    expect(page.locator("#said")).to_contain_text("nothing is lost")
    assert counts(page)["artefact"] == before["artefact"] + 1
    page.context.set_offline(False)
    expect(page.locator("#said")).to_have_text("All is saved", timeout=60_000)
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert counts(page)["artefact"] == before["artefact"] + 1


@pytest.mark.parametrize("device", [PHONE, LAPTOP])
def test_single_cells_are_confirmed_in_the_gallery(serve, look, device):
    served = serve()
    people.bench(served.station.database)
    slide = stations.analysed(served.station.database)
    page = look(served.address, device, expected=("404",))
    page.goto(f"/slides/{slide}/verify")
    page.wait_for_selector("[data-ready]")
    before = counts(page)
    first = page.locator(".tile.here").get_attribute("data-cell")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#said")).to_have_text("All is saved")
    page.reload()
    page.wait_for_selector("[data-ready]")
    assert counts(page) == before
    expect(page.locator(f"#cell-{first} span")).to_have_text("✓")
    assert page.request.get(f"/api/v1/cells/{first}").json()["confirmed"] is True
    page.locator("#gallery").press("z")
    expect(page.locator(f"#cell-{first} span")).not_to_have_text("✓")


def test_a_photograph_that_is_not_good_is_analysed_again_with_what_was_entered(serve, look):
    served = serve()
    people.bench(served.station.database)
    slide = new_slide(served.station.database, 1)
    bare = Settings(smear=Smear(red_cell_cover=0.0))  # nothing to measure the scale by
    drawn = render(3, width=480, height=360, um_per_px=0.125, cells={"lymphocyte": 2}, settings=bare)
    digest = lessons.keep(served.station, drawn.pixels)
    with served.station.database.write() as session:
        fields.add(session, slide, digest, "IMG_1.jpg", 1)
    served.station.analysis.wake()
    page = look(served.address, PHONE)
    page.goto(f"/slides/{slide}")
    expect(page.locator(".badge.doubtful, .badge.rejected")).to_be_visible(timeout=SLOW_MS)
    page.get_by_text("About this slide", exact=True).click()
    page.get_by_label("Scale").fill("0.125")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Analyse again").click()
    expect(page.locator(".badge.accepted")).to_be_visible(timeout=SLOW_MS)


def test_ten_thousand_cells_are_scrolled_with_few_in_the_document(serve, look):
    served = serve()
    people.bench(served.station.database)
    found = smear()
    many = tuple(cell(number, "lymphocyte", 100, 100) for number in range(1, 10_001))
    found = dataclasses.replace(found, fields=(dataclasses.replace(found.fields[0], cells=many),))
    slide = stations.analysed(served.station.database, found=found)
    page = look(served.address, LAPTOP, expected=("404",))
    page.goto(f"/slides/{slide}/verify")
    page.wait_for_selector("[data-ready]")
    assert counts(page)["lymphocyte"] == 10_000
    assert page.locator(".tile").count() < 200
    page.keyboard.press("End")
    expect(page.locator(".tile.here")).to_have_attribute("aria-posinset", "10000")
    assert page.locator(".tile").count() < 200
    page.keyboard.press("Home")
    page.keyboard.press("Control+a")
    expect(page.locator("#tally")).to_have_text("10000 selected")


@pytest.mark.parametrize(("code", "direction"), [("en", "ltr"), ("es", "ltr"), ("ur", "rtl")])
def test_nothing_overflows_and_signing_in_works(serve, look, code, direction):
    served = serve(lan=True)
    with served.station.database.write() as session:
        people.add(session, "ana", "admin", PASSPHRASE)
    for device in (PHONE, LAPTOP):
        page = look(served.address, device | {"locale": code})
        page.goto("/")
        assert page.url.endswith("/sign-in")
        assert page.evaluate("document.dir") == direction
        page.locator("[name=name]").fill("ana")
        page.locator("[name=passphrase]").fill(PASSPHRASE)
        page.keyboard.press("Enter")
        page.wait_for_url(served.address + "/")
        page.locator("[name=pseudonym]").fill(f"K-{len(str(device))}")
        page.keyboard.press("Enter")
        page.wait_for_url("**/cases/*")
        page.locator("[name=name]").fill("1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/slides/*")
        slide = page.url
        for address in ("/", slide, f"{slide}/capture", f"{slide}/verify", f"{slide}/report"):
            page.goto(address)
            assert overflow(page) <= 0, address


def test_cells_are_added_split_merged_and_deleted_on_the_field(serve, look):
    served = serve()
    people.bench(served.station.database)
    one = cell(1, "lymphocyte", 100, 100)
    found = smear()
    field = dataclasses.replace(found.fields[0], width=400, height=300, cells=(one,))
    stations.analysed(served.station.database, found=dataclasses.replace(found, fields=(field,)))
    page = look(served.address, LAPTOP, expected=("404",))
    page.goto("/fields/1")
    page.wait_for_selector("[data-ready]")
    cells = page.locator("#marks polygon")
    expect(cells).to_have_count(1)
    box = page.locator("#sheet").bounding_box()

    def click(x, y):
        page.mouse.click(box["x"] + x * box["width"] / 400, box["y"] + y * box["height"] / 300)

    page.get_by_label("Type").select_option("monocyte")
    page.get_by_role("button", name="Add").click()
    click(300, 60)
    expect(cells).to_have_count(2)
    page.get_by_role("button", name="Split").click()
    click(80, 100)
    click(120, 100)
    expect(cells).to_have_count(3)
    page.get_by_role("button", name="Choose").click()
    for lymphocyte in page.get_by_role("button", name="Lymphocyte").all():
        lymphocyte.focus()
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Merge").click()
    expect(cells).to_have_count(2)
    page.get_by_role("button", name="Monocyte").focus()
    page.keyboard.press(" ")
    page.get_by_role("button", name="Delete").click()
    expect(cells).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(cells).to_have_count(2)


def test_a_second_reader_sees_what_the_machine_said_and_the_report_tells_kappa(serve, look, database_url):
    served = serve(lan=True, database=database_url)
    with served.station.database.write() as session:
        ana = people.add(session, "ana", "admin", PASSPHRASE).id
        people.add(session, "ben", "reviewer", PASSPHRASE)
    slide = stations.analysed(served.station.database, new_slide(served.station.database, ana))

    def signed_in(name):
        page = look(served.address, LAPTOP, expected=("404",))
        page.goto("/sign-in")
        page.locator("[name=name]").fill(name)
        page.locator("[name=passphrase]").fill(PASSPHRASE)
        page.keyboard.press("Enter")
        page.wait_for_url(served.address + "/")
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"/slides/{slide}/verify")
        page.wait_for_selector("[data-ready]")
        return page

    first = signed_in("ana")
    before = counts(first)
    first.keyboard.press("Home")
    first.keyboard.press("x")
    expect(first.locator("#said")).to_have_text("All is saved")
    first.get_by_role("button", name="Sign", exact=True).click()
    first.wait_for_url("**/report")

    second = signed_in("ben")
    second.goto(f"/slides/{slide}")
    with second.expect_navigation():
        second.get_by_role("button", name="second reader").click()
    second.wait_for_selector("[data-ready]")
    assert counts(second) == before
    second.keyboard.press("Home")
    second.keyboard.press("m")
    expect(second.locator("#said")).to_contain_text("Monocyte")
    second.get_by_role("button", name="Finish").click()
    second.wait_for_url(f"**/slides/{slide}")

    first.reload()
    expect(first.locator("main")).to_contain_text("κ =")
    expect(first.locator(".badge.final")).to_be_visible()


def test_a_photograph_outlives_the_page_that_could_not_send_it(serve, look, tmp_path):
    served = serve()
    people.bench(served.station.database)
    slide = new_slide(served.station.database, 1)
    photograph = tmp_path / "IMG_0002.jpg"
    photograph.write_bytes(jpeg(render(4, width=320, height=240, um_per_px=0.125).pixels))
    page = look(served.address, PHONE, expected=("net::ERR_",))
    page.goto(f"/slides/{slide}/capture")
    page.wait_for_selector("[data-ready]")
    page.context.set_offline(True)
    page.locator("#pick").set_input_files(photograph)
    expect(page.locator("#photographs li")).to_have_count(1)
    page.wait_for_timeout(500)
    page.close()  # as a phone does that needs the memory
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"{served.address}/slides/{slide}/capture")
    expect(again.locator("#photographs li")).to_have_count(1)
    expect(again.locator("#photographs progress")).to_be_hidden(timeout=SLOW_MS)
    again.reload()
    again.wait_for_selector("[data-ready]")
    expect(again.locator("#photographs li")).to_have_count(0)  # sent, so no longer kept
    again.goto(f"{served.address}/slides/{slide}")
    expect(again.locator(".fields li")).to_have_count(1)


@pytest.mark.parametrize("device", [PHONE | {"color_scheme": "dark"}, LAPTOP | {"color_scheme": "light"}])
def test_axe_finds_nothing_that_keeps_people_out(serve, look, device):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs pip install axe-playwright-python")
    served = serve()
    people.bench(served.station.database)
    slide = stations.analysed(served.station.database)
    page = look(served.address, device | {"bypass_csp": True}, expected=("404",))  # axe is put into the page
    here = f"/slides/{slide}"
    addresses = ("/", "/sign-in", "/people", "/cases/1", here, f"{here}/capture", f"{here}/report", "/fields/1")
    addresses += ("/learn", "/devices", "/audit", f"{here}/calibrate", f"{here}/camera")
    for address in (*addresses, f"{here}/verify"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found = axe.Axe().run(page)
        assert [(address, each["id"]) for each in found.response["violations"]] == []
    page.get_by_role("button", name="Look").click()
    expect(page.locator("#detail svg")).to_be_visible()
    assert axe.Axe().run(page).response["violations"] == []


def test_an_attribute_is_set_beside_the_gallery_and_the_cell_is_named_at_once(serve, look):
    served = serve()
    people.bench(served.station.database)
    slide = stations.analysed(served.station.database)
    page = look(served.address, LAPTOP, expected=("404",))
    page.goto(f"/slides/{slide}/verify")
    page.wait_for_selector("[data-ready]")
    number = page.locator(".tile.here").get_attribute("data-cell")
    chosen = page.get_by_label("Nucleus shape")
    other = "irregular" if chosen.input_value() != "irregular" else "unsegmented-band"
    chosen.select_option(other)
    page.locator("#gallery").press("l")
    expect(page.locator("#said")).to_have_text("All is saved")
    told = page.request.get(f"/api/v1/cells/{number}").json()
    assert told["attributes"] == {"nucleus_shape": other}
    assert told["type"] == "lymphocyte"
