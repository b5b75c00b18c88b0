"""Skin that clothes hid, painted: the body's shape from its joints, tone and light from the skin that a photo shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from tryon import anatomy, bare_limbs, complexion, composer, draw, grain, tones
from tryon.anchors import ARMS
from tryon.body_parts import LEGS, capsule, hands, limb_maps, reduced, shoulder_width, shows_hand
from tryon.images import F32, U8, Mask, around
from tryon.joints import Joint
from tryon.landmarks import hidden_up_to
from tryon.skin import from_skin, skin_colour

WORK = 72.0  # pixels of the shoulders' width at which shape and light are worked out: both are smooth
LEAST = 12  # pixels of a face below which the usual light is taken
ALIKE = 25.0  # how far from the face's colour real skin may be
FACE = (0.34, complexion.CHIN)  # half breadth and half height of a face about the nose, in shoulder widths
AMBIENT = 0.75  # share of the light that comes from everywhere
USUAL = np.array([0.0, -0.12], np.float32)  # light from above, until the face says otherwise
RELIEF = 2.5  # how much more a body's forms show than a face's change of light says
CHIN, JAW, SOFT = 0.36, 0.10, 0.04  # depth of the chin's shadow; its reach and its edge, in shoulder widths
STEEP = 0.35  # the most that light may change from one side to the other, as a logarithm
DEEPER = np.array([0.85, 1.03, 1.12], np.float32)  # shade on skin is red: light goes in and comes out again
# reach of a gown's shadow, in shoulder widths, and its depth: at its edge, and on legs from the knees down
TOUCH, UNDER = (0.045, 0.2), (0.35, 0.5)
AT_HAND = 0.15  # share of a forearm: a sleeve that ends so near a hand throws no shadow
# shoulder widths: reach of a sleeve's shadow, of a trouser leg's, and of what a hand holds
SHADE, LOW_SHADE, GRIP = 0.3, 0.2, 0.45
STRANGE = 48.0  # how far from the face's colour skin in a sleeve's shadow may be
SURELY, BARE = 20.0, 0.10  # how far from it sure skin is; shoulder widths: on legs, what is farther from such is a shoe
HEM = 0.02  # shoulder widths: what is strange so near old clothes is their edge, what of her so near a limb its skin
EVEN = 0.12  # shoulder widths over which the tone of one part goes over to the next's
FINE = 4.0  # pixels of a blur's reach that are enough to show it


class Zones(NamedTuple):
    """Masks HxW, 0..255: of neck and chest with what they flow into, of arms, of legs."""

    chest: U8
    arms: U8
    legs: U8


@dataclass(frozen=True)
class Flesh:
    """Painted skin at the photo's size."""

    picture: U8  # HxWx3
    cover: Zones  # 255 where the whole body is, where its arms, where its legs
    shaded: U8  # HxW: how much of real limbs lies in the shadow of old clothes, that bare ones have not
    forearms: tuple[U8, U8]  # HxW, 255 where the right and the left are, of which the photo shows the hand
    light: F32  # how its logarithm grows to the right and downwards over half a face


