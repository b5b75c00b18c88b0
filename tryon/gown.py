"""The gown asset: a cut-out with alpha and the landmarks that the warp hangs it by; found in a picture, or loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from tryon import anchors, bare_limbs, bodice, hidden, images, landmarks, outline
from tryon.anchors import Body
from tryon.drape import Drape
from tryon.errors import GownNotFoundError, PoseError
from tryon.filling import fill
from tryon.images import F32, U8
from tryon.joints import Joint
from tryon.landmarks import Points
from tryon.skin import unlike_skin

SURE = 0.75  # share of a matte that is nearly opaque, below which its outline is in doubt
STEP = 1  # levels a pixel by which a smoothed picture changes at an edge
SOBEL = 8  # times a step of one level a pixel is what the filter of that name says
AROUND = 12  # pixels around a gown that say how its outline looks
OUTLINED = 0.3  # share of a gown's outline that is such an edge; real gowns have 0.75 and more
SMALLEST = 0.01  # of the picture: less gown than this is none
PART, BODICE = 0.1, 0.01  # of a gown's largest part: another part is so large, on its wearer's trunk at least so
CLOTHED = ("NECK", "SHOULDER", "HIP")
BARE = tuple(j for j in Joint if not j.name.endswith(CLOTHED))  # where a wearer may show skin
LEAST_SKIN = 0.04  # of the gown's area: less is no wearer
SEEN = 2  # of BARE on skin: with fewer there is no wearer, whatever joints the pose net sees in a dress


@dataclass(frozen=True)
class Gown:
    """rgba: HxWx4, straight alpha. landmarks: name -> (x, y)."""

    rgba: U8
    landmarks: Points
    name: str = "gown"
    warnings: tuple[str, ...] = field(default=())
    found: str = "given"  # how the landmarks were found: pose, outline, or given
    filled: U8 | None = None  # HxW, 255 where something hid the gown

    def point(self, name: str) -> F32:
        return np.asarray(self.landmarks[name], np.float32)


def load(folder: Path) -> Gown:
    """A gown of the catalogue: gown.json beside gown.png. Raises GownNotFoundError for a folder that is none."""
    try:
        about = json.loads((folder / "gown.json").read_text())
        marks = {name: (float(x), float(y)) for name, (x, y) in about["landmarks"].items()}
        cut = images.decode((folder / "gown.png").read_bytes(), what="cut-out")
        return Gown(cut, marks, about.get("name", folder.name))
    except (OSError, KeyError, ValueError) as error:
        raise GownNotFoundError(f"{folder} holds no gown: {error}") from error


def wearer(masks: U8, joints: F32) -> Body | None:
    """Who wears the gown in a product picture, if anybody does. masks: HxWx2 (user, gown); joints: 18x3."""
    try:
        body = anchors.find(joints, masks.max(2))
    except PoseError:
        return None
    return body if _is_somebody(body, masks) else None


def _is_somebody(body: Body, masks: U8) -> bool:
    """Whether there is skin, and bare joints lie on it: a dress on a hanger can look a little like a person."""
    user, clothes = masks[:, :, 0], masks[:, :, 1]
    if (user > 127).sum() < LEAST_SKIN * (clothes > 127).sum():
        return False
    bare = [body.joints[joint] for joint in BARE if body.joints[joint, 2] > 0]
    height, width = user.shape
    seen = [bool(user[min(int(y), height - 1), min(int(x), width - 1)] > 127) for x, y, _ in bare]
    return sum(seen) >= SEEN


def cut_out(picture: U8, masks: U8, body: Body | None, things: U8 | None = None) -> Gown:
    """The gown in a product picture. picture: HxWx3 or HxWx4; masks: HxWx2 (user, gown); body: its wearer, if any;
    things: HxW, 255 where something lies on a gown that nobody wears.

    Raises GownNotFoundError.
    """
    if body is not None and not _is_somebody(body, masks):
        body = None
    if body is not None:
        masks = bodice.regained(picture[:, :, :3], masks, body)
    user = np.zeros_like(masks[:, :, 0]) if body is None else masks[:, :, 0]
    alpha = _main_part(masks[:, :, 1], body)
    if body is not None:
        alpha = bodice.corrected(picture[:, :, :3], alpha, user, body)
    if picture.shape[2] == 4:  # a cut-out without landmarks: its alpha is the better mask, but for its wearer
        alpha = picture[:, :, 3] if body is None else np.minimum(alpha, picture[:, :, 3])
    if (alpha > 127).mean() < SMALLEST or not (picture.shape[2] == 4 or _outlined(picture, alpha)):
        raise GownNotFoundError("No gown was found in the gown picture: use one that shows the whole gown.")
    holes, skin = np.zeros_like(alpha) if things is None else things, user
    if body:
        other = unlike_skin(picture[:, :, :3], user, body.joints)
        holes, skin = hidden.behind(alpha, user, other, body), np.where(other > 0, 0, user).astype(np.uint8)
    whole = np.maximum(alpha, holes)
    marks = landmarks.worn(whole, bare_limbs.bare_armed(body, user), skin) if body else outline.flat(whole)
    rgba = fill(picture[:, :, :3], alpha, holes, marks)
    notes = _notes(alpha, holes, body)
    drape = None if body or picture.shape[2] == 4 else Drape.of(whole, marks)  # whoever gives an alpha has shaped it
    if drape:
        rgba, holes, marks = drape(rgba), drape(holes), drape.points(marks)
    return Gown(rgba, marks, warnings=notes, found="pose" if body else "outline", filled=holes)


def _outlined(picture: U8, alpha: U8) -> bool:
    """Whether the picture changes where the mask ends: on an empty wall the net sees a gown that fills it."""
    inside = (alpha > 127).astype(np.uint8)
    part = images.grown(images.touched(inside), AROUND)
    edge = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))[part] > 0
    smooth = cv2.GaussianBlur(picture[part], (0, 0), 1.5)
    sides = [np.abs(cv2.Sobel(smooth, cv2.CV_16S, *way)) for way in ((1, 0), (0, 1))]
    step = np.maximum.reduce(cv2.split(np.maximum(*sides)))  # far faster than along an array's last axis
    near = cv2.dilate(step, np.ones((7, 7), np.uint8))
    return bool(edge.any() and (near[edge] > SOBEL * STEP).mean() > OUTLINED)


def _notes(alpha: U8, filled: U8, body: Body | None) -> tuple[str, ...]:
    """What to know of a gown that was cut out."""
    notes = []
    if (filled > 0).sum() > 0.01 * (alpha > 127).sum():
        notes.append("Hands, hair or a bag hid part of the gown in its picture; it was filled in.")
    if (alpha > 191).sum() < SURE * (alpha > 48).sum():
        notes.append("The gown could not be cut out with certainty; a plain background or a cut-out with alpha helps.")
    if body is None:
        notes.append("Nobody wears the gown in its picture; where it sits on the body is guessed from its outline.")
    elif body.turned:
        notes.append("The gown's wearer is turned to the side; a picture from the front fits better.")
    return tuple(notes)


def _main_part(mask: U8, body: Body | None) -> U8:
    """The largest part of a soft mask, whatever is at least a tenth of it (a bodice above a belt), and what lies on
    its wearer's trunk (a bodice above folded hands)."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8))
    if count < 2:
        return np.zeros_like(mask)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    large = areas >= PART * areas.max()
    if body is not None:
        within = np.bincount(parts[body.trunk(mask.shape)], minlength=count)
        large |= (areas >= BODICE * areas.max()) & (2 * within > areas)
    kept = np.isin(parts, np.flatnonzero(large)).astype(np.uint8)
    return np.where(cv2.dilate(kept, np.ones((5, 5), np.uint8)) > 0, mask, 0).astype(np.uint8)
