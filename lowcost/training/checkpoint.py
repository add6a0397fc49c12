"""Training that survives being killed: after every epoch everything that the next one depends on is on disk.

Batches are a pure function of seed, epoch and position; with weights, optimizer and the states of random layers back in
place, a training that goes on gives the weights that it would have given without interruption.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from lowcost.errors import InputError


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """The state of a training in one ``.npz`` file, readable under every backend.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    fingerprint : str
        What the training is made of, from `lowcost.training.fingerprint`.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        super().__init__()
        self.path, self.fingerprint = path, fingerprint

    def restore(self, model: keras.Model) -> int:
        """Put the saved state into a compiled model.

        Returns
        -------
        int
            Epochs that are done; 0 where nothing is saved.

        Raises
        ------
        InputError
            The file belongs to another training or is damaged.
        """
        model.optimizer.build(model.trainable_variables)
        if not self.path.exists():
            return 0
        variables = _variables(model)
        try:
            with np.load(self.path) as saved:
                epoch, made_by = int(saved["epoch"]), str(saved["fingerprint"])
                values = [saved[f"v{number}"] for number in range(len(saved.files) - 2)]
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{self.path} is damaged ({error}); delete it to train from the start.") from error
        if made_by != self.fingerprint or len(values) != len(variables):
            raise InputError(
                f"{self.path} belongs to a training with other settings, data or network; delete it to train anew, or "
                "give another folder with --work."
            )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return epoch

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save; a reader sees the old state or the new one, never half of one."""
        values: dict[str, Any] = {
            f"v{number}": keras.ops.convert_to_numpy(variable) for number, variable in enumerate(_variables(self.model))
        }
        draft = self.path.with_suffix(f".{os.getpid()}.npz")
        np.savez(draft, epoch=epoch + 1, fingerprint=self.fingerprint, **values)
        draft.replace(self.path)


class Progress(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """One bar over all epochs; drawn on a terminal only, a line per epoch elsewhere.

    Parameters
    ----------
    epochs, steps : int
        Of the whole training.
    done : int
        Epochs that an earlier run finished.
    """

    def __init__(self, epochs: int, steps: int, done: int) -> None:
        super().__init__()
        self.epochs = epochs
        self.bar = tqdm(total=epochs * steps, initial=done * steps, desc="training", unit="batch", disable=None)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move on by one batch."""
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Show the figures of the epoch."""
        figures = {name: f"{float(value):.3f}" for name, value in (logs or {}).items()}
        if self.bar.disable:
            text = "  ".join(f"{name} {value}" for name, value in figures.items())
            print(f"epoch {epoch + 1}/{self.epochs}  {text}", flush=True)  # noqa: T201  # the log of a training
        else:
            self.bar.set_postfix(figures)


def _variables(model: keras.Model) -> list[Any]:
    """Weights, batch statistics, states of random layers, and the optimizer's."""
    return [*model.variables, *model.optimizer.variables]
