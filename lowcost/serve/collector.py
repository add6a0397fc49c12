"""Python's garbage collector, at rest while a large slide is put together.

Millions of objects are made at once and all of them are kept: the collector would walk over all of them again and
again, for more than half of the time, and find nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """Keep the collector from running until the block ends; where several threads do so, until the first is done."""
    ran = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ran:
            gc.enable()
