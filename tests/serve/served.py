"""A station that listens on this machine."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn

from lowcost.serve import app
from lowcost.serve.settings import Settings
from lowcost.serve.station import Station


class Served:
    """A station that listens."""

    def __init__(self, folder, **settings):
        self.station = Station(Settings(folder, spare_bytes=0, **settings))
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(app.create(self.station), log_level="warning", timeout_graceful_shutdown=1)
        )
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.05)

    def stop(self):
        self._server.should_exit = True
        self._thread.join()
