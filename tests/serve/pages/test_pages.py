"""Every page, in every language: what it says is translated, what people entered is escaped, nothing is inline."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve: pip install lowcost[serve]")

from fastapi.testclient import TestClient

import lowcost.serve
from lowcost.export.palette import COLOURS
from lowcost.serve import app, language, people
from lowcost.serve.language import LANGUAGES
from lowcost.serve.models import Case, Field, Slide
from lowcost.serve.pages import cases as case_pages
from lowcost.serve.pages import slide as slide_page
from lowcost.serve.pages import verify
from lowcost.serve.security.headers import POLICY
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station
from lowcost.taxonomy import ATTRIBUTES, CELL_TYPES, EVIDENCE_LEVELS, NOT_ASSESSABLE, RESEARCH_USE_NOTICE
from tests.serve import stations

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"
FOLDER = Path(lowcost.serve.__file__).parent
PAGES = (
    "/",
    "/cases/1",
    "/slides/1",
    "/slides/1/live",
    "/slides/1/capture",
    "/slides/1/verify",
    "/slides/1/report",
    "/slides/2",
    "/slides/2/report",
    "/fields/1",
    "/cells/1/look",
    "/slides/1/calibrate",
    "/devices",
    "/learn",
    "/audit",
    "/audit?slide=1&person=1",
    "/slides/1/camera",
    "/people",
)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A station with an analysed slide and an empty one, everything that can be entered being hostile."""
    station = Station(Settings(tmp_path_factory.mktemp("station") / "folder", spare_bytes=0))
    people.bench(station.database)
    with station.database.write() as session:
        case = Case(pseudonym=HOSTILE, note=HOSTILE, owner_id=1)
        session.add(case)
        session.add(Slide(case=case, name=HOSTILE, stain=HOSTILE, note=HOSTILE))
        session.flush()
        session.add(Slide(case=case, name="empty"))
    stations.analysed(station.database, slide=1)
    yield station
    station.analysis.stop()
    station.database.close()


@pytest.fixture(scope="module")
def client(here):
    return TestClient(app.create(here), base_url="http://127.0.0.1")  # not entered: nothing is analysed


class Inline(HTMLParser):
    """What the content security policy would refuse, and the attributes that name something twice."""

    def __init__(self):
        super().__init__()
        self.found, self.ids, self.in_script, self.text = [], [], False, []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.found += [name for name in named if name == "style" or name.startswith("on")]
        self.found += ["style"] * (tag == "style")
        self.found += ["elsewhere"] * (named.get("src") or named.get("href") or "").startswith(("http", "//"))
        self.in_script = tag == "script"
        self.ids += [named["id"]] if "id" in named else []
        self.text += [value for name, value in attrs if name in ("aria-label", "alt", "title") and value]

    def handle_data(self, data):
        if self.in_script and data.strip():
            self.found.append("script")
        self.text.append(data)

    def handle_endtag(self, tag):
        self.in_script = False


def read(answer):
    parser = Inline()
    parser.feed(answer.text)
    return parser


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("address", PAGES)
def test_every_page_in_every_language(client, address, code):
    answer = client.get(address, headers={"Accept-Language": code})
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert "<script>alert" not in answer.text
    page = read(answer)
    assert not page.found
    assert len(page.ids) == len(set(page.ids))
    words = " ".join(page.text)
    rooms = {key.split(".")[0] for key in language.table("en") if "." in key}
    assert not re.search(rf"\b(?:{'|'.join(rooms)})\.(?!png)[a-z_]+\b", words)
    assert "49" not in re.findall(r"&\S*(\d\d)", words)  # {{7*7}} stayed text
    if "<html" in answer.text:
        assert f'lang="{code}"' in answer.text
        assert f'dir="{language.words(code).direction}"' in answer.text


def test_every_language_has_every_word():
    english = language.table("en")
    for code in LANGUAGES:
        table = language.table(code)
        assert table.keys() == english.keys()
        assert all(text.strip() for text in table.values())
        for key, text in table.items():
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english[key])), key


def test_every_word_that_pages_and_scripts_ask_for_is_there():
    known = language.table("en").keys()
    asked = set()
    for file in (FOLDER / "templates").glob("*.html"):
        asked |= set(re.findall(r"""\bt\(["']([\w.]+\w)["'][,)]""", file.read_text("utf-8")))
    for file in (FOLDER / "static").glob("*.js"):
        asked |= set(re.findall(r"""\bt\("([\w.]+\w)"[,)]""", file.read_text("utf-8")))
    asked |= {f"type.{name}" for name in CELL_TYPES} | {f"evidence.{level}" for level in EVIDENCE_LEVELS}
    for attribute in ATTRIBUTES.values():
        asked |= {f"attribute.{attribute.name}"} | {f"value.{value}" for value in attribute.values}
    asked.add(f"value.{NOT_ASSESSABLE}")
    assert asked <= known
    assert language.table("en")["notice"] == RESEARCH_USE_NOTICE


