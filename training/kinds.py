"""What a pixel shows, finer than user and gown, as far as a data set tells: the second lesson of segmentation.

Who tells a boot from a stocking and a bag from a coat errs less about user and gown (multi-task learning, Caruana,
1997). A `Region` is a kind too, of which nobody knows more.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from tryon.images import U8
from tryon.segmentation import Region


class Kind(IntEnum):
    """The values of a fine label map."""

    BACKGROUND = 0
    USER = 1  # which kind is not known
    GOWN = 2  # likewise
    SKIN = 3
    HAIR = 4
    SHOES = 5
    BAG = 6
    HEADWEAR = 7
    JEWELLERY = 8
    DRESS = 9
    SKIRT = 10
    TOP = 11
    COAT = 12
    TROUSERS = 13
    STOCKINGS = 14
    SCARF = 15
    BELT = 16


UNKNOWN = (Kind.USER, Kind.GOWN)
OF_USER = (Kind.USER, Kind.SKIN, Kind.HAIR, Kind.SHOES, Kind.BAG, Kind.HEADWEAR, Kind.JEWELLERY)
REGIONS: U8 = np.array(
    [Region.USER if kind in OF_USER else Region.GOWN if kind else Region.BACKGROUND for kind in Kind], np.uint8
)
