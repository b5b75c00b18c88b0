"""From belief maps and part affinity fields to people (Cao et al., arXiv 1611.08050, section 2.3 and 2.4).

Peaks of the belief maps are candidates for joints; a limb joins two of them when the field between them points along
it. The limbs form a tree, so what is joined is one person, and nobody has two of a joint.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tryon.images import F32
from tryon.joints import JOINTS, LIMBS, STRIDE, Joint

FAINT = 0.02  # a belief below this is not even a candidate
PEAK = 0.12  # a belief below this is no joint
CANDIDATES = 6  # peaks of one joint that are looked at: more people than that are a crowd
SAMPLES = 10  # points on a limb where the field is read
ALONG = 0.08  # least mean of the field along a limb
STEADY = 0.6  # share of a limb's points where the field must point along it
REACH = 0.15  # of her size, how far outside of the joints that she surely has one more may lie
NOSE, FACE = 0.7, 0.25  # how far below the eyes it is, in ways from one to the other; at most, in torsos
UNSURE = 0.3  # a knee or ankle fainter than this must lie so many torsos below the hips:
KNEES_AND_ANKLES = {
    Joint.RIGHT_KNEE: 0.35, Joint.LEFT_KNEE: 0.35, Joint.RIGHT_ANKLE: 0.7, Joint.LEFT_ANKLE: 0.7,
}  # fmt: skip
BROAD = 1.4  # of the breadth of her shoulders: a trunk is at least so long, though she bends
ROUGH = 2.0 * STRIDE  # pixels by which ways between joints may be wrong, however small she is
BONES = (("SHOULDER", "ELBOW", 1.2), ("ELBOW", "WRIST", 1.2), ("HIP", "KNEE", 1.45), ("KNEE", "ANKLE", 1.45))
LONGEST = [  # of her trunk; longer is no upper arm, forearm, thigh or shin
    (Joint[f"{side}_{start}"], Joint[f"{side}_{end}"], most) for side in ("RIGHT", "LEFT") for start, end, most in BONES
]
SOLID, CLEAR = 11, 0.5  # joints and their mean belief that make one of several people; less may be a pattern


@dataclass(frozen=True)
class Peak:
    """A candidate for a joint, in picture pixels."""

    x: float
    y: float
    score: float


def find(maps: F32) -> F32:
    """The people in a net's maps, (JOINTS + 2 LIMBS)xHxW: PxJOINTSx3 of x, y in picture pixels and a score 0..1, the
    main person first: large, sure, near the middle. There is always one, however unsure; an absent joint scores 0."""
    beliefs, fields = maps[:JOINTS], maps[JOINTS:].reshape(len(LIMBS), 2, *maps.shape[1:])
    found = [peaks(belief) for belief in beliefs]
    middle = np.array([maps.shape[2], maps.shape[1]]) * STRIDE / 2
    solid = [person for person in _joined(found, fields) if _solid(person)]
    solid.sort(key=lambda person: prominence(person, middle), reverse=True)
    others = np.array([person for person in solid[1:] if not _is_print(person, solid[0])])
    # alone, her limbs need not be joined to be hers
    main = _freed(solid[0], found, others) if len(others) else _of_one_body(strongest(found), solid, found)
    main = _believed(_with_nose(main, found[Joint.NOSE]))[None]
    return np.concatenate([main, others]) if len(others) else main


def peaks(belief: F32) -> list[Peak]:
    """Local maxima of one belief map, the highest first, each moved to the centre of mass of the 5x5 cells around."""
    top = cv2.dilate(belief, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((belief >= top) & (belief > FAINT))
    kept: list[tuple[int, int]] = []
    for row, column in sorted(zip(rows, columns, strict=True), key=lambda place: -belief[place]):
        if all(max(abs(row - r), abs(column - c)) > 2 for r, c in kept[:CANDIDATES]):  # one peak may fill two cells
            kept.append((int(row), int(column)))
    return [_refined(belief, int(row), int(column)) for row, column in kept[:CANDIDATES]]


def _refined(belief: F32, row: int, column: int) -> Peak:
    top, left = max(0, row - 2), max(0, column - 2)
    window = belief[top : row + 3, left : column + 3].clip(0) + 1e-6
    window = window**2  # lean towards the peak: the Gaussian's foot is the noisiest part
    y, x = np.mgrid[top : top + window.shape[0], left : left + window.shape[1]] + 0.5
    total = float(window.sum())
    place = float((window * x).sum()) / total * STRIDE, float((window * y).sum()) / total * STRIDE
    return Peak(*place, float(np.clip(belief[row, column], 0, 1)))


def strongest(found: list[list[Peak]]) -> F32:
    """One person, JOINTSx3, from the highest peak of each joint."""
    joints = np.zeros((JOINTS, 3), np.float32)
    for number, candidates in enumerate(found):
        if candidates:
            joints[number] = candidates[0].x, candidates[0].y, candidates[0].score
    return joints


def prominence(person: F32, middle: npt.NDArray[np.float64]) -> float:
    """How much a person is what the picture is about: size, sureness, nearness to its middle."""
    seen = person[person[:, 2] > 0]
    size = float(np.linalg.norm(np.ptp(seen[:, :2], axis=0)))
    away = float(np.linalg.norm((seen[:, :2].mean(0) - middle) / middle))
    return size * float(person[:, 2].sum()) / (1 + away)


def _solid(person: F32) -> bool:
    seen = person[:, 2] > 0
    return bool(seen.sum() >= SOLID and person[seen, 2].mean() > CLEAR)


def _is_print(person: F32, main: F32) -> bool:
    """Whether a person is a face on the main person's shirt: its neck lies on her trunk, and each hip was given to one
    of the two alone."""
    shoulders, hips = ([Joint[f"{side}_{part}"] for side in ("RIGHT", "LEFT")] for part in ("SHOULDER", "HIP"))
    if ((person[hips, 2] > 0) == (main[hips, 2] > 0)).any() or not (main[shoulders, 2] > 0).all():
        return False
    x, y, seen = person[Joint.NECK]
    left, right = np.sort(main[shoulders, 0])
    low = float(np.maximum(person, main)[hips, 1].max())
    return bool(seen > 0 and left < x < right and main[shoulders, 1].min() < y < low)


def _joined(found: list[list[Peak]], fields: F32) -> list[F32]:
    """Groups of candidates that limbs join: one JOINTSx3 each."""
    owner: dict[tuple[int, int], int] = {}  # (joint, candidate) -> group
    for number, (a, b) in enumerate(LIMBS):
        for i, j in _limbs(found[a], found[b], fields[number]):
            one = owner.setdefault((a, i), len(owner))
            other = owner.setdefault((b, j), one)
            if other != one:
                owner.update({node: one for node, group in owner.items() if group == other})
    people = {group: np.zeros((JOINTS, 3), np.float32) for group in owner.values()}
    for (joint, candidate), group in owner.items():
        peak = found[joint][candidate]
        people[group][joint] = peak.x, peak.y, peak.score
    return list(people.values())


def _limbs(starts: list[Peak], ends: list[Peak], field: F32) -> list[tuple[int, int]]:
    """Pairs of candidates that a limb joins, each candidate at most once, the best pairs first."""
    scored = sorted(
        ((along(a, b, field), i, j) for i, a in enumerate(starts) for j, b in enumerate(ends)
         if min(a.score, b.score) > PEAK),
        reverse=True,
    )  # fmt: skip
    pairs: list[tuple[int, int]] = []
    for score, i, j in scored:
        if score > ALONG and all(i != p and j != q for p, q in pairs):
            pairs.append((i, j))
    return pairs


def along(a: Peak, b: Peak, field: F32) -> float:
    """Mean of the field 2xHxW along the line from a to b (equation 11), 0 where it does not point there steadily."""
    reach = np.array([b.x - a.x, b.y - a.y])
    length = float(np.linalg.norm(reach))
    if length < 1:
        return 0.0
    places = (np.array([[a.x, a.y]]) + np.linspace(0, 1, SAMPLES)[:, None] * reach) / STRIDE
    columns = places[:, 0].astype(int).clip(0, field.shape[2] - 1)
    rows = places[:, 1].astype(int).clip(0, field.shape[1] - 1)
    here = field[:, rows, columns].T @ (reach / length)
    return float(here.mean()) if (here > ALONG).mean() >= STEADY else 0.0


def _freed(main: F32, found: list[list[Peak]], others: F32) -> F32:
    """The main person's joints: her own, and for those that no limb joined to her the highest peaks within her reach
    that are nobody else's."""
    out, seen = main.copy(), main[main[:, 2] > 0, :2]
    low, high = seen.min(0), seen.max(0)
    room = REACH * float((high - low).max())
    for joint, candidates in enumerate(found):
        for peak in candidates if main[joint, 2] == 0 else ():
            place = np.array([peak.x, peak.y], np.float32)
            away = np.linalg.norm(others[:, joint, :2] - place, axis=1)
            if (away >= STRIDE).all() and (place >= low - room).all() and (place <= high + room).all():
                out[joint] = peak.x, peak.y, peak.score
                break
    return out


