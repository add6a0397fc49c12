"""Keras set up so that the same seed gives the same weights, whichever backend computes them.

This module comes before Keras: its settings are read when a backend is first imported. ``KERAS_BACKEND`` (tensorflow,
torch or jax) chooses where the network is trained; TensorFlow alone writes the ``.tflite`` file.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from lowcost.errors import DependencyError, InputError

BACKENDS = {"tensorflow": "tensorflow", "torch": "torch", "jax": "jax"}
"""Name of each backend's package."""

INSTALL = "pip install 'lowcost[train]'"

_DETERMINISTIC = {
    "TF_DETERMINISTIC_OPS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


def prepare() -> str:
    """Check that Keras and its backend are installed, and make their operations deterministic.

    Returns
    -------
    str
        Name of the backend.

    Raises
    ------
    DependencyError
        A package is missing; the text names the command that installs it.
    InputError
        ``KERAS_BACKEND`` names no backend.
    """
    name = os.environ.get("KERAS_BACKEND", "tensorflow")
    if name not in BACKENDS:
        raise InputError(f"KERAS_BACKEND is {name!r}; expected {', '.join(BACKENDS)}.")
    for package, command in (("keras", INSTALL), (BACKENDS[name], INSTALL if name == "tensorflow" else None)):
        if find_spec(package) is None:
            advice = command or f"install {name} for your GPU, or unset KERAS_BACKEND"
            raise DependencyError(f"Training a network needs {package}, which is not installed: {advice}")
    for key, value in _DETERMINISTIC.items():
        os.environ.setdefault(key, value)
    if name == "jax" and "xla_gpu_deterministic_ops" not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_gpu_deterministic_ops=true".strip()
    if name == "torch":
        import torch

        torch.use_deterministic_algorithms(True, warn_only=True)
    return name


def can_export() -> bool:
    """Whether the network can be written as a ``.tflite`` file here and now."""
    return os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"
