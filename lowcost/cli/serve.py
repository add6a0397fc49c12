"""``lowcost serve``: the review station of a laboratory, in a browser."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowcost.cli import EXIT_FINE, needing_serve, not_empty, say
from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

if TYPE_CHECKING:
    from lowcost.serve.database import Database
    from lowcost.serve.station import Station

_ADMIN = "admin"
_PASSPHRASE = "LOWCOST_PASSPHRASE"


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "serve",
        description="Start the review station: photographs come in, a person verifies the cells, a report goes out.",
        epilog=f"""\
examples:
  lowcost serve                                    on this machine only
  lowcost serve --lan                              phones in the same network, too: scan the code that is printed
  lowcost serve laboratory --lan --port 8080

With --lan everybody signs in. The first time it asks for the passphrase of {_ADMIN}, who adds the others; {_PASSPHRASE}
may hold it instead. Ctrl-C ends the station; what was acknowledged is kept, what was being analysed goes on next time.

{RESEARCH_USE_NOTICE}""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folder", type=not_empty, nargs="?", default="station", metavar="FOLDER", help="where all is kept (station)"
    )
    parser.add_argument("--database", metavar="URL", help="PostgreSQL instead of a file; one station to a database")
    parser.add_argument("--lan", action="store_true", help="let other machines of the network connect")
    parser.add_argument("--port", type=port, default=8000, metavar="N", help="port to listen on (8000)")
    parser.add_argument(
        "--watch", type=Path, metavar="DIR", help="take photographs from DIR/CASE/SLIDE/, where a camera saves them"
    )
    parser.add_argument(
        "--camera",
        type=not_empty,
        metavar="WHICH",
        help="camera at this machine: number of a USB one (0), csi for a Raspberry Pi's, or a video in place of one",
    )
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="another model bundle to begin with")


def run(args: argparse.Namespace) -> int:
    with needing_serve("the review station"):
        import segno

        from lowcost.serve.settings import Settings
        from lowcost.serve.station import Station
        from lowcost.serve.watch import Watch
    host = "0.0.0.0" if args.lan else "127.0.0.1"
    settings = Settings(Path(args.folder), args.database, args.bundle, host, args.port, args.lan, args.camera)
    station = Station(settings)
    if args.lan:
        _demand_admin(station.database)
    watch = Watch(station, args.watch) if args.watch else None
    listening = listen(host, args.port)
    address = f"http://{_own_address() if args.lan else host}:{listening.getsockname()[1]}/"
    say(f"lowcost station in {settings.folder}: open {address}", sys.stdout)
    if args.lan:
        segno.make(address, micro=False).terminal(compact=True)
    if watch is not None:
        watch.start()
    try:
        until_ended(station, listening)
    finally:
        if watch is not None:
            watch.stop()
    return EXIT_FINE


def until_ended(station: Station, listening: socket.socket) -> None:
    """Say how it ends, and serve a station until it does."""
    with needing_serve("the review station"):
        import uvicorn

        from lowcost.serve import app
    say(f"{RESEARCH_USE_NOTICE} Ctrl-C ends it.", sys.stdout)
    sys.stdout.flush()
    configuration = uvicorn.Config(
        app.create(station), log_level="warning", server_header=False, timeout_graceful_shutdown=5
    )
    uvicorn.Server(configuration).run(sockets=[listening])


def port(text: str) -> int:
    """Return the port that an argument names."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: expected a number up to 65535, such as 8000")
    return int(text)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    InputError
        The port is taken, or not for everybody.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)  # who comes before the station is ready waits
    except OSError as error:
        listening.close()
        raise InputError(f"port {port} cannot be listened on: {error.strerror}; give another with --port") from error
    return listening


def _own_address() -> str:
    """Address of this machine in the local network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that nobody has (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def _demand_admin(database: Database) -> None:
    """Make sure that somebody can sign in before other machines may connect."""
    from lowcost.serve import people

    with database.read() as session:
        if not people.is_open(session):
            return
    passphrase = os.environ.get(_PASSPHRASE) or _asked()
    with database.write() as session:
        people.add(session, _ADMIN, "admin", passphrase)


def _asked() -> str:
    import getpass

    if not sys.stdin.isatty():
        raise InputError(f"--lan demands a passphrase for {_ADMIN}: start it in a terminal, or set {_PASSPHRASE}")
    passphrase = getpass.getpass(f"A passphrase for {_ADMIN}, 8 characters or more: ")
    if getpass.getpass("Again: ") != passphrase:
        raise InputError("the two passphrases differ: start again")
    return passphrase