def _of_one_body(person: F32, joined: list[F32], found: list[list[Peak]]) -> F32:
    """A person whose arms and legs are no longer than a body's: an elbow, say, that is too far from its shoulder gives
    way to the highest candidate that is nearer, or is absent. What limbs joined says how large she is, too."""
    trunk = max(map(_trunk, (person, *joined)))
    out = person.copy()
    for start, end, longest in LONGEST if trunk > 0 else ():
        reach = longest * trunk + ROUGH
        near = [p for p in found[end] if np.hypot(p.x - out[start, 0], p.y - out[start, 1]) <= reach]
        if out[start, 2] > 0 and np.hypot(*(out[end, :2] - out[start, :2])) > reach:
            out[end] = (near[0].x, near[0].y, near[0].score) if near else 0
    return out


def _trunk(person: F32) -> float:
    """How long a trunk is, by neck and hips or, if she bends, by the shoulders; 0 if nothing says."""
    shoulders = person[[Joint.RIGHT_SHOULDER, Joint.LEFT_SHOULDER]]
    breadth = float(np.linalg.norm(shoulders[0, :2] - shoulders[1, :2])) if shoulders[:, 2].all() else 0.0
    return max(_torso(person), BROAD * breadth)


def _torso(person: F32) -> float:
    """From the neck to the middle of the hips; 0 if one of these is absent."""
    hips = person[[Joint.RIGHT_HIP, Joint.LEFT_HIP]]
    if not hips[:, 2].all() or person[Joint.NECK, 2] == 0:
        return 0.0
    return float(np.linalg.norm(hips[:, :2].mean(0) - person[Joint.NECK, :2]))


