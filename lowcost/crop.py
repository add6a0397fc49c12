"""The view of a cell that the network sees: 24 um around its centre at 4 px/um."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lowcost.errors import InputError
from lowcost.image.resample import block_mean

VIEW_PX = 256
"""Edge of the balanced view that a crop is cut from (32 um at 8 px/um)."""

CROP_PX = 96
"""Edge of the network's input (24 um at 4 px/um)."""

UM_PER_PX = 0.25
"""Scale of the network's input."""


def network_input(view: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink the middle of a view to the network's input.

    Parameters
    ----------
    view : (256, 256, 3) uint8 array
        Balanced view at 8 px/um with the cell in its middle.

    Returns
    -------
    (96, 96, 3) uint8 array
        Means of 2 x 2 px of the central 192 x 192 px, rounded half up: integers, so equal everywhere.

    Raises
    ------
    InputError
        The view has another shape or type.

    Examples
    --------
    >>> network_input(np.full((256, 256, 3), 240, np.uint8)).shape
    (96, 96, 3)
    """
    if view.shape != (VIEW_PX, VIEW_PX, 3) or view.dtype != np.uint8:
        raise InputError(
            f"A view must be a ({VIEW_PX}, {VIEW_PX}, 3) uint8 array, got {view.shape} {view.dtype}; "
            "cut it with lowcost.image.resample.sample at 0.125 um per sample."
        )
    margin = (VIEW_PX - 2 * CROP_PX) // 2
    return halve(view[margin:-margin, margin:-margin])


def halve(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink an (h, w, 3) uint8 image of even height and width to half: means of 2 x 2 px, rounded half up."""
    return block_mean(image, 2)
