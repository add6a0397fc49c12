"""Passphrases, limits and words by themselves."""

from __future__ import annotations

import re

import pytest

from lowcost.serve import language
from lowcost.serve.errors import StationError, TooMany
from lowcost.serve.security import limits, passwords
from lowcost.serve.security.limits import Failures


def test_a_passphrase_is_kept_as_argon2id_and_matches_itself_alone():
    kept = passwords.hashed("four words for testing")
    assert kept.startswith("$argon2id$")
    assert passwords.matches("four words for testing", kept)
    assert not passwords.matches("four words for testinG", kept)
    assert not passwords.matches("nobody has this passphrase", None)
    assert not passwords.matches("x", "damaged")


@pytest.mark.parametrize("passphrase", ["", "1234567", "x" * 257])
def test_too_short_or_long(passphrase):
    with pytest.raises(StationError, match="8 to 256"):
        passwords.hashed(passphrase)


def test_failures_are_forgotten_with_time():
    now = [0.0]
    failures = Failures(lambda: now[0])
    for _ in range(5):
        failures.check("ana", "a")
        failures.note("ana", "a")
    with pytest.raises(TooMany) as refused:
        failures.check("ana", "a")
    assert refused.value.wait_s == pytest.approx(limits.WINDOW_S, abs=1)
    failures.check("ana", "b")
    failures.check("ben", "a")
    now[0] = limits.WINDOW_S
    failures.check("ana", "a")


def test_one_address_cannot_try_every_name():
    failures = Failures(lambda: 0.0)
    with pytest.raises(TooMany):
        for number in range(40):
            failures.check(f"name {number}", "a")
            failures.note(f"name {number}", "a")


def test_who_is_right_at_last_starts_anew():
    failures = Failures(lambda: 0.0)
    for _ in range(3):
        for _ in range(4):
            failures.note("ana", "a")
        failures.check("ana", "a")
        failures.forget("ana", "a")


def test_memory_of_failures_is_bounded():
    failures = Failures(lambda: 0.0)
    for number in range(20_000):
        failures.note(f"{number}", f"{number}")
    assert len(failures._times) <= limits._MOST_KEYS


@pytest.mark.parametrize("code", ["es", "ur"])
def test_every_language_has_every_text_with_the_same_places(code):
    english, other = language.table("en"), language.table(code)
    assert english.keys() == other.keys()
    for key, text in english.items():
        assert sorted(re.findall("{.*?}", text)) == sorted(re.findall("{.*?}", other[key])), key


def test_what_a_language_lacks_is_said_in_english(monkeypatch):
    monkeypatch.setattr(language, "table", lambda code: {"en": {"a": "A {n}", "b": "B"}, "es": {"a": "Á {n}"}}[code])
    words = language.Words("es")
    assert (words("a", n=1), words("b"), words("c")) == ("Á 1", "B", "c")


def test_urdu_runs_from_right_to_left():
    assert language.words("ur").direction == "rtl"