@dataclass(frozen=True)
class _Small:
    """A photo at the working size."""

    photo: U8
    user: U8  # what of it is hers
    hidden: Mask  # what it is not to be believed of
    real: Mask  # skin that it shows
    own: F32  # the face's colour, RGB 0..255
    joints: F32
    width: float  # of the shoulders
    thick: anatomy.Arms
    body: anatomy.Skin
    hands: tuple[bool, bool]  # whether the photo shows the right and the left

    @cached_property
    def zones(self) -> dict[str, Mask]:
        """Where the parts of the body are, but for the face."""
        zones = complexion.zones(self.joints, (self.real.shape[0], self.real.shape[1]), self.width)
        return {part: zone & ~self.face[0] for part, zone in zones.items()}

    @cached_property
    def skin(self) -> tones.Seen:
        """The colours of her skin where the photo shows it."""
        found = {part: tones.lab(self.photo[self.real & zone]) for part, zone in self.zones.items()}
        return {"face": tones.lab(self.own[None]), **found}

    @property
    def hips(self) -> float:
        """The row of the hips."""
        return float(self.joints[[Joint.RIGHT_HIP, Joint.LEFT_HIP], 1].mean())

    @cached_property
    def below(self) -> Mask:
        """Where legs are: below the hips, but for arms, which hang lower."""
        return np.asarray((np.arange(len(self.real))[:, None] > self.hips) & (self.body.arms > 1))

    @cached_property
    def face(self) -> tuple[Mask, F32]:
        """The face's pixels, and how far right and down each of the picture's is from its middle, in half faces."""
        rows, columns = np.indices(self.real.shape, np.float32)
        nose, size = self.joints[Joint.NOSE], np.array(FACE, np.float32) * self.width
        if nose[2] == 0:
            return np.zeros(self.real.shape, bool), np.zeros((*self.real.shape, 2), np.float32)
        place = np.dstack([columns - nose[0], rows - nose[1]]) / size
        return self.real & ((place**2).sum(2) < 1), place.astype(np.float32)


