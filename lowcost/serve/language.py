"""The words of pages, by language; what a language lacks is said in English."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request

from lowcost.serve.sentences import recognised

COOKIE = "language"
RIGHT_TO_LEFT = ("ur",)
LANGUAGES = {"en": "English", "es": "Español", "ur": "اردو"}
"""Languages by code, each called what its speakers call it."""


class Words:
    """The words of one language.

    Parameters
    ----------
    code : str
        A key of `LANGUAGES`.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.direction = "rtl" if code in RIGHT_TO_LEFT else "ltr"
        self._words = table("en") | table(code)

    def __call__(self, key: str, **values: Any) -> str:
        """Return a text with its places filled; a key that nobody knows is shown as it is."""
        text = self._words.get(key, key)
        return text.format(**values) if values else text

    def sentences(self, sentence: str) -> list[tuple[str, bool]]:
        """Return the reasons that the library gave, in the words of pages, each with whether it has such words."""
        return [
            (self(f"reason.{key}", **self._filled(places)) if key else places["text"], bool(key))
            for key, places in recognised(sentence)
        ]

    def _filled(self, places: dict[str, str]) -> dict[str, str]:
        inner = places.get("inner")
        return places if inner is None else places | {"inner": "; ".join(text for text, _ in self.sentences(inner))}


@cache
def table(code: str) -> dict[str, str]:
    """Return the texts of one language by key (shared: not to be changed)."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "locale" / f"{code}.json").read_text("utf-8"))
    return found


@cache
def words(code: str) -> Words:
    """Return the words of one language."""
    return Words(code)


def of(request: Request) -> Words:
    """Return the words that a request asks for: by cookie, or else by what the browser prefers."""
    return words(_first([request.cookies.get(COOKIE, ""), *_preferred(request.headers.get("accept-language", ""))]))


def _first(codes: Iterable[str]) -> str:
    return next((code for code in codes if code in LANGUAGES), "en")


def _preferred(header: str) -> list[str]:
    return [part.split(";")[0].strip().split("-")[0].lower() for part in header.split(",")]
