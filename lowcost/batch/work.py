"""What a worker does with one item; the same for every engine."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lowcost.batch import sources
from lowcost.batch.columns import pack
from lowcost.batch.item import Item
from lowcost.batch.ledger import Outcome
from lowcost.batch.sources import wholeslide
from lowcost.bundle import Bundle
from lowcost.device import Device, Profile
from lowcost.errors import LowcostError
from lowcost.image import illumination, reading
from lowcost.mosaic import Thumb
from lowcost.pipeline import Analyzer

_ANALYZERS = 4
"""Devices whose models a worker keeps at once."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """Everything that results depend on besides the images; a worker gets it once.

    Attributes
    ----------
    bundle : Bundle
        The models and every parameter.
    profiles : dict of str to Profile
        The devices' profiles that were read, by the paths that items name.
    mosaic : bool
        Whether the fields of a slide overlap.
    """

    bundle: Bundle
    profiles: dict[str, Profile] = field(default_factory=dict)
    mosaic: bool = False

    def profile(self, device: str | None) -> Profile | None:
        """Return the profile of a device, read when it is first asked for; None of one that is only a name.

        Raises
        ------
        InputError
            It cannot be read, or was made with another bundle.
        """
        if device is None or not device.lower().endswith(".json"):
            return None
        if device not in self.profiles:
            profile = Profile.load(device)
            Device(profile, self.bundle)  # it refuses one of another bundle
            self.profiles[device] = profile
        return self.profiles[device]

    def settings(self, item: Item) -> str:
        """Return the digest of what the item's own settings are."""
        profile = self.profile(item.device)
        return _digest([profile.digest if profile else None, item.um_per_px]).hex()

    def key(self, item: Item, sha256: str) -> bytes:
        """Return the digest of everything that the result of these bytes depends on."""
        return _digest([sha256, item.part, self.bundle.results_digest, self.settings(item)])


@dataclass(frozen=True)
class Task:
    """One item to analyse.

    Attributes
    ----------
    item : Item
        The image.
    known : bytes or None
        The key of its result before its file was touched: it is not analysed again if that is its key still.
    """

    item: Item
    known: bytes | None = None


class Workshop:
    """The models, loaded once, and what is done with them; safe to use from many threads.

    Parameters
    ----------
    recipe : Recipe
        What results depend on.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.analyzer = lru_cache(_ANALYZERS)(self._load)
        """Give the analyzer of a device, by the name that items give it."""

    def do(self, task: Task) -> Outcome:
        """Analyse one item; whatever is wrong with it is said in the outcome."""
        item, started = task.item, time.perf_counter()
        try:
            return self._analysed(task, started)
        except LowcostError as error:
            return Outcome(item.slide, item.name, failure=str(error), seconds=time.perf_counter() - started)
        except Exception as error:
            # Hours of other fields are not lost to the one picture that nobody thought of.
            fault = f"{type(error).__name__}: {error}"
            failure = f"lowcost met a fault of its own ({fault}): please report it, with the image if you may"
            return Outcome(item.slide, item.name, failure=failure, seconds=time.perf_counter() - started)

    def _analysed(self, task: Task, started: float) -> Outcome:
        """The outcome of an item that can be analysed; without a field where it is as it was."""
        item = task.item
        analyzer = self.analyzer(item.device)
        if item.kind == "region":
            found = wholeslide.field(analyzer, item)
            done = Outcome(item.slide, item.name, self.recipe.key(item, found.sha256), field=pack(found))
        else:
            image = sources.load(item)
            key = self.recipe.key(item, image.sha256)
            done = Outcome(item.slide, item.name, key, bytes.fromhex(image.picture_sha256))
            if key != task.known:
                found = analyzer.field(image, um_per_px=item.um_per_px)
                done = replace(done, field=pack(found), thumb=self._thumb(image) if self.recipe.mosaic else None)
        return replace(done, seconds=time.perf_counter() - started)

    def _thumb(self, image: reading.Image) -> bytes:
        light = self.recipe.bundle.section("illumination", illumination.Parameters)
        return Thumb.of(image.pixels, light).packed()

    def _load(self, device: str | None) -> Analyzer:
        return Analyzer(self.recipe.bundle, self.recipe.profile(device))


def _digest(parts: list[str | float | None]) -> bytes:
    return hashlib.sha256(json.dumps(parts).encode()).digest()
