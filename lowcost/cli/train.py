"""``lowcost train``: the models of a bundle, from published sets or from cells of one's own."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lowcost.errors import InputError
from lowcost.taxonomy import RESEARCH_USE_NOTICE

_DESCRIPTION = """\
Train one model of a bundle, or adapt it to your own microscope. The result is a bundle folder for analyze --bundle;
figures with intervals, confusion and reliability plots go into the work folder. A training that was stopped goes on
where it was when the same command is given again."""

_EPILOG = f"""\
examples:
  lowcost train heads --data my_cells --um-per-px 0.1 --out my-bundle      50 to 500 cells of one's own, in minutes
  lowcost train cell-type --data my_cells --um-per-px 0.1 --out my-bundle  a network of one's own; needs lowcost[train]
  lowcost train gate --data my_cells --um-per-px 0.1 --risk 0.05 --out my-bundle
  lowcost train segmentation --data my_fields --out my-bundle

my_cells holds one folder of pictures per cell type (my_cells/lymphocyte/1.jpg), or is a COCO, YOLO or VOC set. Patients
or slides named in my_cells/groups.csv (columns file, group) are never split between training and measuring.

{RESEARCH_USE_NOTICE}"""

_MODELS = {
    "heads": "correct the network with 50 to 500 cells of one's own; no TensorFlow needed",
    "cell-type": "the network that names cells; needs lowcost[train]",
    "morphology": "the linear model that reads types off features, beside the network",
    "attributes": "the heads that name attributes, from WBCAtt's labels",
    "gate": "the limits: what is a leukocyte, and what is left unidentified",
    "segmentation": "the parameters of nuclei and outlines, from masks or boxes",
}


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "train", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    models = parser.add_subparsers(dest="model", metavar="MODEL", required=True, title="models")
    for name, summary in _MODELS.items():
        _add_model(models.add_parser(name, help=summary, description=f"Train {summary}.", epilog=RESEARCH_USE_NOTICE))
    cell_type, gate, segmentation = (models.choices[name] for name in ("cell-type", "gate", "segmentation"))
    cell_type.add_argument("--epochs", metavar="N", type=int, default=28, help="(default 28)")
    cell_type.add_argument("--steps", metavar="N", type=int, default=250, help="batches per epoch (default 250)")
    cell_type.add_argument("--seed", metavar="N", type=int, default=7, help="of weights, order and changes (default 7)")
    for model in (cell_type, models.choices["morphology"]):
        model.add_argument(
            "--leave-out",
            metavar="SET",
            action="append",
            default=[],
            help="published set to test on instead; repeatable",
        )
        model.add_argument(
            "--self-training",
            metavar="SHARE",
            type=float,
            help="learn also from cells outside annotated patches, named so surely by the bundle that at most this "
            "share is wrong on fully annotated fields",
        )
    for model in (cell_type, models.choices["morphology"], models.choices["heads"]):
        model.add_argument(
            "--research-only",
            action="store_true",
            help="learn from sets whose licence keeps the result to yourself too",
        )
    gate.add_argument(
        "--risk", metavar="SHARE", type=float, default=0.05, help="wrong among named cells, at most (default 0.05)"
    )
    gate.add_argument(
        "--missed",
        metavar="SHARE",
        type=float,
        default=0.01,
        help="leukocytes taken for others, at most (default 0.01)",
    )
    segmentation.add_argument(
        "--fields", metavar="N", type=int, default=60, help="fields that choose; as many others judge (default 60)"
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="DIR",
        required=True,
        nargs="+",
        type=Path,
        help="labelled sets, or a folder of published ones",
    )
    parser.add_argument(
        "--out", metavar="DIR", required=True, type=Path, help="bundle to change, or a new folder for a copy of --start"
    )
    parser.add_argument("--start", metavar="DIR", type=Path, help="bundle to start from (default: the installed one)")
    parser.add_argument(
        "--work", metavar="DIR", type=Path, help="for checkpoints, figures and plots (default: NAME.training/MODEL)"
    )
    parser.add_argument("--um-per-px", metavar="UM", type=float, help="scale of pictures that state none")
    parser.add_argument(
        "--alias", metavar="NAME=TYPE", action="append", default=[], help="what a class of yours is; may be repeated"
    )
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="processes that measure cells (default 1)")


def run(args: argparse.Namespace) -> int:
    from lowcost.evaluation import plots
    from lowcost.training import target

    check(args)
    aliases = aliases_of(args.alias)
    place = target.open_target(args.out, args.start)
    work = args.work or Path(f"{place.name}.training") / args.model
    work.mkdir(parents=True, exist_ok=True)
    finished = _RUN[args.model](args, aliases, place, work)
    print(finished.figures)
    print(f"Figures{' and plots' if plots.available() else ' (and plots, once matplotlib is installed)'}: {work}")
    print(finished.summary)
    return 0 if finished.written else 1


def _heads(args: argparse.Namespace, aliases: dict[str, str], place: Any, work: Path) -> Any:
    from lowcost.training import heads, sources

    found = sources.read_all(args.data, aliases, args.um_per_px)
    sources.may_train(found, args.research_only)
    return heads.run(found, place, work, args.jobs)


def _cell_type(args: argparse.Namespace, aliases: dict[str, str], place: Any, work: Path) -> Any:
    from lowcost.training import backend

    backend.prepare()
    from lowcost.training import cell_type

    settings = cell_type.Settings(seed=args.seed, epochs=args.epochs, steps=args.steps)
    cells, described, published = _labelled(args, aliases, place)
    return cell_type.run(cells, place, work, settings, described, published)


def _morphology(args: argparse.Namespace, aliases: dict[str, str], place: Any, work: Path) -> Any:
    from lowcost.training import morphology

    cells, described, published = _labelled(args, aliases, place)
    return morphology.run(cells, place, work, described, published, args.jobs)


def _labelled(args: argparse.Namespace, aliases: dict[str, str], place: Any) -> tuple[Any, str, bool]:
    """Labelled cells, what they are, and whether they are those that train the shipped bundle."""
    from lowcost.bundle import Bundle
    from lowcost.cells import CellFinder
    from lowcost.training import samples, sources, views

    unknown = sorted(set(args.leave_out) - set(views.TRAINING_SETS))
    if unknown:
        raise InputError(f"--leave-out names {unknown[0]!r}; expected one of {', '.join(views.TRAINING_SETS)}.")
    if len(args.data) == 1 and sources.is_collection(args.data[0]):
        names = [name for name in views.TRAINING_SETS if name not in args.leave_out]
        found = [sources.read(args.data[0] / name) for name in names]
        return views.published(args.data[0], args.leave_out), sources.described(found), True
    found = sources.read_all(args.data, aliases, args.um_per_px)
    sources.may_train(found, args.research_only)
    base = Bundle.load(place.base)
    if args.self_training is not None:
        found = [sources.completed(source, base, args.self_training, print) for source in found]
    return samples.samples(found, CellFinder(base)), sources.described(found), False


def _attributes(args: argparse.Namespace, aliases: dict[str, str], place: Any, work: Path) -> Any:
    from lowcost.training import attributes, sources

    # Of the published sets one has the labels.
    collection = len(args.data) == 1 and sources.is_collection(args.data[0])
    folders = [args.data[0] / attributes.SET] if collection else args.data
    found = sources.read_all(folders, aliases, args.um_per_px)
    return attributes.run([source for source in found if source.card.may_train], place, work, args.jobs)


def _gate(args: argparse.Namespace, aliases: dict[str, str], place: Any, work: Path) -> Any:
    from lowcost.training import gate, sources

    for name in ("risk", "missed"):
        if not 0.0 < getattr(args, name) < 1.0:
            raise InputError(f"--{name} is {getattr(args, name)}; expected a share between 0 and 1, as in 0.05.")
    found = sources.read_all(args.data, aliases, args.um_per_px)
    return gate.run(found, place, work, args.risk, args.missed, args.jobs)


def _segmentation(args: argparse.Namespace, aliases: dict[str, str], place: Any, work: Path) -> Any:
    from lowcost.training import segmentation, sources

    return segmentation.run(sources.read_all(args.data, aliases, args.um_per_px), place, work, args.fields)


_RUN = {
    "heads": _heads,
    "cell-type": _cell_type,
    "morphology": _morphology,
    "attributes": _attributes,
    "gate": _gate,
    "segmentation": _segmentation,
}


def check(args: argparse.Namespace) -> None:
    """Refuse numbers that cannot be meant.

    Raises
    ------
    InputError
        There is one.
    """
    if args.um_per_px is not None and not 0.01 <= args.um_per_px <= 2.0:
        raise InputError(f"--um-per-px is {args.um_per_px}; expected 0.01 to 2, micrometres per px.")
    for name in ("jobs", "epochs", "steps"):
        number = getattr(args, name, 1)
        if number < 1:
            raise InputError(f"--{name} is {number}; expected 1 or more.")


def aliases_of(texts: Sequence[str]) -> dict[str, str]:
    return dict(_alias(text) for text in texts)


def _alias(text: str) -> tuple[str, str]:
    name, separator, kind = text.partition("=")
    if not separator or not name or not kind:
        raise InputError(f"--alias says {text!r}; expected a name and a type, as in 'poly=neutrophil_segmented'.")
    return name, kind
