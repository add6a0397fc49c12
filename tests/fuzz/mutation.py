"""Changes that keep a file's form, so that what lies behind its parser is reached too."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

Bytewise = Callable[[bytes], bytes]
"""Changes a few bytes, whatever they mean."""

Mutate = Callable[[bytes, Random, Bytewise], bytes]

_PNG = b"\x89PNG\r\n\x1a\n"
_NUMBERS = (0, 1, -1, 2, 0.5, 255, 256, 2**31, 2**63, 10**400, 1e-320, 1e308, float("nan"), float("inf"))
_TEXTS = ("", "\0", "\ud800", "é", "a" * 5000, "../../x", "=1+1", "NaN", "x\ny", "blast", "1.0", "99.0")
_WORDS = (
    *(
        "",
        "nan",
        "inf",
        "-1",
        "1e999",
        "9" * 5000,
        "0.5",
        "1e-320",
        "٣",
        "²",
        '"',
        "'",
        "\0",
        ",",
        ",,",
        "\n",
        "\r",
        "\t",
    ),
    *("<", ">", "</object>", "<object>", "&x;", "]]>", "<!DOCTYPE a [<!ENTITY x 'y'>]>", "{", "}", "[", "]", "names:"),
    *("#", "=", ":", "\ufeff", "\ud7ff", " ", "WBC", "../../x", "/", "//", "a" * 300, "end of trees"),
)


def bytewise(data: bytes, random: Random) -> bytes:
    """Change, insert, remove or repeat some bytes: what libFuzzer does better, for where it is not at hand."""
    out = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at, length = random.randint(0, len(out)), random.randint(1, 16)
        kind = random.randrange(4)
        if kind == 0 and at < len(out):
            out[at] = random.choice((random.randrange(256), out[at] ^ 1 << random.randrange(8), 0, 255))
        elif kind == 1:
            out[at:at] = random.randbytes(length)
        elif kind == 2:
            del out[at : at + length]
        else:
            out[at:at] = out[at : at + length]
    return bytes(out)


def plain(data: bytes, random: Random, changed: Bytewise) -> bytes:
    """Change bytes alone."""
    return changed(data)


def text(data: bytes, random: Random, changed: Bytewise) -> bytes:
    """Put a word into a text, in place of one of its own or between them; its first line is never empty."""
    if random.random() < 0.3:
        return changed(data)
    cuts = [at for at, byte in enumerate(data) if byte in b" ,\n<>=\t:\"'"] or [0]
    at = random.choice(cuts)
    after = next((cut for cut in cuts if cut > at), len(data)) if random.random() < 0.6 else at + 1
    word = random.choice(_WORDS).encode("utf-8", "replace")
    return data[: at + 1] + word + data[after:]


def json_tree(data: bytes, random: Random, changed: Bytewise) -> bytes:
    """Change values, names and branches of a JSON document."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return changed(data)
    if random.random() < 0.1 or not isinstance(tree, dict | list):
        return changed(data)
    for _ in range(random.randint(1, 3)):
        _edit(tree, random)
    return json.dumps(tree).encode()


def _edit(tree: Any, random: Random) -> None:
    holder = tree
    while holder:  # a way down, which may end early
        key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        if not isinstance(holder[key], dict | list) or not holder[key] or random.random() < 0.1:
            break
        holder = holder[key]
    else:
        return
    kind, value = random.randrange(6), holder[key]
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(value, int | float) and abs(value) < 2**64:
        holder[key] = random.choice((value + 1, value - 1, -value, value * 2, value * random.random()))
    elif kind == 2 and isinstance(holder, list):
        holder.insert(random.randint(0, len(holder)), value)
    elif kind == 2:
        holder[random.choice(_TEXTS)] = value
    elif kind == 3:
        holder[key] = random.choice((None, True, [], {}, [value], {"": value}, [[]] * 3))
    elif kind == 4:
        holder[key] = random.choice(_TEXTS)
    else:
        holder[key] = random.choice(_NUMBERS)


def image(data: bytes, random: Random, changed: Bytewise) -> bytes:
    """Change bytes; the checksums of a PNG are made right again, without which nothing behind them is reached."""
    data = changed(data)
    return _checked(data) if data.startswith(_PNG) and random.random() < 0.9 else data


def _checked(data: bytes) -> bytes:
    out, at = bytearray(_PNG), len(_PNG)
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 4 : at + 8 + length]
        out += struct.pack(">I", length) + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + length
    return bytes(out)
