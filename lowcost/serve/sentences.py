"""What the library says of a photograph, in the words of pages: a person's language, buttons and not options.

Sentences are known by their form; one that is not is shown as the library says it, in English.
"""

from __future__ import annotations

import re

_NUMBER = r"[\d.]+(?: across and [\d.]+ down)?"

FORMS: dict[str, str] = {
    "dark": r"too dark: [^;]*",
    "bright": r"overexposed: [^;]*",
    "no_cells": r"no cells in view: [^;]*",
    "no_colour": r"not a stained smear: nothing in view has colour",
    "drawn": r"drawn or compressed too much: [^;]*",
    "not_violet": r"not a stained smear: what is darkest [^;]*",
    "swapped": r"red and blue seem to be swapped: [^;]*",
    "thick": r"hardly any empty background: [^;]*",
    "pale": r"cells too pale to tell from the background: [^;]*",
    "no_ruler": r"no red cells to measure: [^;]*",
    "no_smear": r"not a smear, or too thick a part of one: [^;]*",
    "unsure_ruler": r"few whole red cells, so the scale is uncertain: [^;]*",
    "coarse": r"low magnification: [^;]*",
    "blurred": r"out of focus: [^;]*",
    "other_scale": (
        rf"(?:given|the \w[\w ]* says) (?P<said>{_NUMBER}) um per px, "
        rf"but the red cells measure (?P<found>{_NUMBER}): [^;]*"
    ),
    "other_size": r"not as large as the device profile's photographs \((?P<size>[^)]*)\): [^;]*",
    "other_device": rf"(?P<said>{_NUMBER}) um per px [^;]*, (?P<found>{_NUMBER}) by the device profile: [^;]*",
    "other_light": r"the light falls off otherwise than in the device profile: [^;]*",
    "other_models": r"the device profile (?P<name>[^;]*) was made with the bundle [^;]*",
    "same": r"It is the same picture as (?P<name>[^;]*): it is counted once\.",
    "heic": r"(?P<name>[^;]*) is HEIC, which needs pillow-heif: [^;]*",
    "no_image": r"(?P<name>[^;]*) is not an image that can be read: [^;]*",
    "damaged": r"(?P<name>[^;]*) is damaged or cut short: [^;]*; copy or export it again",
    "raw": r"(?P<name>[^;]*) is a camera's RAW file: [^;]*",
    "large": r"(?P<name>[^;]*) has (?P<size>\d+ x \d+) px, more than the limit of [^;]*",
    "small": r"(?P<name>[^;]*) has (?P<size>\d+ x \d+) px, expected at least [^;]*",
    "overlay": r"(?P<name>[^;]*) is an overlay that lowcost drew: [^;]*",
    "slow": r"(?P<name>[^;]*) could not be analysed within [^;]*",
    "ended": r"(?P<name>[^;]*) ended the analysis \d+ times [^;]*",
    "unfit": r"(?P<name>[^;]*) is no photograph to calibrate with: (?P<inner>[^;]*)",
    "few_fields": r"a device profile needs at least (?P<least>\d+) fields with cells, got (?P<got>\d+)[^;]*",
    "few_rulers": (
        r"red cells could be measured on (?P<got>\d+) of (?P<all>\d+) fields, "
        r"a device profile needs (?P<least>\d+): [^;]*"
    ),
    "few_cells": r"Too few cells to learn [^;]*: at least (?P<least>\d+) are needed, got (?P<got>\d+); [^;]*",
    "few_units": (
        r"Too few slides or pictures to judge [^;]*: at least (?P<least>\d+) are needed, got (?P<got>\d+); [^;]*"
    ),
}
"""Full forms of sentences by the last part of their key in the locale files; named parts fill its places."""

_KNOWN = {key: re.compile(form, re.DOTALL) for key, form in FORMS.items()}


def recognised(sentence: str) -> list[tuple[str, dict[str, str]]]:
    """Return the key of each reason in a sentence with what fills its places.

    Parameters
    ----------
    sentence : str
        What the library said; several reasons are joined by semicolons.

    Returns
    -------
    list of (str, dict)
        The key ``""`` stands for a reason of unknown form, whose words are its ``text``.
    """
    whole = _one(sentence)
    if whole is not None or "; " not in sentence:
        return [whole or ("", {"text": sentence})]
    return [found for part in sentence.split("; ") for found in recognised(part)]


def _one(sentence: str) -> tuple[str, dict[str, str]] | None:
    for key, form in _KNOWN.items():
        found = form.fullmatch(sentence)
        if found:
            return key, {name: text for name, text in found.groupdict().items() if text is not None}
    return None
