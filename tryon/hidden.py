"""Where a gown goes on behind its wearer's hands, hair and bags: its silhouette, completed."""

from __future__ import annotations

import cv2
import numpy as np

from tryon import draw
from tryon.anchors import ARMS, Body
from tryon.body_parts import limb_maps
from tryon.hair import locks
from tryon.images import F32, U8, Mask, around, shares, touching
from tryon.joints import Joint
from tryon.landmarks import covered

# all in shoulder widths
BESIDE = 0.1  # from an edge, within which something that lies there makes the edge unsure
STRANDS = 0.04  # from hair that is seen: there what is hers is hair in its own light
CREASE = 0.12  # a narrower gap between what is seen and what was filled is filled too
SEAM = ((0.17, -0.06), (0.08, 0.05), (-0.28, 0.2))  # out and up from a shoulder joint: cloth's upper line, to the neck
NECK = (0.2, 0.15, 0.2)  # half across, half down and its middle above the joint: a neck's opening in what hair hides
FOREARM = 0.34  # across a sleeve
# shares
SLEEVE, ROLLED = 0.4, 0.05  # of a forearm that a sleeve covers; that one does which ends on it
SEEN, CLOSED = 0.25, 0.75  # of a bodice that hair leaves free, of that which is gown if it goes up so far
STRETCH = 0.04  # of a skirt's length: an edge that is sure over less is not
LOOSE = 1.4  # of the body's half width: how far from its middle a waist can be
FEET = 0.08  # of a gown's height: a lower notch in its hem shows feet, a higher one a leg that a slit bares
PINHOLE = 12  # in pixels: a smaller hole is closed by a matte's soft edge


def behind(alpha: U8, user: U8, hair: U8, body: Body) -> U8:
    """Where the wearer hides her gown, HxW 0 or 255. hair: HxW, 1 where what is hers is not of her skin's colour."""
    gown, hers = alpha > 127, user > 127
    found = (_skirt(gown, hers, body) | _across(gown, hers, body) | _under_hair(gown, hers, hair, body)) & ~gown
    reach = 0.5 * CREASE * body.shoulder_width
    closed = ~around(~around(gown | found, reach), reach)
    filled = found | (closed & around(found, reach) & (user > 32))
    filled |= _enclosed(gown, filled, user > 32, 2 * reach)
    return np.where(filled & ~gown, 255, 0).astype(np.uint8)


def _enclosed(gown: Mask, filled: Mask, hers: Mask, reach: float) -> Mask:
    """Holes amid a gown that are none of it: what is left of her beside what was filled, hair in the sun, say, that
    looks like skin; and any so tiny that no net would see it."""
    other = ~(gown | filled)
    count, parts = cv2.connectedComponents(other.astype(np.uint8))
    whole, own, beside = (np.bincount(parts[m & other], minlength=count) for m in (other, hers, around(filled, 1.5)))
    holes = ((own > 0.5 * whole) & (beside > 0)) | ((whole > PINHOLE) & (whole < reach**2))
    holes[np.r_[parts[0], parts[-1], parts[:, 0], parts[:, -1]]] = False  # they are open
    return np.asarray(holes[parts] & other)


def _row(body: Body, line: str) -> int:
    return max(0, round(float(body.line(line)[:, 1].mean())))


def middle(body: Body, height: int) -> F32:
    """The x of the body's middle on each row: from the neck by the hips to between the ankles, straight on beyond."""
    points = [body.neck, body.pelvis]
    ankles = body.joints[[Joint.RIGHT_ANKLE, Joint.LEFT_ANKLE]]
    if (ankles[:, 2] > 0).all() and ankles[:, 1].min() > body.pelvis[1]:
        points.append(ankles[:, :2].mean(0))
    x, y = np.transpose(points)
    return np.asarray(np.interp(np.arange(height), y, x), np.float32)


def mirrored(mask: U8, body: Body) -> U8:
    """What lies on the other side of the body's middle."""
    x, y = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in mask.shape[1::-1]))
    across = (2 * middle(body, len(mask))[:, None] - x).astype(np.float32)
    return np.asarray(cv2.remap(mask, across, y, cv2.INTER_NEAREST), np.uint8)


