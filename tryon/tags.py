"""What a gown's cut-out and landmarks say of its tags, for a shop that gives none. Guesses, and called so."""

from __future__ import annotations

import cv2
import numpy as np

from tryon.anchors import LEG
from tryon.gown import Gown

NAMES = ("silhouette", "neckline", "sleeve", "colour", "length")  # what the page filters by, and `fabric`
UNKNOWN = "not stated"
WORDS = {  # those that our own gowns are tagged with; a shop may use others, and the page lists them
    "silhouette": ("a-line", "ball gown", "mermaid", "trumpet", "sheath"),
    "neckline": ("straight", "sweetheart", "v-neck", "off-shoulder", "halter", "illusion", "bateau"),
    "sleeve": ("strapless", "straps", "sleeveless", "cap", "short", "long"),
    "colour": ("white", "ivory", "champagne", "blush"),
    "length": ("floor", "tea"),
}
LENGTHS = {"floor": 0.9, "tea": 0.5, "knee": 0.25, "short": -np.inf}  # of the way from hip to floor, at least
COLOURS = {
    "white": (250, 250, 250), "ivory": (240, 230, 210), "champagne": (220, 195, 160), "blush": (235, 195, 185),
    "pink": (225, 90, 150), "red": (190, 30, 40), "orange": (225, 120, 40), "yellow": (230, 205, 70),
    "green": (50, 120, 70), "blue": (40, 70, 150), "purple": (110, 60, 130), "brown": (100, 70, 50),
    "silver": (195, 195, 195), "grey": (125, 125, 125), "black": (25, 25, 25),
}  # fmt: skip


def guess(gown: Gown) -> dict[str, str]:
    """A value for each of NAMES; the neckline cannot be told from landmarks."""
    return {
        "silhouette": _silhouette(gown),
        "neckline": UNKNOWN,
        "sleeve": _sleeve(gown),
        "colour": _colour(gown),
        "length": _length(gown),
    }


def _silhouette(gown: Gown) -> str:
    hem, hip, waist = (gown.point(f"{n}_left")[0] - gown.point(f"{n}_right")[0] for n in ("hem", "hip", "waist"))
    if hem < 1.4 * hip:
        return "sheath"
    return "ball gown" if hip > 2 * waist else "a-line"


def _sleeve(gown: Gown) -> str:
    names = {name.split("_")[0] for name in gown.landmarks}
    return "long" if "wrist" in names else "short" if "elbow" in names else "sleeveless"


def _colour(gown: Gown) -> str:
    inside = gown.rgba[gown.rgba[:, :, 3] > 250][:, :3]
    seen = np.median(inside, 0).astype(np.uint8) if len(inside) else np.zeros(3, np.uint8)
    both = np.array([[seen, *COLOURS.values()]], np.uint8)
    lab = cv2.cvtColor(both, cv2.COLOR_RGB2LAB)[0].astype(float)
    return list(COLOURS)[int(np.linalg.norm(lab[1:] - lab[0], axis=1).argmin())]


def _length(gown: Gown) -> str:
    neck = (gown.point("shoulder_right") + gown.point("shoulder_left"))[1] / 2
    hip = (gown.point("hip_right") + gown.point("hip_left"))[1] / 2
    share = (gown.point("hem_center")[1] - hip) / max(hip - neck, 1.0) / LEG
    return next(name for name, least in LENGTHS.items() if share >= least)