def _with_nose(person: F32, candidates: list[Peak]) -> F32:
    """A person whose nose is near her eyes: if none or somebody else's was found, the highest of the candidates that
    is, else where her eyes say, half as sure as they are."""
    eyes, hips = (person[[Joint[f"{side}_{part}"] for side in ("RIGHT", "LEFT")]] for part in ("EYE", "HIP"))
    if not eyes[:, 2].all():
        return person
    middle, apart = eyes[:, :2].mean(0), eyes[1, :2] - eyes[0, :2]
    torso = float(np.linalg.norm(hips[:, :2].mean(0) - person[Joint.NECK, :2]))
    x, y = middle + NOSE * np.array([-apart[1], apart[0]])
    first = Peak(*(float(value) for value in person[Joint.NOSE]))
    near = [p for p in (first, *candidates) if p.score > 0 and np.hypot(*(middle - (p.x, p.y))) < FACE * torso]
    out = person.copy()
    nose = near[0] if near else Peak(float(x), float(y), float(eyes[:, 2].min()) / 2)
    out[Joint.NOSE] = nose.x, nose.y, nose.score
    return out


def _believed(person: F32) -> F32:
    """A person without faint knees and ankles that lie beside her hips: where a photo ends there, so do her legs."""
    torso = _torso(person)
    if torso == 0:
        return person
    out, low = person.copy(), person[[Joint.RIGHT_HIP, Joint.LEFT_HIP], 1].mean()
    for joint, least in KNEES_AND_ANKLES.items():
        if person[joint, 2] < UNSURE and person[joint, 1] - low < least * torso:
            out[joint] = 0
    return out
