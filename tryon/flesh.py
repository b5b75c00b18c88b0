"""Skin that clothes hid, painted: the body's shape from its joints, tone and light from the skin that a photo shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from tryon import anatomy, draw
from tryon.anchors import ARMS
from tryon.composer import from_skin, limb_maps, reduced, shoulder_width, shows_hand, skin_colour
from tryon.images import F32, U8, touched
from tryon.joints import Joint

Mask = npt.NDArray[np.bool_]
WORK = 72.0  # pixels of the shoulders' width at which shape and light are worked out: both are smooth
LEAST = 12  # pixels of a face below which the usual light is taken
ALIKE = 20.0  # how far from the face's colour real skin may be
FACE = (0.34, 0.46)  # half breadth and half height of a face about the nose, in shoulder widths
AMBIENT = 0.55  # share of the light that comes from everywhere
USUAL = np.array([0.0, -0.12], np.float32)  # light from above, until the face says otherwise
RELIEF = 2.5  # how much more a body's forms show than a face's change of light says
CHIN, JAW = 0.3, 0.09  # depth of the chin's shadow on the neck, and its reach in shoulder widths
STEEP = 0.35  # the most that light may change from one side to the other, as a logarithm
DEEPER = np.array([0.85, 1.03, 1.12], np.float32)  # shade on skin is red: light goes in and comes out again
# reach of a gown's shadow, in shoulder widths, and its depth: at its edge, and on legs below a skirt
TOUCH, UNDER = (0.045, 0.2), (0.35, 0.5)
MANY = 150  # pixels of neck, arms and legs from which on they tell the body's colour, and not the face
LIT, OTHER = 70, 8.0  # percentile of seen skin's lightness that a body has; how much it may differ from the face's
PALER = 0.85  # what a body has of its face's redness
GRAIN = (0.4, 2.0)  # least and most of the photo's own noise that is given to painted skin


@dataclass(frozen=True)
class Flesh:
    """Painted skin at the photo's size."""

    picture: U8  # HxWx3
    cover: U8  # HxW, 255 where the body is
    forearms: tuple[U8, U8]  # HxW, 255 where the right and the left are, of which the photo shows the hand
    light: F32  # how its logarithm grows to the right and downwards over half a face


@dataclass(frozen=True)
class _Small:
    """A photo at the working size."""

    photo: U8
    real: Mask  # skin that it shows
    own: F32  # the face's colour, RGB 0..255
    joints: F32
    width: float  # of the shoulders
    thick: tuple[float, float]  # of the arms
    body: anatomy.Skin
    hands: tuple[bool, bool]  # whether the photo shows the right and the left

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
    size = (photo.shape[1], photo.shape[0])
    light = _light(small)
    normal = small.body.normal
    shade = np.exp(RELIEF * normal[..., :2] @ light) * (AMBIENT + (1 - AMBIENT) * normal[..., 2]) * _chin(small)
    tone = _tone(small, shade)
    painted = _corrected(small, tone * (shade * _beside(alpha, small))[..., None] ** DEEPER)
    large = np.asarray(cv2.resize(painted, size, interpolation=cv2.INTER_LINEAR), np.float32)
    arms = anatomy.forearms(small.joints, small.real.shape, small.thick)
    right, left = (_inside(arm, photo) if shown else hole * 0 for arm, shown in zip(arms, small.hands, strict=True))
    return Flesh(_grained(large, photo, user, hole), _inside(small.body.outside, photo), (right, left), light)


def _chin(small: _Small) -> F32:
    """How much light the face leaves below it, HxW."""
    place = small.face[1]
    away = (np.linalg.norm(place, axis=2) - 1).clip(0) * FACE[1] / JAW
    return np.asarray(1 - CHIN * np.exp(-away) * (place[..., 1] > 0), np.float32)


