"""Record what the shipped network says, after it was trained anew: ``python tests/data/record_logits.py``."""

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from test_classifier import pattern  # noqa: E402

from lowcost.bundle import Bundle  # noqa: E402
from lowcost.classifier import Classifier  # noqa: E402

seen = Classifier.load(Bundle.load(ROOT / "models" / "lowcost-1")).network(np.stack([pattern(n) for n in range(8)]))
record = {"crop": "pattern(n) of test_classifier.py, n = 0 ... 7", "logits": seen.logits.tolist()}
(ROOT / "tests" / "data" / "cell_type_logits.json").write_text(json.dumps(record) + "\n")
