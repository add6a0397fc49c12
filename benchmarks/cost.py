"""What lowcost and deep rivals cost in time, size and work, each in its fastest runtime: ``python -m benchmarks.cost``.

Rivals run in ONNX Runtime, lowcost as it is; all on one thread, in turns. Weights do not matter here: none are needed.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import record
from lowcost.bundle import Bundle
from lowcost.classifier import Classifier
from lowcost.cli import bench
from lowcost.crop import CROP_PX
from lowcost.evaluation.tables import Table
from lowcost.pipeline import Analyzer
from lowcost.training.network import BLOCKS, STEM

NETWORKS = (("resnet18", 64), ("resnet18", 224), ("mobilenet_v3_small", 96), ("efficientnet_b0", 64), ("resnet50", 64))
DETECTORS = (("yolo11n", 160), ("yolo11n", 640))
PAIR = (("yolo11n", 640), ("resnet18", 224))
"""Detector and classifier at the sizes that they are published for: what one field costs with them."""

STACKS = {
    "lowcost": ("lowcost",),
    "ONNX Runtime and OpenCV": ("onnxruntime", "opencv-python-headless"),
    "PyTorch and Ultralytics": ("torch", "torchvision", "ultralytics-opencv-headless"),
}
IMPORTS = ("lowcost", "lowcost.pipeline", "onnxruntime", "torch", "ultralytics")


def main() -> None:
    """Measure everything, write ``cost.json``."""
    parser = record.parser(__doc__)
    parser.add_argument("--runs", type=int, default=15, help="repetitions, in turns")
    options = parser.parse_args()
    runs = 3 if options.quick else options.runs
    cv2.setNumThreads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    networks = {(name, px): Network(name, px, options.work) for name, px in (*NETWORKS, *DETECTORS)}
    tables = [
        Table("networks", "One crop or one field through the network alone, one thread", _networks(networks, runs)),
        Table("fields", "Whole fields, decode to result, one thread", _fields(networks, options.work, runs), (
            "The rival: decode, resize, YOLO11n at 640 px, ResNet-18 at 224 px on every cell, without boxes sorted or "
            "crops cut. It outlines, measures and explains nothing, and finds no scale.",
        )),
        Table("sizes", "Installed size of the packages that each needs", tuple(_size(*own) for own in STACKS.items())),
        Table("imports", "Importing, beyond a bare interpreter", tuple(_import(name, runs) for name in IMPORTS)),
    ]  # fmt: skip
    record.write(options.out, "cost", tables, {"runs": runs, "threads": 1})


class Network:
    """A rival's network in ONNX Runtime.

    Parameters
    ----------
    name : str
        An architecture of torchvision, or a detector of Ultralytics.
    px : int
        Edge of its input.
    work : Path
        Where its file is kept.
    """

    def __init__(self, name: str, px: int, work: Path) -> None:
        import onnxruntime
        import torch
        import torchvision

        self.name, self.px, self.path = name, px, work / f"{name}-{px}.onnx"
        if name.startswith("yolo"):
            from ultralytics import YOLO

            module = YOLO(f"{name}.yaml").model.fuse().eval()
        else:
            module = getattr(torchvision.models, name)(num_classes=13).eval()
        entry = torch.zeros(1, 3, px, px)
        self.parameters = sum(value.numel() for value in module.parameters())
        self.multiply_adds = _multiply_adds(module, entry)
        if not self.path.exists():
            module.requires_grad_(False)
            torch.onnx.export(module, (entry,), str(self.path), dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        self.entry = self.session.get_inputs()[0].name
        self.pixels = np.random.default_rng(1).random((1, 3, px, px), dtype=np.float32)

    def __call__(self) -> None:
        """Run once."""
        self.session.run(None, {self.entry: self.pixels})


def multiply_adds_of_ours() -> int:
    """Return the multiply-adds of the product's network for one crop, from its definition."""
    size = (CROP_PX - 3) // 2 + 1
    total, before = size * size * 9 * 3 * STEM, STEM
    for channels, stride in BLOCKS:
        size = -(-size // stride)
        total += size * size * before * (9 + channels)
        before = channels
    return total


def _networks(networks: dict[tuple[str, int], Network], runs: int) -> tuple[dict[str, Any], ...]:
    bundle = Bundle.load()
    classifier = Classifier.load(bundle)
    crop = np.full((1, CROP_PX, CROP_PX, 3), 200, np.uint8)
    actions: dict[str, Callable[[], object]] = {"lowcost": lambda: classifier.network(crop)}
    actions |= {f"{name}, {px} px": network for (name, px), network in networks.items()}
    least, middle = _in_turns(actions, runs * 3)
    file = len(bundle.file(classifier.parameters.file))
    rows: list[dict[str, Any]] = [
        {"network": "lowcost, int8", "file, MB": file / 1e6, "multiply-adds, million": multiply_adds_of_ours() / 1e6}
    ]
    rows += [
        {"network": f"{name}, {px} px, float32", "file, MB": own.path.stat().st_size / 1e6}
        | {"multiply-adds, million": own.multiply_adds / 1e6}
        for (name, px), own in networks.items()
    ]
    for row, name in zip(rows, actions, strict=True):
        row |= {"least, ms": least[name] * 1e3, "median, ms": middle[name] * 1e3}
        row["times lowcost"] = least[name] / least["lowcost"]
    return tuple(rows)


def _fields(networks: dict[tuple[str, int], Network], work: Path, runs: int) -> tuple[dict[str, Any], ...]:
    analyzer, (detector, classifier) = Analyzer.load(), (networks[key] for key in PAIR)
    rows = []
    for name, (width, height, cells) in bench.PICTURES.items():
        path = work / f"{width}x{height}-{cells}.jpg"
        if not path.exists():
            path.write_bytes(bench.picture(width, height, cells))

        def rival(path: Path = path, cells: int = cells) -> None:
            cv2.resize(cv2.imread(str(path)), (detector.px, detector.px), interpolation=cv2.INTER_AREA)
            detector()
            for _ in range(cells):
                classifier()

        actions: dict[str, Callable[[], object]] = {
            "decoding": lambda path=path: cv2.imread(str(path)),
            "lowcost": lambda path=path: analyzer.analyze(path),
            "rival": rival,
        }
        least, middle = _in_turns(actions, runs)
        rows.append(
            {"field": name}
            | {f"{each}, ms": least[each] * 1e3 for each in actions}
            | {f"{each}, median ms": middle[each] * 1e3 for each in actions}
            | {
                "lowcost / decoding": least["lowcost"] / least["decoding"],
                "rival / lowcost": least["rival"] / least["lowcost"],
            }
        )
    return tuple(rows)


def _in_turns(actions: dict[str, Callable[[], object]], runs: int) -> tuple[dict[str, float], dict[str, float]]:
    """Least and median seconds of processor time of each action; in turns, so that a slow minute slows all."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for run in range(runs + 1):
        for name, action in actions.items():
            start = time.process_time()
            action()
            if run:  # the first warms up
                times[name].append(time.process_time() - start)
    return {name: min(own) for name, own in times.items()}, {
        name: statistics.median(own) for name, own in times.items()
    }


def _multiply_adds(module: Any, entry: Any) -> int:
    """Of convolutions and linear layers; what else there is costs little."""
    import torch

    total = 0

    def count(layer: Any, _: Any, output: Any) -> None:
        nonlocal total
        weights = layer.weight[0].numel()
        total += weights * output.numel()

    layers = [layer for layer in module.modules() if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        module(entry)
    for hook in hooks:
        hook.remove()
    return total


def _size(stack: str, names: Sequence[str]) -> dict[str, Any]:
    needed: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in needed and _installed(name):
            needed.add(name)
            waiting += [
                re.split(r"[^A-Za-z0-9._-]", line)[0]
                for line in distribution(name).requires or ()
                if "extra ==" not in line
            ]
    total = sum(_bytes(name) for name in needed)
    return {"stack": stack, "packages": len(needed), "MB": total / 1e6}


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _bytes(name: str) -> int:
    """Size of a distribution's files; of lowcost's own, where it is installed in place, of package and models."""
    if name == "lowcost":
        root = Path(__file__).parents[1]
        return sum(path.stat().st_size for folder in ("lowcost", "models") for path in (root / folder).rglob("*.[!p]*"))
    found = distribution(name)
    paths = [Path(str(found.locate_file(file))) for file in found.files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file())


def _import(name: str, runs: int) -> dict[str, Any]:
    def spent(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        return time.perf_counter() - start

    times = [spent(f"import {name}") - spent("pass") for _ in range(min(runs, 5))]
    return {"module": name, "median, s": statistics.median(times)}


if __name__ == "__main__":
    main()
