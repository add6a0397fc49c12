"""One labelled set as a user has it: what is found, how it is outlined, and how it is named."""

from __future__ import annotations

from collections.abc import Sequence

from lowcost.datasets.types import LEUKOCYTES, LabelledCell, LabelledField
from lowcost.evaluation import figures
from lowcost.evaluation.analysis import Analyzer, analyse
from lowcost.evaluation.tables import Table
from lowcost.result import Cell, Field


def tables(analyzer: Analyzer, name: str, pictures: Sequence[LabelledCell | LabelledField]) -> list[Table]:
    """Return the tables of one set, by class and by slide where labels and names tell.

    Parameters
    ----------
    analyzer : Analyzer
        What is evaluated.
    name : str
        Of the set.
    pictures : sequence of LabelledCell or LabelledField
        Its pictures.
    """
    fields = [picture for picture in pictures if isinstance(picture, LabelledField)]
    cells = [picture for picture in pictures if isinstance(picture, LabelledCell)]
    found: list[Table] = []
    if fields:
        analysed = analyse(analyzer, fields)
        boxed = [item for item in analysed if item.labelled.boxes]
        masked = [item for item in analysed if item.labelled.mask_path is not None]
        if boxed:
            found.append(figures.detected(name, f"Detection, {name}", boxed))
        if masked:
            found.append(figures.segmented(f"{name}_masks", f"Segmentation, {name}", masked))
        found += figures.recognised(f"{name}_types", f"Types of the cells that were found, {name}", analysed)
        if not found:
            found.append(figures.counted(name, f"What is found on {name} (no labels)", analysed))
    if cells:
        found += _single(analyzer, name, cells)
    return found


def _single(analyzer: Analyzer, name: str, pictures: Sequence[LabelledCell]) -> list[Table]:
    """Tables of pictures of one cell each."""
    typed = [picture for picture in pictures if picture.types and picture.types != LEUKOCYTES]
    seen: list[tuple[LabelledCell, Cell]] = []
    for picture in typed:
        result = analyzer.analyze([picture.path], um_per_px=picture.um_per_px)
        for field in result.fields:
            cell = middle(field)
            seen += [] if cell is None else [(picture, cell)]
    made = figures.named(
        f"{name}_types",
        f"Types of the cells in the middle of their pictures, {name}",
        [picture.types for picture, _ in seen],
        [cell for _, cell in seen],
        [picture.group for picture, _ in seen],
    )
    counts = {"pictures": len(typed), "something found in the middle": len(seen)}
    return [*made, Table(f"{name}_found", f"Pictures of single cells, {name}", (counts,))]


def middle(field: Field) -> Cell | None:
    """Return the found object whose box holds the middle of a picture, the largest where several do."""
    x, y = field.width / 2, field.height / 2
    holding = [cell for cell in field.cells if cell.box[0] <= x < cell.box[2] and cell.box[1] <= y < cell.box[3]]
    return max(holding, key=lambda cell: (cell.box[2] - cell.box[0]) * (cell.box[3] - cell.box[1]), default=None)
