"""Who is dressed: the main person's masks told apart from everybody else's, and advice on her photo."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from tryon import body_parts, draw, images
from tryon.anchors import ARMS, Body
from tryon.errors import MultiplePeopleError, NoPersonError
from tryon.images import F32, U8
from tryon.joints import LIMBS, Joint
from tryon.skin import from_skin, skin_colour, unlike

SMALLEST_PERSON = 0.01  # of the photo
CORE = (Joint.NECK, Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER, Joint.RIGHT_HIP, Joint.LEFT_HIP)
# near these, skin, hair, shoes and bags are seen
BARE = tuple(j for j in Joint if j == Joint.NOSE or j.name.endswith(("ELBOW", "WRIST", "ANKLE")))
# shoulder widths from the main person within which a separate piece is taken for hers: a bag, a foot; and what the net
# is in doubt about
HERS, FAINT = 0.4, 0.12
SURE = 0.3  # mean belief of the core joints below which there is nobody
# somebody else's torso as a share of hers: from the first on as prominent as she, from the second on if the masks show
# that person too; from the third on worth a warning
ALIKE, EQUAL, NOTED = 0.85, 0.65, 0.25
ABOVE = 0.7  # of the narrower of two parts that lies above or below the other
# shoulder widths from the nose up to the crown, and its size; share of it that clothes cover if the head is covered;
# how far below the nose, and how far to the sides of a line through both, what covers it is kept; gaps in it
CROWN, COVERED, HANGS, VEIL, UNDER = (0.4, 0.22), 0.1, 0.25, 0.62, 0.2
LEANS = 12  # degrees from upright
HEAD = -0.8  # torsos from the shoulders to where hair begins: what lies on a chest hangs together with it
CHEST, LOOSE = (0.05, 0.4, 0.35), 0.018  # rows and half breadth, in torsos, where loose hair is looked for; its share


def somebody(joints: F32) -> bool:
    """Whether joints 18x3 are a person's: the net always answers something."""
    return bool(joints[list(CORE), 2].mean() > SURE)


def find(user: U8, clothes: U8, found: F32) -> tuple[U8, U8, tuple[str, ...]]:
    """The main person's masks HxW, and warnings. user, clothes: HxW of everybody; found: PxJOINTSx3, she first.

    Raises NoPersonError, MultiplePeopleError.
    """
    joints, others = found[0], [person for person in found[1:] if _whole(person)]
    masks = np.maximum(user, clothes)
    if (masks > 127).mean() < SMALLEST_PERSON or joints[list(CORE), 2].mean() < SURE / 2:
        raise NoPersonError("Nobody was found in the photo: use one of yourself, standing, facing the camera.")
    sizes = [_size(person) / _size(joints) for person in others] if somebody(joints) else []
    if any(s > ALIKE or s > EQUAL and _shown(p, masks) for s, p in zip(sizes, others, strict=False)):
        raise MultiplePeopleError("Several people are equally prominent: use a photo of yourself alone.")
    if others:
        away = _nearer(others, joints, user.shape)
        user, clothes = np.where(away, 0, user).astype(np.uint8), np.where(away, 0, clothes).astype(np.uint8)
    user, clothes, beside = _main_piece(user, clothes, joints)
    notes = ("Somebody else is in the photo; the main person was dressed.",)
    return *_tidy(user, clothes, joints), notes if beside or max(sizes, default=0) > NOTED else ()


def _shown(person: F32, masks: U8) -> bool:
    """Whether masks HxW show most of somebody's joints: who is only looking on, the net leaves out."""
    x, y = person[person[:, 2] > 0, :2].astype(int).T
    height, width = masks.shape
    return bool((masks[y.clip(0, height - 1), x.clip(0, width - 1)] > 127).mean() > 0.5)


def _whole(person: F32) -> bool:
    """Whether joints are surely a person's, not a pattern's in the background."""
    return somebody(person) and bool((person[list(CORE), 2] > 0).all())


