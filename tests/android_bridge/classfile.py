"""Reads class files: their version, and what they use of other classes (The Java Virtual Machine Specification, 4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_SIZES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
"""Bytes of each kind of constant after its tag; texts (1) have a length of their own."""


@dataclass(frozen=True)
class ClassFile:
    """What a class file says.

    Attributes
    ----------
    name : str
        With slashes.
    version : int
        52 is Java 8.
    parents : tuple of str
        The class that it extends and the interfaces that it implements.
    members : frozenset of (str, str)
        Name and descriptor of its own fields and methods.
    classes : frozenset of str
        Every class that it names.
    uses : frozenset of (str, str, str)
        Class, name and descriptor of every field and method that it uses.
    """

    name: str
    version: int
    parents: tuple[str, ...]
    members: frozenset[tuple[str, str]]
    classes: frozenset[str]
    uses: frozenset[tuple[str, str, str]]


def read(content: bytes) -> ClassFile:
    """Read a class file."""
    magic, _, version, count = struct.unpack_from(">IHHH", content)
    assert magic == 0xCAFEBABE
    texts: dict[int, str] = {}
    others: dict[int, tuple[int, bytes]] = {}
    at, index = 10, 1
    while index < count:
        tag = content[at]
        if tag == 1:
            (size,) = struct.unpack_from(">H", content, at + 1)
            texts[index] = content[at + 3 : at + 3 + size].decode("utf-8", "surrogateescape")
            at += 3 + size
        else:
            others[index] = tag, content[at + 1 : at + 1 + _SIZES[tag]]
            at += 1 + _SIZES[tag]
        index += 2 if tag in (5, 6) else 1

    def pair(index: int) -> tuple[int, int]:
        first, second = struct.unpack(">HH", others[index][1])
        return first, second

    def named(index: int) -> str:
        return texts[struct.unpack(">H", others[index][1])[0]]

    uses = set()
    for place, (tag, _) in others.items():
        if tag in (9, 10, 11):
            owner, described = pair(place)
            name, kind = pair(described)
            uses.add((named(owner), texts[name], texts[kind]))
    _, own, parent, interfaces = struct.unpack_from(">HHHH", content, at)
    at += 8
    indices = [parent, *struct.unpack_from(f">{interfaces}H", content, at)]
    at += 2 * interfaces
    members = set()
    for _ in ("fields", "methods"):
        (number,) = struct.unpack_from(">H", content, at)
        at += 2
        for _ in range(number):
            _, name, kind, attributes = struct.unpack_from(">HHHH", content, at)
            members.add((texts[name], texts[kind]))
            at += 8
            for _ in range(attributes):
                at += 6 + struct.unpack_from(">I", content, at + 2)[0]
    return ClassFile(
        name=named(own),
        version=version,
        parents=tuple(named(place) for place in indices if place),
        members=frozenset(members),
        classes=frozenset(named(place) for place, (tag, _) in others.items() if tag == 7),
        uses=frozenset(uses),
    )
