"""``lowcost serve`` is reached, says where, survives kill -9, and demands a passphrase before others may connect."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from lowcost.cli import main
from lowcost.report.pictures import jpeg
from lowcost.synth import render


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(*arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, "-m", "lowcost", "serve", str(tmp_path / "station"), "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
        )
        running.append(process)
        address = re.search(r"http://\S+/", process.stdout.readline())
        return process, address and address[0]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def ask(address, body=None, method=None, **headers):
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_a_killed_station_goes_on_with_what_it_acknowledged(start):
    process, address = start()
    api = f"{address}api/v1"
    case = ask(f"{api}/cases", {"pseudonym": "P-1"})
    slide = ask(f"{api}/cases/{case['id']}/slides", {"name": "1", "um_per_px": 0.125})
    photograph = jpeg(render(3, width=480, height=360, um_per_px=0.125, cells={"lymphocyte": 2}).pixels)
    upload = ask(f"{api}/slides/{slide['id']}/uploads", {"name": "a.jpg", "size": len(photograph)})
    sent = ask(f"{api}/uploads/{upload['id']}", photograph, "PATCH", Upload_Offset="0")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process, address = start()
    end = time.monotonic() + 60
    while (field := ask(f"{address}api/v1/fields/{sent['field_id']}"))["state"] == "queued" and time.monotonic() < end:
        time.sleep(0.2)
    assert field["state"] == "done"
    process.send_signal(signal.SIGINT)
    assert process.wait(30) in (0, 130, -signal.SIGINT)


def test_the_network_is_let_in_only_with_a_passphrase(start):
    process, address = start("--lan")
    assert address is None
    assert process.wait(30) == 2
    process, address = start("--lan", LOWCOST_PASSPHRASE="short")
    assert process.wait(30) == 2
    process, address = start("--lan", LOWCOST_PASSPHRASE="four words for testing")
    port = address.rsplit(":", 1)[1].strip("/")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(f"http://127.0.0.1:{port}/api/v1/cases")


def test_backup_and_restore(tmp_path, settings, capsys):
    from lowcost.serve.station import Station

    Station(settings).close()
    archive = tmp_path / "station.tar"
    assert main(["backup", str(settings.folder), str(archive)]) == 0
    assert main(["restore", str(archive), str(tmp_path / "again")]) == 0
    assert "every checksum right" in capsys.readouterr().out
    assert main(["restore", str(archive), str(tmp_path / "again")]) == 2
    assert "not empty" in capsys.readouterr().err


def test_impossible_ports(capsys):
    with pytest.raises(SystemExit):
        main(["serve", "--port", "99999"])
    assert "no port" in capsys.readouterr().err


def test_the_package_does_not_import_it():
    code = "import lowcost, sys; assert not {'fastapi', 'sqlalchemy', 'lowcost.serve'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