def _size(person: F32) -> float:
    """Length from shoulders to hips, pixels: a joint of somebody else's that a person was given does not change it."""
    hips = person[[Joint.RIGHT_HIP, Joint.LEFT_HIP], :2].mean(0)
    return max(1.0, float(np.linalg.norm(person[Joint.NECK, :2] - hips)))


def _nearer(others: list[F32], joints: F32, size: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """HxW: what is nearer to somebody else's limbs than to hers, each distance in that person's own size."""
    hers, theirs = _distance([joints], size), _distance(others, size)
    return np.asarray(theirs / max(map(_size, others)) < hers / _size(joints))


def _distance(group: list[F32], size: tuple[int, ...]) -> F32:
    free = np.full(size, 255, np.uint8)
    for joints in group:
        for a, b in LIMBS:
            if joints[a, 2] > 0 and joints[b, 2] > 0:
                draw.stroke(free, joints[[a, b], :2], 1, 0)
    return np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, 3), np.float32)


def _main_piece(user: U8, clothes: U8, joints: F32) -> tuple[U8, U8, bool]:
    """The masks of the person whose joints were found, without what lies apart from her (a flower pot, a sign), and
    whether somebody else is beside her. Somebody of like size is an error, even if no joints of hers were found."""
    person = (np.maximum(user, clothes) > 127).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(person)
    core = joints[[j for j in CORE if joints[j, 2] > 0], :2].astype(int)
    height, width = person.shape
    hits = [int(parts[min(y, height - 1), min(x, width - 1)]) for x, y in core]
    hits = [h for h in hits if h] or [int(stats[1:, cv2.CC_STAT_AREA].argmax()) + 1]
    main = max(set(hits), key=hits.count)
    areas = {n: int(stats[n, cv2.CC_STAT_AREA]) for n in range(1, count) if n != main and not _parted(stats, n, main)}
    tall = {n for n in areas if stats[n, cv2.CC_STAT_HEIGHT] > 0.5 * stats[main, cv2.CC_STAT_HEIGHT]}
    largest = max((areas[n] for n in tall), default=0) / max(1, int(stats[main, cv2.CC_STAT_AREA]))
    if largest > 0.7:
        raise MultiplePeopleError("Several people are equally prominent: use a photo of yourself alone.")
    beside = largest > 0.1
    away = cv2.distanceTransform((parts != main).astype(np.uint8), cv2.DIST_L2, 3)
    hers = set(np.flatnonzero(np.bincount(parts[away <= HERS * body_parts.shoulder_width(joints)])).tolist())
    others = np.isin(parts, sorted((areas.keys() - hers) | (tall if beside else set())))
    keep = images.around((person > 0) & ~others, FAINT * body_parts.shoulder_width(joints)) & ~images.around(others, 4)
    return np.where(keep, user, 0).astype(np.uint8), np.where(keep, clothes, 0).astype(np.uint8), beside


def _parted(stats: npt.NDArray[Any], part: int, main: int) -> bool:
    """Whether a part is the main person's, whom a belt or a gleam parts into upper and lower: the two lie one above the
    other."""
    rows, columns = ((stats[:, first], stats[:, first] + stats[:, second]) for first, second in ((1, 3), (0, 2)))

    def shared(starts: npt.NDArray[Any], ends: npt.NDArray[Any]) -> float:
        both = min(ends[part], ends[main]) - max(starts[part], starts[main])
        return max(0, int(both)) / int(min(ends[part] - starts[part], ends[main] - starts[main]))

    return shared(*columns) > ABOVE and shared(*rows) < 1 - ABOVE


def _tidy(user: U8, clothes: U8, joints: F32) -> tuple[U8, U8]:
    """Masks in which the user's body is all of one piece with head, arms or feet: a badge on a jacket is clothing."""
    width = body_parts.shoulder_width(joints)
    reach = np.zeros(user.shape, np.uint8)
    for joint in BARE:
        if joints[joint, 2] > 0:
            draw.disc(reach, joints[joint, :2], 0.5 * width)
    count, parts = cv2.connectedComponents((user > 127).astype(np.uint8))
    kept = np.zeros(count, bool)
    kept[np.unique(parts[reach > 0])] = True
    stray = ~kept[parts] & (user > 127)
    return np.where(stray, 0, user).astype(np.uint8), np.where(stray, 255, clothes).astype(np.uint8)


