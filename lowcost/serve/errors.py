"""What a station refuses: one sentence each, with the HTTP status that goes with it."""

from __future__ import annotations

from lowcost.errors import LowcostError


class StationError(LowcostError):
    """A request that cannot be met; its text is meant to be shown as it is.

    Attributes
    ----------
    status : int
        The HTTP status.
    """

    status = 400


class Unauthenticated(StationError):
    """Nobody is signed in, or with what is no longer valid."""

    status = 401


class Forbidden(StationError):
    """The person may not do this."""

    status = 403


class NotFound(StationError):
    """There is no such thing, or it is not for this person to know of."""

    status = 404


class Conflict(StationError):
    """Somebody else was faster, or the thing is not in a state for it."""

    status = 409


class TooLarge(StationError):
    """More bytes than are taken."""

    status = 413


class TooMany(StationError):
    """Tried too often.

    Parameters
    ----------
    message : str
        The sentence.
    wait_s : int
        Seconds after which it may be tried again.
    """

    status = 429

    def __init__(self, message: str, wait_s: int) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Unavailable(StationError):
    """A thing that the station should have does not answer."""

    status = 503


class Full(StationError):
    """The disk is full."""

    status = 507
