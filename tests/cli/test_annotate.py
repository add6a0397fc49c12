"""``lowcost annotate``: a folder is a case, its photographs are analysed, and their labels leave."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from lowcost import cli
from lowcost.report.pictures import jpeg
from lowcost.synth import render

pytest.importorskip("fastapi")


def ask(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture
def start(tmp_path):
    running = []

    def begin():
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "lowcost",
                "annotate",
                str(tmp_path / "smear"),
                "--port",
                "0",
                "--um-per-px",
                "0.125",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        running.append(process)
        return process, re.search(r"(http://[^/]+/)(\S*)", process.stdout.readline())

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def test_a_folder_is_opened_and_goes_on_the_next_time(start, tmp_path):
    (tmp_path / "smear").mkdir()
    drawn = render(3, width=480, height=360, um_per_px=0.125, cells={"lymphocyte": 2})
    (tmp_path / "smear" / "a.jpg").write_bytes(jpeg(drawn.pixels))
    process, found = start()
    assert found[2] == "slides/1"
    with urllib.request.urlopen(found[0], timeout=60) as page:
        assert "smear" in page.read().decode()
    end = time.monotonic() + 60
    while ask(f"{found[1]}api/v1/fields/1")["state"] == "queued" and time.monotonic() < end:
        time.sleep(0.2)
    labels = ask(f"{found[1]}api/v1/slides/1/export/coco")
    assert [image["file_name"] for image in labels["images"]] == ["a.jpg"]
    assert len(labels["annotations"]) == 2
    process.send_signal(signal.SIGINT)
    process.wait(30)
    (tmp_path / "smear" / "second slide").mkdir()
    (tmp_path / "smear" / "second slide" / "b.jpg").write_bytes(jpeg(drawn.pixels[::-1].copy()))
    process, found = start()
    assert found[2] == ""
    assert [slide["name"] for slide in ask(f"{found[1]}api/v1/cases/1")["slides"]] == ["smear", "second slide"]
    assert len(ask(f"{found[1]}api/v1/slides/1/export/coco")["images"]) == 1


@pytest.mark.parametrize(("folder", "said"), [("nothing", "is no folder"), ("", "holds no photograph")])
def test_what_cannot_be_opened_is_one_sentence(folder, said, tmp_path, capsys):
    assert cli.main(["annotate", str(tmp_path / folder)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not list(tmp_path.parent.glob(f"{tmp_path.name}-station"))
