"""Fuzz one target for some minutes, guided by the branches taken: ``python -m tests.fuzz image --minutes 60``.

libFuzzer chooses and changes inputs (atheris, https://github.com/google/atheris); the corpus in ``build/fuzz`` is kept
from run to run. What raises anything but a `LowcostError` is written beside it, once for each place, and fuzzing goes
on; the run then ends with 1. A crash, a hang or too much memory ends it at once.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import time
import traceback
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["lowcost", "PIL", "pillow_heif", "xml.etree"]):
    from lowcost.errors import LowcostError
    from tests.fuzz.targets import TARGETS

_MEMORY_MB, _SECONDS = 3000, 30
_LARGEST = 2**19


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"))
    args = parser.parse_args()
    target, out = TARGETS[args.target], args.out / args.target
    corpus, findings = out / "corpus", out / "findings"
    shutil.rmtree(findings, ignore_errors=True)
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    end, seen, inputs = time.monotonic() + 60 * args.minutes, set[str](), 0

    def one(data: bytes) -> None:
        nonlocal inputs
        inputs += 1
        try:
            target.run(data)
        except LowcostError:
            pass
        except Exception as error:
            place = _place(error)
            if place not in seen:
                seen.add(place)
                (findings / f"{len(seen)}").write_bytes(data)
                (findings / f"{len(seen)}.txt").write_text(traceback.format_exc(), errors="backslashreplace")
                print(f"finding {len(seen)}: {type(error).__name__} at {place}", file=sys.stderr, flush=True)
        if time.monotonic() > end:
            print(f"{args.target}: {inputs} inputs in {args.minutes:g} minutes, {len(seen)} findings", flush=True)
            os._exit(1 if seen else 0)  # libFuzzer would go on

    def mutate(data: bytes, longest: int, seed: int) -> bytes:
        return target.mutate(data, Random(seed), lambda some: atheris.Mutate(some, len(some) + 64))[:longest]

    options = (f"-rss_limit_mb={_MEMORY_MB}", f"-timeout={_SECONDS}", f"-max_len={_LARGEST}")
    atheris.Setup([sys.argv[0], str(corpus), *options, f"-artifact_prefix={findings}/"], one, custom_mutator=mutate)
    atheris.Fuzz()


def _place(error: Exception) -> str:
    """The last line of the package that the error passed through: what tells it from others."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/lowcost/" in frame.filename]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"


if __name__ == "__main__":
    main()