def paint(photo: U8, hole: U8, user: U8, joints: F32, alpha: U8) -> Flesh:
    """Skin wherever the body of joints 18x3 is. hole: HxW, 255 where the photo is not to be believed; user: her mask;
    alpha: the gown's, whose edge throws a soft shadow. Shoulders and hips must be there."""
    small = _reduced(photo, hole, user, joints)
    if tones.no_arms(small.skin):
        small = replace(small, real=small.real & ~np.any([small.zones[part] for part in tones.ARMS], 0))
    size = (photo.shape[1], photo.shape[0])
    light = _light(small)
    normal = small.body.normal
    shade = np.exp(RELIEF * normal[..., :2] @ light) * (AMBIENT + (1 - AMBIENT) * normal[..., 2]) * _chin(small)
    gown = np.asarray(cv2.resize(alpha, small.photo.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8) > 127
    depth = (shade * _beside(gown, small))[..., None] ** DEEPER
    painted = _corrected(small, _tone(small, depth, ~gown) * depth)
    large = np.asarray(cv2.resize(painted, size, interpolation=cv2.INTER_LINEAR), np.float32)
    arms = anatomy.forearms(small.joints, small.real.shape, small.thick)
    right, left = (_inside(arm, photo) if shown else hole * 0 for arm, shown in zip(arms, small.hands, strict=True))
    parts = (small.body.outside, small.body.arms, small.body.legs)
    cover = Zones(*(_inside(outside, photo) for outside in parts))
    ends = np.asarray(cv2.resize(_shaded(small), size, interpolation=cv2.INTER_LINEAR), np.uint8)
    picture = grain.added(large, photo, small.real, np.maximum(hole, ends))
    return Flesh(picture, cover, ends, (right, left), light)


def _shaded(small: _Small) -> U8:
    """How deep in the shadow of an old sleeve, or trouser leg, its limb lies, HxW 0..255, falling to nothing down the
    limb. Hands and what they hold are in none, nor are shoes."""
    out = np.zeros_like(small.user)
    limbs = [(arm, 1 - AT_HAND, SHADE) for arm in ARMS] + [(leg, 1.0, LOW_SHADE) for leg in LEGS]
    for (near, middle, far), end, reach in limbs:
        if not small.joints[[near, middle, far], 2].all():
            continue
        for a, b, rest in ((middle, far, end), (near, middle, 1.0)):
            hidden = hidden_up_to(small.user, *small.joints[[a, b], :2])
            if 0 < hidden <= rest:
                out = np.maximum(out, _shadow(small, (a, b), hidden, reach * small.width))
            if hidden > 0:
                break
    away = from_skin(small.photo, small.own)
    bare = around(small.real & (away < SURELY**2), BARE * small.width)
    hem = around(small.hidden, HEM * small.width) & ~small.below
    limb = np.minimum(small.body.arms, small.body.legs) < HEM * small.width
    thick = cv2.morphologyEx((away > STRANGE**2).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    other = thick & ~hem | small.below & ~bare | ~limb
    return np.where(other | hands(small.joints, out.shape, GRIP * small.width), 0, out).astype(np.uint8)


def _shadow(small: _Small, joints: tuple[Joint, Joint], hidden: float, reach: float) -> U8:
    """How deep in shadow what is about a bone lies, HxW 0..255, up to a reach from where clothes hide no more of it."""
    rows, columns = np.indices(small.user.shape, np.float32)
    start, end = small.joints[list(joints), :2]
    bone = end - start
    along = ((columns - start[0]) * bone[0] + (rows - start[1]) * bone[1]) / (bone @ bone)
    beyond = (along - hidden) * float(np.linalg.norm(bone)) / reach
    limb = np.zeros_like(small.user)
    capsule(limb, small.joints, *joints, 0.42 * small.width)
    return np.asarray(255 * (1 - beyond).clip(0, 1) * limb, np.uint8)


def _chin(small: _Small) -> F32:
    """How much light the face leaves below it, HxW."""
    place = small.face[1]
    away = (np.linalg.norm(place, axis=2) - 1).clip(0) * FACE[1]
    return np.asarray(1 - CHIN / (1 + np.exp(((away - JAW) / SOFT).clip(-30, 30))) * (place[..., 1] > 0), np.float32)


def _beside(gown: Mask, small: _Small) -> F32:
    """How much light a gown leaves, HxW: at its edge a little less, and the farther down the legs the less."""
    away = cv2.distanceTransform((~gown).astype(np.uint8), cv2.DIST_L2, 3) / small.width
    knees = small.joints[[Joint.RIGHT_KNEE, Joint.LEFT_KNEE]]
    knee = min(knees[knees[:, 2] > 0, 1], default=len(gown))
    low = ((np.arange(len(gown))[:, None] - small.hips) / max(knee - small.hips, 1.0)).clip(0, 1) ** 2 * small.below
    edge, under = (depth * np.exp(-away / reach) for reach, depth in (TOUCH, UNDER))
    return np.asarray(1 - edge - low * (under - edge), np.float32)


def _inside(outside: F32, photo: U8) -> U8:
    """Cover 0..255 at the photo's size, of pixels to an outline at the working size."""
    size = (photo.shape[1], photo.shape[0])
    large = cv2.resize(outside, size, interpolation=cv2.INTER_LINEAR) * (size[0] / outside.shape[1])
    return np.asarray((255 * ((0.8 - large) / 1.6).clip(0, 1)).round(), np.uint8)


def skin(photo: U8, hole: U8, user: U8, joints: F32) -> tones.Seen:
    """The colours of what looks like her skin in a photo; arguments as of `paint`."""
    return _reduced(photo, hole, user, joints).skin


def _reduced(photo: U8, hole: U8, user: U8, joints: F32) -> _Small:
    (little, seen, covered), moved = reduced(joints, WORK, photo, user, hole)
    hidden = covered > 8
    shown = np.where(hidden, 0, seen).astype(np.uint8)
    own = skin_colour(little, shown, np.nan_to_num(moved))
    real = _real(little, shown, np.nan_to_num(moved), own) & ~composer.carried(little, seen, moved)
    placed, thick = bare_limbs.fitted(moved, shown)
    placed, shins = bare_limbs.fitted_shins(placed, shown)
    body = anatomy.skin(placed, (little.shape[0], little.shape[1]), thick, shins)
    right, left = (shows_hand(seen, placed, elbow, wrist) for _, elbow, wrist in ARMS)
    return _Small(little, seen, hidden, real, own, placed, shoulder_width(moved), thick, body, (right, left))


def _real(photo: U8, user: U8, joints: F32, own: F32) -> Mask:
    """Where skin of face, neck, arms, hands and legs is seen: no hair, no shoe."""
    *limbs, trunk = limb_maps(joints, user.shape)
    if joints[Joint.NOSE, 2] > 0:
        draw.disc(face := np.zeros_like(user), joints[Joint.NOSE, :2], FACE[0] * shoulder_width(joints), 1)
        trunk |= face > 0
    limb = (user > 200) & np.any(limbs, 0)
    alike = (limb | trunk & (user > 200)) & (from_skin(photo, own) < ALIKE**2)
    alike[limb] |= tones.lit(photo[limb], own)
    return cv2.erode(alike.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _light(small: _Small) -> F32:
    """How the logarithm of light grows to the right and downwards over a round thing: ridge regression on the face."""
    face, place = small.face
    if face.sum() < LEAST:
        return USUAL
    x, grey = place[face], np.log(small.photo[face].astype(np.float32).mean(1) + 8)
    x, grey = x - x.mean(0), grey - np.median(grey)
    many = 0.25 * len(x)
    fitted = np.linalg.solve(x.T @ x + many * np.eye(2), x.T @ grey.clip(-0.7, 0.7) + many * USUAL)
    return np.asarray(fitted.clip(-STEEP, STEEP), np.float32)


def _tone(small: _Small, depth: F32, free: Mask) -> F32:
    """The skin's own colour everywhere, HxWx3: that of the nearest skin of neck, arms and legs with the shade, `depth`,
    taken off it, else the usual. Each painted part is as light, where the gown leaves it `free`, as `tones.shown`
    says, and goes over to the next."""
    seen = small.real & ~small.face[0]
    told = tones.shown(small.skin)
    tone = _spread((small.photo / depth.clip(0.35, 2)).clip(0, 255), seen, told["upper"], 0.3 * small.width, 0.15)
    painted = {part: zone & (small.body.outside < 0) & free for part, zone in small.zones.items()}
    known, more = np.zeros(free.shape, bool), np.ones_like(tone)
    for part in tones.ABOVE:
        known |= painted[part]
        more[painted[part]] = _ratio(told[part], tone, depth, painted[part])
    above = _spread(more, known, more[known].mean(0) if known.any() else more[0, 0], EVEN * small.width, 0.01)
    legs = _ratio(told["legs"], tone, depth, painted["legs"] & small.below)
    return tone * np.where(small.below[..., None], legs, above)


def _ratio(colour: F32, tone: F32, depth: F32, part: Mask) -> F32:
    """What the tone of a part is to be multiplied with to show a colour, RGB; one where nothing of it is seen."""
    if not part.any():
        return np.ones(3, np.float32)
    return np.asarray(colour / np.median(tone[part] * depth[part], 0).clip(1), np.float32)


def _spread(values: F32, known: Mask, usual: F32, reach: float, doubt: float) -> F32:
    """Values HxWx3 where they are known, running on smoothly, and the farther from there the more like `usual`."""
    weight, size = known.astype(np.float32), known.shape[::-1]
    step = max(1, int(reach / FINE))  # what is so smooth needs few pixels
    small = (max(1, size[0] // step), max(1, size[1] // step))
    parts = (cv2.resize(v, small, interpolation=cv2.INTER_AREA) for v in (values * weight[..., None], weight))
    blurred, total = (cv2.GaussianBlur(part, (0, 0), reach / step) for part in parts)
    spread = (blurred + doubt * usual) / (total[..., None] + doubt)
    return np.asarray(cv2.resize(spread, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _corrected(small: _Small, painted: F32) -> F32:
    """Painted skin that meets the real skin beside it without a step."""
    inside = small.real & (small.body.outside < 0)
    error = np.where(inside[..., None], small.photo - painted, 0).clip(-60, 60).astype(np.float32)
    return (painted + _spread(error, inside, np.zeros(3, np.float32), 0.07 * small.width, 0.05)).clip(0, 255)
