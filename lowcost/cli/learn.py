"""``lowcost learn``: what a review station learns from its verified cells, without a browser."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost.cli import EXIT_FINE, EXIT_SOME_FAILED, needing_serve, not_empty, say
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from lowcost.serve.station import Station


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "learn",
        description="Adapt a review station to the cells that its people have signed for; no TensorFlow needed.",
        epilog=f"""\
examples:
  lowcost learn station                       learn, and print what is gained on slides that were held out
  lowcost learn station --accept              use what was learnt last for photographs that come later
  lowcost learn station --take-back           and go back to the models before
  lowcost learn station --device my-phone     let a device profile learn from its own slides
  lowcost learn station --export cells.zip    take the verified cells along, for lowcost train and others (COCO)

The station must not be running: its page "Learn" does the same.
exit codes: 0 it is better on what was held out; 1 it is not, and nothing was changed; 2 it cannot be learnt

{RESEARCH_USE_NOTICE}""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=not_empty, metavar="FOLDER", help="the folder of the station")
    parser.add_argument("--database", metavar="URL", help="the station's database, if it is no file")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="the model bundle that the station begins with")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--device", metavar="NAME", help="learn from the slides of this device profile")
    what.add_argument("--accept", action="store_true", help="accept what was learnt last")
    what.add_argument("--discard", action="store_true", help="discard what was learnt last")
    what.add_argument("--take-back", action="store_true", help="take back what was accepted last")
    what.add_argument("--export", type=Path, metavar="FILE", help="write the verified cells as a ZIP archive")


def run(args: argparse.Namespace) -> int:
    with needing_serve("a review station"):
        from lowcost.serve import people
        from lowcost.serve.settings import Settings
        from lowcost.serve.station import Station
    if not (Path(args.folder) / "photographs").is_dir():
        raise InputError(f"{args.folder} holds no station: name the folder that lowcost serve was given")
    station = Station(Settings(Path(args.folder), args.database, args.bundle))
    try:
        if args.export:
            return _export(station, args.export)
        who = people.bench(station.database).id
        if args.accept or args.discard or args.take_back:
            return _decide(station, who, "accepted" if args.take_back else "offered", args.accept)
        return _learn(station, who, args.device)
    finally:
        station.learning.stop()
        station.database.close()


def _export(station: Station, file: Path) -> int:
    from lowcost.serve import verified

    with station.database.read() as session:
        count = verified.write_set(session, station.storage, file)
    say(f"{file}: {count} photographs with their verified cells", sys.stdout)
    return EXIT_FINE


def _decide(station: Station, who: int, state: str, accept: bool) -> int:
    from sqlalchemy import select

    from lowcost.serve.models import Training

    with station.database.read() as session:
        query = select(Training).where(Training.kind != "device", Training.state == state)
        last = session.scalar(query.order_by(Training.id.desc()).limit(1))
    if last is None:
        raise InputError(f"nothing is {state}: learn first with `lowcost learn {station.settings.folder}`")
    station.learning.decide(last.id, who, accept)
    done = "used from now on" if accept else "taken back" if state == "accepted" else "discarded"
    say(f"{last.name}: {done}", sys.stdout)
    return EXIT_FINE


def _learn(station: Station, who: int, device: str | None) -> int:
    from sqlalchemy import select

    from lowcost.serve.models import DeviceProfile, Training

    with station.database.read() as session:
        number = session.scalar(select(DeviceProfile.id).where(DeviceProfile.name == device))
    if device is not None and number is None:
        raise InputError(f"there is no device profile called {device}: calibrate it on the station's pages first")
    learning = station.learning.learn(who, number)
    station.learning.wait()
    with station.database.read() as session:
        found = session.get_one(Training, learning)
    if found.state == "failed" or found.report is None:
        raise InputError(found.reason)
    report = found.report
    print(f"{report['cells']} verified cells of {report['held_out']} {report['by']}, each held out in turn")
    print(f"{'':<34}{'before':<24}after")
    for name, label in (
        ("right", "right"),
        ("balanced", "right, mean over types"),
        ("calibration", "calibration error"),
    ):
        cells = ["{:.3f} ({:.3f}-{:.3f})".format(*report[when][name]) for when in ("before", "after")]
        print(f"  {label:<32}{cells[0]:<24}{cells[1]}")
    for row in report["types"]:
        cells = [f"{row[when]} of {row['cells']}" for when in ("before", "after")]
        print(f"  {row['type']:<32}{cells[0]:<24}{cells[1]}")
    if found.state == "offered":
        say(f"{found.name}: waits for `lowcost learn {station.settings.folder} --accept` or --discard", sys.stdout)
    else:
        print("On cells that it did not learn from it gains no more than chance would: nothing was changed.")
    print(f"\n{RESEARCH_USE_NOTICE}")
    return EXIT_FINE if found.state == "offered" else EXIT_SOME_FAILED
