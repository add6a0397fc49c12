"""One image of a batch, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One image: a file, or a part of one.

    Attributes
    ----------
    slide : str
        The slide that it belongs to; its fields make one differential.
    name : str
        What it is called in results, unique in its slide.
    path : str
        The file, absolute, or an address that `fsspec` opens (``s3://bucket/field.jpg``).
    part : str or None
        What of the file it is, as ``kind:which`` (``member:a/field.jpg`` of an archive, ``frame:120`` of a video,
        ``region:...`` of a whole slide), or ``unopened`` where what it holds cannot be known; None for all of it.
    patient : str or None
        Whose slide it is.
    device : str or None
        The device that took it: its profile, as `lowcost calibrate` wrote it (``....json``), or only its name.
    day : str or None
        When it was taken, as an ISO date (``2026-03-31``).
    um_per_px : float or None
        Micrometres per px, where they are known.
    """

    slide: str
    name: str
    path: str
    part: str | None = None
    patient: str | None = None
    device: str | None = None
    day: str | None = None
    um_per_px: float | None = None

    @property
    def kind(self) -> str:
        """What sort of part it is; ``"file"`` for a whole file."""
        return self.part.partition(":")[0] if self.part else "file"

    @property
    def which(self) -> str:
        """Which part of its kind it is; empty for a whole file."""
        return self.part.partition(":")[2] if self.part else ""