def _skirt(gown: Mask, hers: Mask, body: Body) -> Mask:
    """What is hers, or next to it, between the skirt's sides and above its hem, led on behind hands and bags."""
    waist, last = _row(body, "waist"), int(np.flatnonzero(gown.any(1))[-1])
    out = np.zeros_like(gown)
    if last - waist < 8:
        return out
    rows, reach = np.s_[_highest(gown, body) : last + 1], BESIDE * body.shoulder_width
    bare = _without_forearms(gown, body)[rows]
    covers = hers[rows] | (gown[rows] & ~bare)
    left, right = _sides(bare, covers, body, middle(body, len(gown))[rows])
    x = np.arange(gown.shape[1])
    inside = (x >= left[:, None]) & (x <= right[:, None])
    found = around(hers[rows], reach) & inside & (np.arange(len(inside))[:, None] <= _hem(bare, covers, inside, reach))
    out[rows] = _without_feet(found, bare, FEET * float(np.ptp(np.flatnonzero(gown.any(1)))))
    out[:waist] &= hers[:waist]
    return out


def _highest(gown: Mask, body: Body) -> int:
    """The row from which on bare forearms may lie on a skirt: waists are where elbows are, which may be above the
    anchor."""
    first, waist = _row(body, "bust"), _row(body, "waist")
    for shoulder, elbow, _ in ARMS:
        ends = body.joints[[shoulder, elbow]]
        if not ends[:, 2].all() or covered(gown * np.uint8(255), ends[:, :2].mean(0), ends[1, :2]) > SLEEVE:
            return waist
        first = max(first, round(float(ends[1, 1])))
    return min(first, waist)


def _sides(bare: Mask, covers: Mask, body: Body, axis: F32) -> tuple[F32, F32]:
    """The columns of a skirt's two sides on each of its rows. axis: the column of the body's middle there."""
    reach, width = BESIDE * body.shoulder_width, bare.shape[1] - 1
    ends = [_side(bare, covers, reach), _side(bare[:, ::-1], covers[:, ::-1], reach)]
    least = LOOSE * body.half["waist"]
    left, right = _level(*ends[0], axis - least), width - _level(*ends[1], width - axis - least)
    return _from_other(left, ends[0][1], 2 * axis - right), _from_other(right, ends[1][1], 2 * axis - left)


def _without_forearms(gown: Mask, body: Body) -> Mask:
    """The gown without the sleeves on its wearer's forearms, and those that end there, if it has such."""
    out = gown * np.uint8(255)
    for _, elbow, wrist in ARMS:
        ends = body.joints[[elbow, wrist], :2]
        if body.joints[[elbow, wrist], 2].all() and covered(gown * np.uint8(255), *ends) > ROLLED:
            draw.stroke(out, ends, FOREARM * body.shoulder_width, 0)
    return out > 0


def _side(gown: Mask, covers: Mask, reach: float) -> tuple[F32, Mask]:
    """The first column of gown on each row (0 without), and whether that is its edge: nothing lies on it."""
    has = gown.any(1)
    edge = np.where(has, gown.argmax(1), 0)
    near = around(covers, reach)
    free = (has & ~near[np.arange(len(gown)), edge]).astype(np.uint8)[:, None]
    least = np.ones((max(2, round(STRETCH * len(gown))), 1), np.uint8)
    return edge.astype(np.float32), np.asarray(cv2.morphologyEx(free, cv2.MORPH_OPEN, least).ravel() > 0)


def _level(edge: F32, sure: Mask, furthest: F32) -> F32:
    """An edge, led straight over the rows where it is unsure; on the first it is where it is seen, if not beyond
    `furthest`."""
    rows = np.flatnonzero(sure)
    if not len(rows):
        return edge
    at, known = edge[rows], rows
    if rows[0] > 0:
        known, at = np.r_[0, rows], np.r_[max(edge[0], furthest[0]), at]
    return np.interp(np.arange(len(edge)), known, at).astype(np.float32)


def _from_other(edge: F32, sure: Mask, other: F32) -> F32:
    """Below the last sure row of an edge, which has no lower end to lead to: the other side's, mirrored."""
    out = edge.copy()
    last = int(np.flatnonzero(sure)[-1]) if sure.any() else 0
    if len(out) - last > 0.1 * len(out):
        out[last:] = other[last:] + (out[last] - other[last])
    return out


def _hem(gown: Mask, covers: Mask, inside: Mask, reach: float) -> F32:
    """The lowest row of gown in each column, led on where something lies on the hem."""
    height = len(gown)
    has = gown.any(0)
    low = np.where(has, height - 1 - gown[::-1].argmax(0), 0)
    near = around(covers, reach)
    sure = np.flatnonzero(has & ~near[low, np.arange(gown.shape[1])] & inside.any(0))
    if not len(sure):
        return low.astype(np.float32)
    return np.maximum(low, np.interp(np.arange(gown.shape[1]), sure, low[sure])).astype(np.float32)


