"""YOLO11n of Ultralytics (AGPL-3.0), one class, trained from random weights on BCCD's published train split."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import fields
from benchmarks.fields import Boxes
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.datasets.types import LabelledField

os.environ.setdefault("YOLO_OFFLINE", "true")
ARCHITECTURE, PX, STRIDE, BATCH, SEED = "yolo11n", 160, 32, 8, 7
LEAST_SCORE = 0.01

UM_PER_PX = fields.UM_PER_PX["bccd"] * 640 / PX
"""Of BCCD's fields, 640 px wide, as the network sees them."""


class Yolo:
    """The trained detector.

    Parameters
    ----------
    weights : Path
        What `train` left.
    threshold : float
        Boxes below this score are not reported as cells; chosen on BCCD's val split.
    budget : str
        Of the training.
    """

    name = ARCHITECTURE

    def __init__(self, weights: Path, threshold: float, budget: str) -> None:
        from ultralytics import YOLO

        self.model, self.threshold, self.budget = YOLO(str(weights)), threshold, budget

    def find(self, pixels: NDArray[np.uint8], px: int = PX) -> Boxes:
        """Find leukocytes on a field that is brought to so many px."""
        result = self.model.predict(pixels[..., ::-1], imgsz=px, conf=LEAST_SCORE, device="cpu", verbose=False)[0]
        boxes, scores = result.boxes.xyxy.double().numpy(), result.boxes.conf.double().numpy()
        kept = scores >= self.threshold
        return Boxes(boxes[kept], scores[kept])


class Ruled(Yolo):
    """The same detector on fields at the scale that it learnt: lowcost's ruler of red cells tells it."""

    name = f"{ARCHITECTURE} with our ruler"

    def __init__(self, weights: Path, threshold: float, budget: str) -> None:
        super().__init__(weights, threshold, budget)
        self.finder = CellFinder(Bundle.load())

    def find(self, pixels: NDArray[np.uint8], px: int = PX) -> Boxes:
        """Find leukocytes; on a field whose scale cannot be measured as it is."""
        scale = self.finder.optics(pixels).scale
        if scale.source == "unknown":
            return super().find(pixels, px)
        factor = max(scale.um_per_px_x, scale.um_per_px_y) / UM_PER_PX
        how = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_CUBIC
        resized = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=how)
        found = super().find(np.asarray(resized, np.uint8), -(-max(resized.shape[:2]) // STRIDE) * STRIDE)
        return Boxes(found.boxes / factor, found.scores)


def train(data: Path, work: Path, minutes: float) -> tuple[Path, str]:
    """Train and return the weights with a description of the budget; weights that are there are taken.

    Parameters
    ----------
    data, work : Path
        Folder of the sets; where weights are kept.
    minutes : float
        Of the clock; as many epochs as fit, and the learning rate falls to its end with the last.
    """
    weights, note = work / "yolo.pt", work / "yolo.txt"
    if not weights.exists():
        from ultralytics import YOLO

        layout = _layout(fields.split(data, "train"), work / "yolo")
        started = time.process_time()
        model = YOLO(f"{ARCHITECTURE}.yaml")
        model.train(
            data=str(layout),
            time=minutes / 60,
            imgsz=PX,
            batch=BATCH,
            pretrained=False,
            device="cpu",
            workers=0,
            flipud=0.5,
            val=False,
            plots=False,
            amp=False,
            seed=SEED,
            project=str((work / "yolo").resolve()),  # a relative one would lie in a folder of Ultralytics
            name="run",
            exist_ok=True,
            verbose=False,
        )
        spent = (time.process_time() - started) / 60
        note.write_text(
            f"BCCD train, 205 fields, {model.trainer.epoch + 1} epochs at {PX} px from random weights, "
            f"{minutes:g} minutes of the clock and {spent:.0f} of a shared processor",
            encoding="utf-8",
        )
        shutil.copyfile(work / "yolo" / "run" / "weights" / "last.pt", weights)
    return weights, note.read_text(encoding="utf-8")


def _layout(pictures: list[LabelledField], folder: Path) -> Path:
    """Write pictures and labels as Ultralytics reads them; returns the file that describes them."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for field in pictures:
        pixels = field.pixels()
        height, width = pixels.shape[:2]
        cv2.imwrite(str(folder / "images" / f"{field.name}.png"), pixels[..., ::-1])
        lines = [
            f"0 {(x0 + x1) / 2 / width} {(y0 + y1) / 2 / height} {(x1 - x0) / width} {(y1 - y0) / height}\n"
            for x0, y0, x1, y1 in field.leukocytes().tolist()
        ]
        (folder / "labels" / f"{field.name}.txt").write_text("".join(lines), encoding="utf-8")
    described = folder / "data.yaml"
    described.write_text(
        f"path: {folder.resolve()}\ntrain: images\nval: images\nnames: [leukocyte]\n", encoding="utf-8"
    )
    return described
