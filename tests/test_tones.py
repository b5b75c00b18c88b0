"""Tones of a body's parts: told by those that are seen, alike for every skin, and painted where they belong."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import joints, person

from training.skin_tones import fitted
from tryon import body_parts, complexion, flesh, tones
from tryon.images import F32
from tryon.joints import Joint

SIZE = (720, 480)
NOTHING = np.zeros((0, 3), np.float32)


def seen(**colours: tuple[float, float, float]) -> dict[str, F32]:
    """Skin of these L*a*b* colours, a face's and others', as much as tells."""
    parts = ("hands", "throat", "neck", "chest", "upper", "lower", "legs")
    shown = {part: np.tile(np.float32(colour), (200, 1)) for part, colour in colours.items()}
    return dict.fromkeys(parts, NOTHING) | shown | {"face": np.float32([colours["face"]])}


def light(told: dict[str, F32]) -> dict[str, float]:
    """L* of RGB colours."""
    return {part: float(tones.lab(colour[None])[0, 0]) for part, colour in told.items()}


@pytest.mark.parametrize("face", [32.0, 48.0, 64.0])
def test_a_chest_is_lighter_and_upper_arms_are_darker_than_it_on_every_skin(face: float) -> None:
    told = light(tones.shown(seen(face=(face, 10, 14))))
    away = {part: value - face for part, value in told.items()}
    assert 6 < away["chest"] < 12
    assert away["neck"] < -2
    assert -4 < away["upper"] < 2
    assert away["legs"] < -7


def test_a_part_of_which_much_is_seen_has_its_own_colour() -> None:
    told = light(tones.shown(seen(face=(60, 10, 14), hands=(60, 10, 14), chest=(62, 9, 13))))
    assert told["chest"] == pytest.approx(62, abs=0.5)


def test_forearms_are_as_hands_and_a_chest_is_rather_as_the_face() -> None:
    plain, dark = (light(tones.shown(seen(face=(64, 10, 14), hands=(hand, 10, 14)))) for hand in (60, 46))
    assert plain["lower"] - dark["lower"] > 8
    assert plain["chest"] - dark["chest"] < 6


def test_hands_below_sleeves_are_taken_to_be_in_their_shade() -> None:
    hidden = light(tones.shown(seen(face=(64, 10, 14), hands=(56, 10, 14))))
    few = seen(face=(64, 10, 14), hands=(56, 10, 14), lower=(56, 10, 14))
    few["lower"] = few["lower"][: tones.FEW]
    bare = light(tones.shown(few))
    assert hidden["lower"] - bare["lower"] > 4


def test_hands_lighter_than_the_face_are_in_no_shade() -> None:
    light_hands = seen(face=(64, 10, 14), hands=(70, 10, 14))
    bare = light_hands | {"lower": light_hands["hands"][: tones.FEW]}
    assert light(tones.shown(light_hands))["lower"] == pytest.approx(light(tones.shown(bare))["lower"], abs=0.1)


def test_parts_do_not_overlap_and_each_lies_where_its_bone_is() -> None:
    pose = joints(2.0)
    parts = complexion.zones(pose, SIZE, body_parts.shoulder_width(pose))
    assert (parts["throat"] <= parts["neck"]).all()
    del parts["throat"]
    assert np.sum(list(parts.values()), 0).max() == 1
    places = {
        "upper": (Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW),
        "lower": (Joint.RIGHT_ELBOW, Joint.RIGHT_WRIST),
        "legs": (Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
        "chest": (Joint.NECK, Joint.NECK, Joint.LEFT_HIP, Joint.RIGHT_HIP),
    }
    for part, bones in places.items():
        x, y = pose[list(bones), :2].mean(0).astype(int)
        assert parts[part][y, x], part


def test_a_painted_chest_is_lighter_than_painted_upper_arms() -> None:
    pose = joints(2.0)
    photo, labels = person(pose, SIZE)
    user, hole = ((labels == region) * np.uint8(255) for region in (1, 2))
    painted = flesh.paint(photo, hole, user, pose, np.zeros(SIZE, np.uint8)).picture
    parts = complexion.zones(pose, SIZE, body_parts.shoulder_width(pose))
    high = (hole > 0) & (np.arange(SIZE[0])[:, None] < pose[Joint.LEFT_SHOULDER, 1] + 60)
    chest, upper = (float(np.median(painted[parts[part] & high])) for part in ("chest", "upper"))
    assert chest > 1.05 * upper


def test_least_squares_finds_a_weighted_mean_and_says_how_far_off_it_is() -> None:
    chance = np.random.default_rng(0)
    known = chance.normal(60, 10, (300, 2, 3))
    wanted = 0.3 * known[:, 0] + 0.7 * known[:, 1] + 5 + chance.normal(0, 2, (300, 3))
    table, off = fitted(known, wanted)
    assert np.abs(table - np.array([[0.3], [0.7], [5.0]])).max() < 0.4
    assert np.abs(table[:2] - [[0.3], [0.7]]).max() < 0.03
    assert table[:2].sum(0) == pytest.approx(np.ones(3))
    assert 1.8 < off.std() < 2.3