def _without_feet(found: Mask, gown: Mask, least: float) -> Mask:
    """Without the low pieces that have no gown below them."""
    under = np.cumsum(gown[::-1], 0)[::-1] == 0
    _, parts, stats, _ = cv2.connectedComponentsWithStats((found & under).astype(np.uint8))
    feet = np.flatnonzero(stats[:, cv2.CC_STAT_HEIGHT] < least)
    return np.asarray(found & ~(np.isin(parts, feet) & (parts > 0)))


def _across(gown: Mask, hers: Mask, body: Body) -> Mask:
    """What lies across the bodice between bust and waist, with gown on both sides."""
    rows = np.s_[_row(body, "bust") : _row(body, "waist")]
    out = np.zeros_like(gown)
    bodice = gown[rows]
    after, before = np.cumsum(bodice, 1) > 0, np.cumsum(bodice[:, ::-1], 1)[:, ::-1] > 0
    out[rows] = hers[rows] & after & before
    return out


def _under_hair(gown: Mask, hers: Mask, hair: U8, body: Body) -> Mask:
    """Where long hair lies on a bodice: on one that is seen everywhere else from the shoulders down."""
    bust = body.line("bust")
    upper, yoke = np.zeros(gown.shape, np.uint8), np.zeros(gown.shape, np.uint8)
    draw.polygon(upper, np.asarray([*body.shoulders, *bust[::-1]], np.float32), 1)
    draw.polygon(yoke, np.asarray([*_seam(body), *bust[::-1]], np.float32), 1)
    strands = hers & around(_hanging((hair > 0) & hers, body), STRANDS * body.shoulder_width)
    free = (upper > 0) & ~strands
    if free.sum() <= SEEN * (upper > 0).sum() or gown[free].mean() <= CLOSED:
        return np.zeros_like(gown)
    other = mirrored(gown.astype(np.uint8), body)
    other[: max(0, int(body.shoulders[:, 1].min()))] = other[_row(body, "waist") :] = 0
    yoke |= other
    _open_neck(yoke, body)
    strands |= touching(_apart(hers & ~strands, yoke > 0, body), strands, 1.5)
    limbs = limb_maps(body.joints, gown.shape)
    return np.asarray((strands | (locks(hers * np.uint8(255), body.joints, limbs) > 0)) & (yoke > 0))


def _apart(bare: Mask, yoke: Mask, body: Body) -> Mask:
    """What is parted from her neck and arms, and lies where cloth would, on one side: beside hair, hair in a light in
    which it looks like skin. An open neckline lies in the middle."""
    count, parts = cv2.connectedComponents(bare.astype(np.uint8))
    lit = shares(yoke, np.asarray(parts, np.int32), count) > 0.5
    lit[parts[:, int(np.clip(body.neck[0], 0, bare.shape[1] - 1))]] = False
    return np.asarray(lit[parts] & bare)


def _hanging(hair: Mask, body: Body) -> Mask:
    """What of a mask comes down from beside the chin, or lies on the trunk: hair. Shade on an arm looks like it."""
    _, nose, seen = body.joints[Joint.NOSE]
    chin = (float(nose) + body.neck[1]) / 2 if seen > 0 else body.neck[1] - BESIDE * body.shoulder_width
    count, parts = cv2.connectedComponents(hair.astype(np.uint8))
    known = shares(body.trunk(hair.shape), np.asarray(parts, np.int32), count) > 0.5
    known[parts[: max(0, int(chin))]] = True
    return np.asarray(known[parts] & hair)


def _open_neck(yoke: U8, body: Body) -> None:
    """Take the opening for the neck out of a yoke, in place."""
    across, down, above = (round(share * body.shoulder_width) for share in NECK)
    x, y = (int(v) for v in body.neck.round())
    cv2.ellipse(yoke, (x, y - above), (across, down), 0, 0, 360, 0, -1)
    cv2.rectangle(yoke, (x - across, 0), (x + across, max(0, y - above)), 0, -1)


def _seam(body: Body) -> list[F32]:
    """The upper line of cloth on both shoulders, from the right arm over the neck's sides to the left arm: 6 points."""
    out, up = body.shoulder_width * body.across, -body.shoulder_width * body.down
    right, left = ([joint + up * high + way * out * wide for wide, high in SEAM]
                   for joint, way in zip(body.shoulders, (-1, 1), strict=True))  # fmt: skip
    return [*right, *left[::-1]]
