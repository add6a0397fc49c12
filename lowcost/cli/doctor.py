"""``lowcost doctor``: what is installed, which runtime and bundle are used, and whether they work."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import lowcost
from lowcost.errors import LowcostError

_LIBRARIES = {
    "numpy": "numpy",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "scikit-image": "skimage",
    "lightgbm": "lightgbm",
    "tqdm": "tqdm",
}
_EXTRAS = {"pillow-heif": "heif", "keras": "train", "tensorflow-cpu": "train", "scikit-learn": "train"}
_NETWORK = "cell_type.tflite"

T = TypeVar("T")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "doctor",
        description="Say what is installed, which TensorFlow Lite runtime and model bundle are used, and if they work.",
        epilog="exit codes: 0 everything works; 1 something needs attention, marked with FAIL",
    )
    parser.add_argument("--bundle", metavar="DIR", help="check this model bundle instead of the one that is installed")
    parser.add_argument("--json", action="store_true", help="print one JSON object for machines")


def run(args: argparse.Namespace) -> int:
    checks = [*_machine(), *(_library(*item) for item in _LIBRARIES.items()), *_model(args.bundle), *_extras()]
    works = all(check["ok"] for check in checks)
    if args.json:
        print(json.dumps({"ok": works, "checks": checks}, indent=2))
    else:
        width = max(len(check["name"]) for check in checks)
        for check in checks:
            print(f"{'ok  ' if check['ok'] else 'FAIL'}  {check['name']:{width}}  {check['detail']}")
        print("\neverything works" if works else "\nsomething needs attention: see the lines marked FAIL")
    return 0 if works else 1


def _check(name: str, ok: bool, detail: str) -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": detail}


def _machine() -> list[dict[str, Any]]:
    return [
        _check("lowcost", True, lowcost.__version__),
        _check("python", True, f"{platform.python_version()} ({platform.python_implementation()})"),
        _check("machine", True, f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
    ]


def _library(distribution: str, module: str) -> dict[str, Any]:
    """Whether a library can be imported: a broken one is installed and still does not work."""
    try:
        import_module(module)
        return _check(distribution, True, version(distribution))
    except PackageNotFoundError:
        return _check(distribution, True, "from another distribution")
    except Exception as error:
        return _check(distribution, False, f"{error}: run `pip install lowcost` again")


def _model(folder: str | None) -> list[dict[str, Any]]:
    """The runtime and the bundle by themselves, then both together on a blank cell and on a whole field."""
    from lowcost import runtime
    from lowcost.bundle import Bundle

    checks = []
    found = bundle = None
    try:
        found = runtime.find()
        checks.append(_check("runtime", True, f"{found.name} {found.version}"))
    except LowcostError as error:
        checks.append(_check("runtime", False, str(error)))
    try:
        bundle = Bundle.load(folder)
        detail = (
            f"{bundle.name} {bundle.version}, digest {bundle.digest[:12]}, {len(bundle.files)} files, {bundle.folder}"
        )
        checks.append(_check("bundle", True, detail))
    except LowcostError as error:
        checks.append(_check("bundle", False, str(error)))
    if found and bundle:
        checks += [_network(found, bundle), _analysis(bundle)]
    return checks


def _network(runtime: Any, bundle: Any) -> dict[str, Any]:
    import numpy as np

    try:
        interpreter = runtime.load(bundle.file(_NETWORK))
        entry = interpreter.get_input_details()[0]
        interpreter.set_tensor(entry["index"], np.zeros(entry["shape"], entry["dtype"]))
        interpreter.invoke()  # the first call prepares, the second is what a cell costs
        elapsed, _ = _timed(interpreter.invoke)
        return _check("network", True, f"{elapsed * 1e3:.1f} ms for one cell of {entry['shape'][1]} px")
    except Exception as error:
        return _check("network", False, _told(error))


def _analysis(bundle: Any) -> dict[str, Any]:
    """The whole road once, on a drawn field."""
    try:
        from lowcost.pipeline import Analyzer
        from lowcost.synth import render

        drawn = render(1, width=480, height=360, um_per_px=0.125, cells={"neutrophil_segmented": 2, "lymphocyte": 1})
        analyzer = Analyzer(bundle)
        elapsed, result = _timed(lambda: analyzer.analyze(drawn.pixels))
        found = sum(cell.is_leukocyte for cell in result.cells)
        detail = f"{found} of {len(drawn.leukocytes)} leukocytes of a drawn field found in {elapsed:.2f} s"
        return _check("analysis", found > 0, detail)
    except Exception as error:
        return _check("analysis", False, _told(error))


def _told(error: Exception) -> str:
    """The sentence of an error of ours; of any other its kind, too."""
    return str(error) if isinstance(error, LowcostError) else f"{type(error).__name__}: {error}"


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    outcome = action()
    return time.perf_counter() - start, outcome


def _extras() -> list[dict[str, Any]]:
    checks = []
    for distribution, extra in _EXTRAS.items():
        try:
            detail = version(distribution)
        except PackageNotFoundError:
            detail = f"not installed (optional: pip install lowcost[{extra}])"
        checks.append(_check(distribution, True, detail))
    return checks