def head_covered(user: U8, clothes: U8, joints: F32) -> tuple[U8, U8]:
    """Masks HxW in which a headscarf or a hood that is up is hers, from crown to neck: its wearer keeps it on."""
    nose, neck = joints[[Joint.NOSE, Joint.NECK]]
    if nose[2] == 0 or neck[2] == 0:
        return user, clothes
    width, crown, about = body_parts.shoulder_width(joints), np.zeros_like(user), np.zeros_like(user)
    up = (nose[:2] - neck[:2]) / max(1.0, float(np.linalg.norm(nose[:2] - neck[:2])))
    draw.disc(crown, nose[:2] + CROWN[0] * width * up, CROWN[1] * width)
    if not (clothes[crown > 0] > 127).sum() > COVERED * (crown > 0).sum():
        return user, clothes
    draw.stroke(about, [nose[:2] + CROWN[0] * width * up, nose[:2] - HANGS * width * up], 2 * VEIL * width)
    hers = np.where(about > 0, np.maximum(user, clothes), 0).astype(np.uint8)
    size = round(UNDER * width) | 1  # the net is in doubt about hair there
    whole = cv2.morphologyEx(hers, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    kept = np.where(about > 0, np.maximum(user, whole), user).astype(np.uint8)
    return kept, np.where((about > 0) & (kept > 127), 0, clothes).astype(np.uint8)


def advice(body: Body, photo: U8, user: U8) -> tuple[str, ...]:
    """What would have made a better picture, and why."""
    notes = []
    if body.turned:
        notes.append("You are turned to the side; gowns fit best on a photo from the front.")
    if abs(body.lean) > LEANS:
        notes.append("You lean to one side; a gown hangs best on somebody who stands upright.")
    if _sits(body):
        notes.append("You seem to sit or crouch; a gown's skirt is made for somebody who stands.")
    if _arms_before(body):
        notes.append("An arm lies before your body; the gown shows best when your arms hang a little away from it.")
    if _hair_down(body, photo, user):
        notes.append("Hair lies on your shoulders and will lie on the gown; pinned up, it shows neckline and straps.")
    if (body.joints[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE], 2] == 0).all():
        notes.append("Your feet are not in the photo; the gown's length is a guess.")
    if photo.mean() < 50:
        notes.append("The photo is dark; more light shows the gown better.")
    return tuple(notes)


def _sits(body: Body) -> bool:
    """Whether both thighs are short from hip to knee, seen from the front: they point at the camera."""
    knees = body.joints[[Joint.RIGHT_KNEE, Joint.LEFT_KNEE]]
    if (knees[:, 2] < SURE).any():
        return False
    return bool((knees[:, 1] - body.hips[:, 1] < 0.4 * body.torso).all())


def _arms_before(body: Body) -> bool:
    """Whether a wrist lies between shoulders and hips, inside the waist."""
    for _, _, wrist in ARMS:
        x, y, score = body.joints[wrist]
        along, across = body.frame(np.array([x, y], np.float32))
        if score > SURE and 0 < along < 0.9 and abs(across) < 0.8 * body.half["waist"]:
            return True
    return False


def _hair_down(body: Body, photo: U8, user: U8) -> bool:
    """Whether much of what is hers from shoulders to bust is not of her skin's colour."""
    (x, y), size = body.neck, body.torso
    head, top, bottom = (max(0, round(float(y) + share * size)) for share in (HEAD, *CHEST[:2]))
    part = (
        slice(head, bottom),
        slice(max(0, round(float(x) - CHEST[2] * size)), max(0, round(float(x) + CHEST[2] * size))),
    )
    if not user[part][top - head :].size:
        return False
    skin = skin_colour(photo, user, body.joints)
    return bool(unlike(from_skin(photo[part], skin), user[part], body.shoulder_width)[top - head :].mean() > LOOSE)