def test_scripts_hold_no_markup_and_no_other_host():
    for file in (FOLDER / "static").glob("*.js"):
        text = file.read_text("utf-8")
        assert not re.search(r"\beval\(|insertAdjacentHTML|document\.write|new Function", text)
        assert set(re.findall(r"https?://[^\"'`\s]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_words_and_colours_of_scripts(client):
    words = client.get("/words/ur.json").json()
    assert words["type.blast"] == language.table("ur")["type.blast"]
    assert client.get("/words/xx.json").status_code == 422
    css = client.get("/palette.css").text
    assert all(f".type-{name}{{--type:rgb{colour};" in css for name, colour in COLOURS.items())


def test_one_key_for_every_type():
    assert verify.KEYS.keys() == CELL_TYPES.keys()
    assert len(set(verify.KEYS.values())) == len(CELL_TYPES)
    assert "Z" not in verify.KEYS.values()


def test_a_case_and_a_slide_are_opened_by_forms(client):
    opened = client.post("/cases", data={"pseudonym": "P-7"})
    assert opened.status_code == 200
    assert "P-7" in opened.text
    case = int(opened.url.path.rsplit("/", 1)[1])
    added = client.post(
        f"/cases/{case}/slides", data={"name": "1", "stain": "Wright", "target": "200", "um_per_px": ""}
    )
    assert added.status_code == 200
    slide = added.url.path
    assert re.search(r"/ 200\s", added.text)
    changed = client.post(slide, data={"stain": "", "target": "400", "um_per_px": "0.1", "note": "thin"})
    assert changed.status_code == 200
    told = client.get(f"/api/v1{slide}").json()
    assert (told["stain"], told["target"], told["um_per_px"], told["note"]) == ("", 400, 0.1, "thin")
    emptied = client.post(slide, data={"stain": "", "target": "400", "um_per_px": "", "note": ""})
    assert emptied.status_code == 200
    told = client.get(f"/api/v1{slide}").json()
    assert (told["um_per_px"], told["note"]) == (None, "")
    client.post(f"/cases/{case}", data={"note": "from the ward"})
    assert "from the ward" in client.get(f"/cases/{case}").text


@pytest.mark.parametrize("form", [{"pseudonym": ""}, {"pseudonym": "x" * 81}, {}])
def test_a_form_that_says_nothing_useful_is_refused_in_words(client, form):
    answer = client.post("/cases", data=form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_taken_pseudonym_is_refused_in_words(client):
    client.post("/cases", data={"pseudonym": "P-8"})
    answer = client.post("/cases", data={"pseudonym": "P-8"})
    assert answer.status_code == 409
    assert "choose another" in answer.text


def test_old_cases_are_on_the_next_page(client, monkeypatch):
    for number in range(3):
        client.post("/cases", data={"pseudonym": f"Q-{number}"})
    monkeypatch.setattr(case_pages, "PAGE", 2)
    page = client.get("/").text
    assert "Q-2" in page
    assert "Q-0" not in page
    address = re.search(r'href="(/\?before=\d+)"', page)[1]
    assert "Q-0" in client.get(address).text


def test_the_live_part_is_sent_only_when_something_changed(client):
    first = client.get("/slides/1/live")
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get("/slides/1/live", headers=tag).status_code == 304
    assert client.get("/slides/1/live", headers=tag | {"Accept-Language": "es"}).status_code == 200
    client.post("/slides/1", data={"stain": HOSTILE, "target": "100", "note": HOSTILE})
    assert client.get("/slides/1/live", headers=tag).status_code == 304  # what is said again changes nothing
    client.post("/slides/1", data={"stain": HOSTILE + "!", "target": "100", "note": HOSTILE})
    assert client.get("/slides/1/live", headers=tag).status_code == 200


def test_a_slide_lists_its_newest_photographs_and_all_on_request(client, here, monkeypatch):
    monkeypatch.setattr(slide_page, "NEWEST", 2)
    with here.database.write() as session:
        case = Case(pseudonym="many", owner_id=1)
        slide = Slide(case=case, name="1")
        for number in range(3):
            session.add(Field(slide=slide, sha256=f"{number:064x}", name=f"photograph-{number}.jpg", user_id=1))
        session.flush()
        address = f"/slides/{slide.id}"
    for each in (address, f"{address}/live"):
        some, every = client.get(each).text, client.get(each, params={"fields": "all"}).text
        assert re.findall(r"photograph-\d", some) == ["photograph-2", "photograph-1"]
        assert re.findall(r"photograph-\d", every) == ["photograph-2", "photograph-1", "photograph-0"]
        assert "The newest 2 are listed." in some
        assert f'href="{address}?fields=all"' in some
        assert "are listed" not in every


def test_the_report_says_what_the_api_says(client):
    counted = client.get("/api/v1/slides/1/summary").json()["differential"]["counted"]
    report = client.get("/slides/1/report").text
    assert re.search(rf"<strong>{counted}</strong> / 100", report)
    assert 'class="badge preliminary"' in report
    assert 'href="/api/v1/slides/1/export/json"' in report
    for address in set(re.findall(r'<a class="button" href="(/api/[^"]+)"', report)):
        assert client.get(address).status_code == 200, address


def test_a_verified_report_is_final_and_names_who(client):
    for slide, status in ((2, 409), (1, 200)):  # on the other there is nothing to verify
        client.post(f"/api/v1/slides/{slide}/reviews", json={"blind": False})
        revision = client.get(f"/api/v1/slides/{slide}/summary").json()["revision"]
        answer = client.post(f"/api/v1/slides/{slide}/reviews/mine/done", json={"revision": revision})
        assert answer.status_code == status
        report = client.get(f"/slides/{slide}/report").text
        assert ('class="badge final"' in report) == (status == 200)
    assert f"<bdi>{people.BENCH}</bdi>" in report
    assert "do not rule out leukemia" in report


def test_what_is_not_there_is_refused_as_a_page(client):
    for address in (
        "/cases/99",
        "/slides/99",
        "/slides/99/verify",
        "/fields/99",
        "/cells/99/look",
        "/slides/99/report",
    ):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "<h1>" in answer.text


def test_phones_learn_the_verdict_of_each_photograph(client):
    told = client.get("/slides/1/progress").json()
    assert {"id", "name", "state", "verdict", "reason", "language"} == told[0].keys()


def test_locale_files_are_in_one_order():
    orders = [list(json.loads((FOLDER / "locale" / f"{code}.json").read_text("utf-8"))) for code in LANGUAGES]
    assert all(order == orders[0] for order in orders)


@pytest.mark.parametrize(
    ("referer", "target"),
    [
        ("http://127.0.0.1/slides/2/report", "/slides/2/report"),
        ("https://elsewhere.example//evil.example/", "/evil.example/"),
        ("", "/"),
    ],
)
def test_choosing_a_language_stays_on_the_page(here, referer, target):
    client = TestClient(app.create(here), base_url="http://127.0.0.1", follow_redirects=False)
    answer = client.post("/language", data={"code": "es"}, headers={"Referer": referer})
    assert answer.status_code == 303
    assert answer.headers["location"] == target
    assert client.get("/slides/2").text.count('lang="es"') >= 1


def test_scripts_stay_in_the_browser_and_pages_do_not(client):
    script = client.get("/static/station.js")
    assert script.headers["cache-control"] == "no-cache"
    assert client.get("/static/station.js", headers={"If-None-Match": script.headers["etag"]}).status_code == 304
    assert client.get("/").headers["cache-control"] == "no-store"


def test_an_admin_adds_people_and_ends_their_access(tmp_path):
    station = Station(Settings(tmp_path / "folder", spare_bytes=0, lan=True))
    with station.database.write() as session:
        people.add(session, "ana", "admin", "four words for testing")
    ana = TestClient(app.create(station), base_url="http://station")
    ana.post("/sign-in", data={"name": "ana", "passphrase": "four words for testing"})
    secret = re.search(r'name="csrf" value="([^"]+)"', ana.get("/people").text)[1]
    new = {"name": "ben<b>", "role": "technician", "passphrase": "other words for testing"}
    assert ana.post("/people", data=new).status_code == 403  # without the session's secret
    page = ana.post("/people", data=new | {"csrf": secret}).text
    assert "ben&lt;b&gt;" in page
    ben = TestClient(app.create(station), base_url="http://station")
    ben.post("/sign-in", data={"name": "ben<b>", "passphrase": "other words for testing"})
    told = ben.get("/people")
    assert told.status_code == 200
    assert "ana" not in told.text
    assert ana.post("/people/2", data={"role": "technician", "csrf": secret}).status_code == 200
    assert ben.get("/").url.path == "/sign-in"
    told = ana.get("/people").text
    assert "<del>yes</del> → <ins>no</ins>" in told
    assert "in the terminal" in told
    made = ana.post("/tokens", data={"name": "phone", "csrf": secret}).text
    token = re.search(r"lowcost_[\w-]+", made)[0]
    program = TestClient(app.create(station), base_url="http://station", headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/v1/cases").status_code == 200
    number = re.search(r"/tokens/(\d+)/revoke", made)[1]
    ana.post(f"/tokens/{number}/revoke", data={"csrf": secret})
    assert program.get("/api/v1/cases").status_code == 401
    station.database.close()
