"""The TensorFlow Lite runtime: chosen here and nowhere else."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lowcost.errors import BundleError, DependencyError

# In order of preference: the second is for old boards, slower, and differs by up to 2 units of the int8 output.
_RUNTIMES = (
    ("ai-edge-litert", "ai_edge_litert.interpreter"),
    ("tflite-runtime", "tflite_runtime.interpreter"),
)

_REDIRECTION = threading.Lock()


@dataclass(frozen=True)
class Runtime:
    """A TensorFlow Lite runtime that could be imported.

    Attributes
    ----------
    name, version : str
        Of its distribution, for the provenance of results.
    interpreter : type
        Its ``Interpreter`` class.
    """

    name: str
    version: str
    interpreter: Any

    def load(self, model: bytes) -> Any:
        """Return an interpreter with allocated tensors.

        Parameters
        ----------
        model : bytes
            Content of a ``.tflite`` file.

        Raises
        ------
        BundleError
            The runtime cannot use it.

        Notes
        -----
        One thread: on networks of this size a second one buys nothing.
        """
        try:
            with _without_announcement():
                interpreter = self.interpreter(model_content=model, num_threads=1)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BundleError(
                f"{self.name} {self.version} cannot use the bundle's network ({str(error).splitlines()[0]}): "
                "use the bundle made for this version of lowcost"
            ) from error
        return interpreter


def find() -> Runtime:
    """Import the first runtime that is installed.

    Raises
    ------
    DependencyError
        None is installed, or none can be loaded on this machine.
    """
    troubles = []
    for name, module in _RUNTIMES:
        try:
            interpreter = import_module(module).Interpreter
            return Runtime(name, version(name), interpreter)
        except (ImportError, PackageNotFoundError, AttributeError) as error:
            troubles.append(f"{name}: {error}")
    raise DependencyError(
        "no TensorFlow Lite runtime can be loaded: run `pip install ai-edge-litert`, on old boards "
        f"`pip install lowcost[tflite-runtime]` ({'; '.join(troubles)})"
    )


def outputs(interpreter: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the descriptions of a cell-type network's logits and of its embedding, which is the wider of the two.

    Raises
    ------
    BundleError
        It has other outputs.
    """
    found = sorted(interpreter.get_output_details(), key=lambda output: int(output["shape"][-1]))
    if len(found) != 2:
        raise BundleError(
            f"the bundle's network has {len(found)} outputs, expected logits and embedding: use the bundle made for "
            "this version of lowcost"
        )
    return found[0], found[1]


@contextmanager
def _without_announcement() -> Iterator[None]:
    """Keep from standard error that a delegate was created: the C++ code says so and has no setting that stops it."""
    with _REDIRECTION:
        try:
            kept = os.dup(2)
        except OSError:  # closed, as it may be in a service
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)
