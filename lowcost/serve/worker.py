"""The process that decodes and analyses what was sent: ``python -m lowcost.serve.worker BYTES``.

It knows neither the database nor the network. A line of JSON on standard input names a photograph, a line on standard
output says what was found. Memory is limited before anything is loaded, so that a hostile picture ends nothing but this
process; and it ends by itself as soon as the server that started it is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import IO, Any


def main(limit_bytes: int) -> None:
    """Analyse one photograph after another until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a library that prints does not spoil an answer
    limit(limit_bytes)
    with contextlib.suppress(OSError, AttributeError):  # Windows has no niceness
        os.nice(5)  # pages come before analyses
    tasks: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin, tasks), daemon=True).start()
    analyse = _Analyses()
    while True:
        answer = analyse(tasks.get())
        answers.write(json.dumps(answer, allow_nan=False) + "\n")
        answers.flush()


def limit(limit_bytes: int) -> None:
    """Limit the address space of this process; it leaves no image of its memory behind."""
    try:
        import resource
    except ImportError:  # Windows: the time limit alone holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _listen(stream: IO[str], tasks: queue.Queue[dict[str, Any]]) -> None:
    for line in stream:
        tasks.put(json.loads(line))
    os._exit(0)


class _Analyses:
    """Analyses with the models of the photograph before, if they are the same."""

    def __init__(self) -> None:
        self._models: tuple[str | None, str | None] | None = None
        self._analyzer: Any = None

    def __call__(self, task: dict[str, Any]) -> dict[str, Any]:
        """Answer with what was found, with the photograph's ``error``, or with the station's own ``trouble``."""
        from lowcost.errors import InputError, LowcostError

        try:
            analyzer = self._loaded(task["bundle"], task["device"])
        except InputError as error:  # a device profile of other models: others' photographs can be analysed
            return {"error": str(error)}
        except LowcostError as error:
            return {"trouble": str(error)}
        try:
            return _analysed(analyzer, task)
        except LowcostError as error:
            file = Path(task["file"])
            return {"error": str(error).replace(str(file), task["name"]).replace(file.name, task["name"])}

    def _loaded(self, bundle: str | None, device: str | None) -> Any:
        from lowcost.pipeline import Analyzer

        if self._models != (bundle, device):
            self._analyzer = Analyzer.load(bundle, device)
            self._models = bundle, device
        return self._analyzer


def _analysed(analyzer: Any, task: dict[str, Any]) -> dict[str, Any]:
    from dataclasses import replace

    from lowcost import result_json
    from lowcost.image import reading
    from lowcost.result import Field
    from lowcost.serve import pictures

    limits = reading.Limits(task["max_bytes"], task["max_pixels"])
    image = replace(reading.read(task["file"], limits=limits), name=task["name"])
    field = analyzer.field(image, um_per_px=task["um_per_px"])
    pictures.write(Path(task["pictures"]), image.pixels, field)
    return {
        "field": result_json.encoded(field, Field),
        "picture_sha256": image.picture_sha256,
        "provenance": analyzer.result([field]).provenance,
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
