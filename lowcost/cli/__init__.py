"""The `lowcost` command: one module per subcommand, imported only when it is asked for.

A subcommand is a module of this package with two functions, and a line in `COMMANDS`:

* ``add_parser(subparsers)`` calls ``subparsers.add_parser(name, ...)`` and describes the arguments;
* ``run(args) -> int`` does the work and returns the exit code. It may raise a `LowcostError`, whose sentence is shown.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import lowcost
from lowcost.errors import DependencyError, LowcostError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

COMMANDS = {
    "analyze": "find, measure and name the white blood cells on photographs of one slide",
    "batch": "analyse many slides into one store, and go on after whatever ended a run",
    "programme": "report on all slides of a batch: which to look at first, quality, drift",
    "export": "write a result.json as FHIR, GeoJSON for QuPath, COCO, YOLO or CSV",
    "convert": "write labels in another format: COCO, YOLO, VOC, GeoJSON, LeukemiaAttri, result.json",
    "calibrate": "measure a microscope with its camera, without labels, for analyze --device",
    "serve": "start the review station: photographs from phones, verification in a browser, reports",
    "learn": "adapt a review station to the cells that its people have verified",
    "annotate": "open a folder of photographs in the review station, to correct and label its cells",
    "backup": "write everything that a review station keeps into one file",
    "restore": "make a review station from its backup",
    "render": "draw smears whose every cell is known",
    "evaluate": "compare with annotated images and print the tables of benchmarks/results",
    "datasets": "list the public sets of labelled smear images, and check one or your own",
    "train": "train a model of a bundle, or adapt it to cells of your own",
    "bench": "measure time and memory on this machine, as a table to paste into an issue",
    "doctor": "say what is installed, which model bundle is used and whether all of it works",
}
"""Name of each subcommand's module and the line that `lowcost --help` says about it."""

EXIT_FINE, EXIT_SOME_FAILED, EXIT_UNUSABLE, EXIT_INTERRUPTED, EXIT_PIPE_CLOSED = 0, 1, 2, 130, 141
"""The exit codes, as the help describes them."""

_EPILOG = f"""\
examples:
  lowcost analyze field.jpg --out report      cells.csv, result.json, overlays and report.html in report/
  lowcost analyze slide/*.jpg --out report    several fields of one slide make one differential
  lowcost analyze field.jpg --um-per-px 0.1   the scale is known: do not measure it from the red cells
  lowcost render --out smears                 a smear to try it on, without a microscope
  lowcost doctor                              what is installed, and does it work

exit codes:
  0  everything was done
  1  it ran, but some inputs or checks failed; each was named
  2  the arguments or all of the inputs cannot be used
  130  interrupted with Ctrl-C;  141  the reader of a pipe went away

{RESEARCH_USE_NOTICE}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments without the program's name; those of the process by default.

    Raises
    ------
    SystemExit
        After ``--help`` and ``--version`` (0) and for arguments that cannot be understood (2), as argparse does.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it, as a shell does for `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    try:
        with warnings.catch_warnings():
            # Of damaged metadata Pillow warns in its own terms; damaged pixels are an error with a sentence of ours.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            code = _run(arguments)
        sys.stdout.flush()
        return code
    except LowcostError as error:
        say(f"lowcost: error: {error}", sys.stderr)
        return EXIT_UNUSABLE
    except KeyboardInterrupt:
        print("lowcost: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return EXIT_PIPE_CLOSED
    except OSError as error:
        if error.filename is None and _output_fails():
            _drop_output()
            print(f"lowcost: error: standard output cannot be written: {error.strerror}", file=sys.stderr)
            return EXIT_SOME_FAILED
        from lowcost.export.files import reason

        file = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else Path("a file")
        say(f"lowcost: error: cannot use {file}: {reason(error, file)}", sys.stderr)
        return EXIT_UNUSABLE


def say(line: str, stream: Any) -> None:
    """Print a line whatever characters the terminal knows, and none that would steer it: file names may hold any."""
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(shown.encode(encoding, "backslashreplace").decode(encoding), file=stream)


@contextmanager
def needing_serve(what: str) -> Iterator[None]:
    """Import the review station within: says how to install its extra where that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise DependencyError(
            f"{what} needs {error.name}, which is not installed: run `pip install lowcost[serve]`"
        ) from error


def not_empty(text: str) -> str:
    """Return the name of a file or folder from the arguments; an empty one would mean the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty: give that of a file or folder")
    return text


def _output_fails() -> bool:
    """Whether it was standard output that could not be written: a further line cannot be, either."""
    try:
        print(flush=True)
    except OSError:
        return True
    return False


def _drop_output() -> None:
    """Lead standard output nowhere: Python flushes it once more at exit, which would fail again and say so."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    command = next((argument for argument in arguments if not argument.startswith("-")), None)
    args = _parser(command).parse_args(arguments)
    return int(import_module(f"lowcost.cli.{args.command}").run(args))


class _Command(argparse.ArgumentParser):
    """The parser of one command, which refuses what it does not know itself, with its own usage."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return namespace, unknown


def _parser(command: str | None) -> argparse.ArgumentParser:
    """The whole parser, of which only `command`, the one that will run, knows its arguments."""
    parser = argparse.ArgumentParser(
        prog="lowcost",
        description=(lowcost.__doc__ or "").partition("\n")[0],
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lowcost {lowcost.__version__}")
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, title="commands", parser_class=_Command
    )
    for name, summary in COMMANDS.items():
        if name == command:
            import_module(f"lowcost.cli.{name}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    return parser
