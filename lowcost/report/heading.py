"""What stands at the head of a report: whose cells these are, and who answers for the names that they have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Verification:
    """A person's word that a slide says what they saw.

    Attributes
    ----------
    by : str
        Their name.
    at : datetime
        When, with its zone.
    """

    by: str
    at: datetime


@dataclass(frozen=True)
class Heading:
    """What a report says besides its result.

    Attributes
    ----------
    made : datetime
        When the report was made, with its zone.
    case : str
        Pseudonym of the patient or sample, never a name; empty where it is not known.
    slide, stain : str
        What they are called; empty where that is not known.
    note : str
        What people noted; empty where they noted nothing.
    verified : tuple of Verification
        Who has verified the result as it is.
    agreement : tuple of str
        How far two readers of it agree, in words.
    """

    made: datetime
    case: str = ""
    slide: str = ""
    stain: str = ""
    note: str = ""
    verified: tuple[Verification, ...] = ()
    agreement: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """``"preliminary"``, or ``"final"`` once a person has verified the result."""
        return "final" if self.verified else "preliminary"

    @property
    def lines(self) -> dict[str, str]:
        """What is known, by what it is, for people to read."""
        said = {"Case": self.case, "Slide": self.slide, "Stain": self.stain}
        names = ", ".join(f"{each.by} ({at(each.at)})" for each in self.verified)
        return {
            **{name: text for name, text in said.items() if text},
            "Status": self.status,
            "Verified by": names or "nobody",
            **({"Agreement": "; ".join(self.agreement)} if self.agreement else {}),
            **({"Note": self.note} if self.note else {}),
            "Made": at(self.made),
        }


def at(moment: datetime) -> str:
    """Return a moment as readers of any country understand it."""
    return f"{moment:%Y-%m-%d %H:%M %Z}".strip()