def _beside(alpha: U8, small: _Small) -> F32:
    """How much light a gown leaves, HxW: at its edge a little less, and on legs below a skirt much less."""
    near = np.asarray(cv2.resize(alpha, small.photo.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    away = cv2.distanceTransform((near < 128).astype(np.uint8), cv2.DIST_L2, 3) / small.width
    knees = [small.joints[joint, 1] for joint in (Joint.RIGHT_KNEE, Joint.LEFT_KNEE) if small.joints[joint, 2] > 0]
    legs = np.arange(len(near))[:, None] > min(knees, default=len(near))
    (reach, dark), (below, deep) = TOUCH, UNDER
    shadow = np.where(legs, deep * np.exp(-away / below), dark * np.exp(-away / reach))
    return np.asarray(1 - shadow, np.float32)


def _inside(outside: F32, photo: U8) -> U8:
    """Cover 0..255 at the photo's size, of pixels to an outline at the working size."""
    size = (photo.shape[1], photo.shape[0])
    large = cv2.resize(outside, size, interpolation=cv2.INTER_LINEAR) * (size[0] / outside.shape[1])
    return np.asarray((255 * ((0.8 - large) / 1.6).clip(0, 1)).round(), np.uint8)


def _reduced(photo: U8, hole: U8, user: U8, joints: F32) -> _Small:
    (little, seen, covered), moved = reduced(joints, WORK, photo, user, hole)
    shown = np.where(covered > 8, 0, seen).astype(np.uint8)
    own = skin_colour(little, shown, np.nan_to_num(moved))
    real = _real(little, shown, np.nan_to_num(moved), own)
    placed, thick = anatomy.fitted(moved, shown)
    body = anatomy.skin(placed, (little.shape[0], little.shape[1]), thick)
    hands = tuple(shows_hand(seen, placed, elbow, wrist) for _, elbow, wrist in ARMS)
    return _Small(little, real, own, placed, shoulder_width(moved), thick, body, (hands[0], hands[1]))


def _real(photo: U8, user: U8, joints: F32, own: F32) -> Mask:
    """Where skin of face, neck, arms, hands and legs is seen: no hair, no shoe."""
    limbs = limb_maps(joints, user.shape).max(0).astype(np.uint8)
    if joints[Joint.NOSE, 2] > 0:
        draw.disc(limbs, joints[Joint.NOSE, :2], FACE[0] * shoulder_width(joints), 1)
    alike = (limbs > 0) & (user > 200) & (from_skin(photo, own) < ALIKE**2)
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


def _tone(small: _Small, shade: F32) -> F32:
    """The skin's own colour everywhere, HxWx3: that of the nearest skin of neck, arms and legs with the shade taken off
    it, else the usual. The painted body is as light, on the whole, as the skin that is seen."""
    body = small.real & ~small.face[0]
    depth, inside = shade[..., None].clip(0.4, 1.6) ** DEEPER, small.body.outside < 0
    shown = _shown(small.photo[body], small.own)
    colour = (small.photo / depth).clip(0, 255)
    tone = _spread(colour, body, shown, 0.3 * small.width, 0.15)
    painted = np.median((tone * depth)[inside], 0) if inside.any() else shown
    return np.asarray(tone * shown / painted.clip(1), np.float32)


def _shown(body: U8, face: F32) -> F32:
    """The colour that a body shows, by Nx3 colours seen of it; of few, by its face's, less red than its cheeks."""
    few = len(body) < MANY
    colours = np.vstack([face[None], body[: 0 if few else None]])
    lab = cv2.cvtColor((colours[None] / 255).astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    light = float(np.clip(np.percentile(lab[:, 0], LIT), lab[0, 0] - OTHER, lab[0, 0] + OTHER))
    red, yellow = np.median(lab[:, 1:], 0) * (PALER if few else 1, 1)
    shown = np.array([[[light, red, yellow]]], np.float32)
    return np.asarray(cv2.cvtColor(shown, cv2.COLOR_LAB2RGB)[0, 0] * 255, np.float32)


def _spread(values: F32, known: Mask, usual: F32, reach: float, doubt: float) -> F32:
    """Values HxWx3 where they are known, running on smoothly, and the farther from there the more like `usual`."""
    weight = known.astype(np.float32)
    blurred, total = (
        cv2.GaussianBlur(values * weight[..., None], (0, 0), reach),
        cv2.GaussianBlur(weight, (0, 0), reach),
    )
    return np.asarray((blurred + doubt * usual) / (total[..., None] + doubt), np.float32)


def _corrected(small: _Small, painted: F32) -> F32:
    """Painted skin that meets the real skin beside it without a step."""
    inside = small.real & (small.body.outside < 0)
    error = np.where(inside[..., None], small.photo - painted, 0).clip(-60, 60).astype(np.float32)
    return (painted + _spread(error, inside, np.zeros(3, np.float32), 0.07 * small.width, 0.05)).clip(0, 255)


def _grained(skin: F32, photo: U8, user: U8, hole: U8) -> U8:
    """Painted skin with as much noise, in the hole, as the photo's own has."""
    part = touched(user)
    grey = cv2.cvtColor(photo[part], cv2.COLOR_RGB2GRAY).astype(np.float32) if photo[part].size else np.zeros((1, 1))
    rough = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2))[(user[part] > 200) & (hole[part] == 0)]
    strength = float(np.clip(np.percentile(rough, 25) if len(rough) else 0, *GRAIN))
    out, inside = skin.round().astype(np.uint8), touched(hole)
    noise = np.random.default_rng(0).standard_normal(hole[inside].shape, np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 0.8)[..., None]
    out[inside] = (skin[inside] + soft * strength / max(float(soft.std()), 1e-6)).round().clip(0, 255)
    return out
