"""The tables beside the page, for R, pandas and spreadsheets: CSV, and Parquet where `pyarrow` is installed."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from lowcost.export import files
from lowcost.export.csv import shown
from lowcost.programme.drift import Drift
from lowcost.programme.tally import LEUKOCYTES, Shift, Slide, first_to_look_at
from lowcost.result import Share
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

_PLACES = 4
"""Decimal places of every number: as many as the exact limits have."""

Row = dict[str, str | int | float | None]


def slides(found: Sequence[Slide]) -> list[Row]:
    """Return a row for each slide (or patient): counts, shares in % and their exact 95 % limits."""
    order = {slide.name: place for place, (slide, _) in enumerate(first_to_look_at(found), 1)}
    return [_slide(slide) | {"look_first": order.get(slide.name)} for slide in found]


def quality(found: Sequence[Shift]) -> list[Row]:
    """Return a row for each device and day."""
    return [
        {
            "device": shift.device,
            "day": shift.day.isoformat() if shift.day else None,
            **{verdict: shift.fields[verdict] for verdict in ("accepted", "doubtful", "rejected")},
            "failed": shift.failures,
            **_share("usable", shift.usable),
            "edge_width_um": _median(shift.edges),
            "um_per_px": _median(shift.scales),
            "unlike": shift.unlike,
            "measured": shift.measured,
            "reasons": "; ".join(f"{reason} ({times})" for reason, times in shift.reasons.most_common()),
        }
        for shift in found
    ]


def drift(found: Sequence[Drift]) -> list[Row]:
    """Return a row for each device and feature: means and limits in spreads of training cells."""
    return [
        {
            "device": each.device,
            "week_from": each.week.first.isoformat(),
            "week_to": each.week.last.isoformat(),
            "week_slides": len(each.week.slides),
            "month_slides": len(each.month.slides),
            "feature": name,
            **{f"training_{key}": _finite(value) for key, value in vars(own).items()},
            **{
                f"month_{key}": _finite(getattr(difference, key)) if difference else None
                for key in ("mean", "low", "high")
            },
        }
        for each in found
        for name, own, difference in each.features
    ]


def write(folder: files.RunFolder, name: str, rows: Sequence[Row]) -> None:
    """Write a table as ``name.csv`` and, where `pyarrow` is installed, ``name.parquet``; of no rows nothing.

    Raises
    ------
    InputError
        It cannot be written.
    """
    if not rows:
        return
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({key: shown(value) for key, value in row.items()} for row in rows)
    files.write(folder.file(f"{name}.csv"), text.getvalue().encode("utf-8", "backslashreplace"))
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        return
    with files.draft(folder.file(f"{name}.parquet")) as draft:
        parquet.write_table(pyarrow.Table.from_pylist([_text(row) for row in rows]), draft)


def _slide(slide: Slide) -> Row:
    types = [name for name in LEUKOCYTES if name != UNIDENTIFIED]
    return {
        "name": slide.name,
        **({"file": slide.file} if slide.file else {}),
        "patient": slide.patient,
        "day": slide.day.isoformat() if slide.day else None,
        "device": slide.device,
        "slides": slide.slides,
        **{verdict: slide.fields[verdict] for verdict in ("accepted", "doubtful", "rejected")},
        "failed": slide.failures,
        "pending": slide.pending,
        "leukocytes": slide.leukocytes,
        "named": slide.named,
        **_share("unidentified", slide.unsure),
        **{key: value for name in types for key, value in _share(name, slide.share(name)).items()},
        **_share("blast_equivalents", slide.blasts),
        "maybe_blasts": slide.maybe_blasts,
        **{name: slide.counts[name] for name in CELL_TYPES if name not in LEUKOCYTES},
        "unlike": slide.unlike,
        "measured": slide.measured,
    }


def _share(name: str, found: Share) -> Row:
    known = found.total > 0
    return {
        name: found.count,
        f"{name}.percent": round(found.percent, _PLACES) if known else None,
        f"{name}.low": round(found.low, _PLACES) if known else None,
        f"{name}.high": round(found.high, _PLACES) if known else None,
    }


def _median(values: Sequence[float]) -> float | None:
    return round(sorted(values)[(len(values) - 1) // 2], _PLACES) if values else None


def _finite(value: float) -> float | None:
    return round(value, _PLACES) if math.isfinite(value) else None


def _text(row: Row) -> Row:
    """A row whose texts are UTF-8: on Linux names may hold any bytes."""
    return {
        key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for key, value in row.items()
    }
