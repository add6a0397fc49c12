"""PASCAL VOC annotations (Everingham et al. 2010, doi:10.1007/s11263-009-0275-4): boxes, and attributes as in CVAT.

Edges are counted from 0, as LabelImg and CVAT write them: a box of the first px is 0 to 1. The form of the challenge
counts px from 1 (the same box is 1 to 1); a program that reads so finds left and upper edges one px further out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import Labelled, Labels, Photograph, boxed, in_order, sized, spelled, understood
from lowcost.datasets.types import read_text
from lowcost.errors import InputError
from lowcost.export import files

_EDGES = ("xmin", "ymin", "xmax", "ymax")


def read(path: Path, photographs: Photographs) -> Labels:
    """Read an annotation, or all those in a folder.

    Raises
    ------
    InputError
        A file cannot be read or is no annotation.
    """
    found = []
    for source in sorted(path.rglob("*.xml")) if path.is_dir() else [path]:
        try:
            found.append(_photograph(source, ElementTree.fromstring(read_text(source)), photographs))
        except (ElementTree.ParseError, ValueError, TypeError, RecursionError) as error:
            raise InputError(f"{source.name} is not a VOC annotation ({error})") from error
    return Labels(tuple(found), in_order(found))


def _photograph(source: Path, root: Element, photographs: Photographs) -> Photograph:
    name = root.findtext("filename") or source.stem
    width, height = (root.findtext(f"size/{side}") for side in ("width", "height"))
    path = photographs.find(source.stem) or photographs.find(name)
    return Photograph(
        dataset=source.parent.name,
        path=path or Path(name),
        boxes=tuple(map(_object, root.iter("object"))),
        file_name=name,
        size=sized(width, height) if width and height and int(width) and int(height) else None,
    )


def _object(item: Element) -> Labelled:
    edges = [item.findtext(f"bndbox/{edge}") for edge in _EDGES]
    x0, y0, x1, y1 = (float(edge or "no number") for edge in edges)
    texts = {each.findtext("name", ""): each.findtext("value", "") for each in item.iter("attribute")}
    truncated = item.findtext("truncated")
    return boxed(
        item.findtext("name", "").strip(),
        (x0, y0, x1, y1),
        judged=understood(texts),
        touches_edge=None if truncated is None else truncated.strip() == "1",
    )


def write(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write an annotation for each photograph, named after it."""
    for stem, each in zip(files.stems(each.file_name for each in labels.photographs), labels.photographs, strict=True):
        root = Element("annotation")
        SubElement(root, "filename").text = _plain(each.file_name)
        size = SubElement(root, "size")
        for name, px in zip(("width", "height", "depth"), (*(each.size or ()), 3), strict=True):
            SubElement(size, name).text = str(px)
        for box in each.boxes:
            root.append(_item(box))
        ElementTree.indent(root)
        yield f"{stem}.xml", ElementTree.tostring(root) + b"\n"


def _item(box: Labelled) -> Element:
    item = Element("object")
    SubElement(item, "name").text = _plain(box.label)
    if box.touches_edge is not None:
        SubElement(item, "truncated").text = str(int(box.touches_edge))
    SubElement(item, "difficult").text = "0"
    bounds = SubElement(item, "bndbox")
    for name, edge in zip(_EDGES, box.box, strict=True):
        SubElement(bounds, name).text = f"{edge:.12g}"
    if box.judged:
        attributes = SubElement(item, "attributes")
        for name, value in spelled(box.judged).items():
            attribute = SubElement(attributes, "attribute")
            SubElement(attribute, "name").text = name
            SubElement(attribute, "value").text = value
    return item


def _plain(text: str) -> str:
    """A text without the characters that XML has no way to write."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
