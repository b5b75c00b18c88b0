"""Cut-outs of product pictures: what hands, bags and hair hid goes on, what is no gown goes, straps stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn import SKIN, WALL, joints

from tryon import anchors, draw, held, images
from tryon.anchors import Body
from tryon.gown import Gown, cut_out
from tryon.images import U8
from tryon.joints import Joint

BLUE, GREEN, PAPER, HAIR = (40, 90, 160), (30, 140, 60), (240, 240, 235), (40, 25, 15)
SIZE = (720, 480)
# a full skirt that falls straight from below the hips; its sides are at x 130 and 350
OUTLINE = ((190, 180), (290, 180), (286, 290), (350, 390), (350, 600), (130, 600), (130, 390), (194, 290))
HAND = np.s_[430:490, 110:165]


class Worn:
    """A gown on a drawn wearer: picture 720x480x3, masks (user, gown), body. She has a head, bare arms and feet."""

    def __init__(self) -> None:
        self.pose = joints(2.0)
        for name, way in (("RIGHT", -1), ("LEFT", 1)):
            self.pose[Joint[f"{name}_ELBOW"], :2], self.pose[Joint[f"{name}_WRIST"], :2] = (
                (240 + 130 * way, 300),
                (240 + 112 * way, 400),
            )
        self.picture = np.full((*SIZE, 3), WALL, np.uint8)
        self.picture += np.random.default_rng(0).integers(0, 8, self.picture.shape, np.uint8)
        self.user, self.gown = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
        draw.polygon(self.gown, np.asarray(OUTLINE), 255)
        self.picture[self.gown > 0] = BLUE
        head = np.zeros(SIZE, np.uint8)
        draw.disc(head, self.pose[Joint.NOSE, :2], 40, 255)
        for x in (205, 275):
            draw.stroke(head, [np.array([x, 604]), np.array([x, 640])], 20, 255)
        self.hide(head > 0, SKIN)

    def hide(self, where: np.ndarray | tuple[slice, slice], colour: tuple[int, int, int], *, seen: bool = True) -> None:
        """Something of hers in the picture; `seen`: the masks know that it is."""
        self.picture[where] = colour
        if seen:
            self.user[where], self.gown[where] = 255, 0

    @property
    def masks(self) -> U8:
        return np.dstack([self.user, self.gown])

    @property
    def body(self) -> Body:
        return anchors.find(self.pose, np.maximum(self.user, self.gown))

    def cut(self) -> Gown:
        return cut_out(self.picture, self.masks, self.body)


@pytest.fixture
def worn() -> Worn:
    return Worn()


def test_a_skirt_s_edge_runs_on_behind_a_hand(worn: Worn) -> None:
    worn.hide(HAND, SKIN)
    cut = worn.cut()
    assert (cut.rgba[440:480, 143:160, 3] > 200).all(), "the bite is filled"
    assert (cut.rgba[440:480, 110:124, 3] < 50).all(), "and no more: the hand beside it is none of the gown"
    assert np.abs(cut.rgba[460, 150, :3].astype(int) - BLUE).max() < 20


def test_a_bag_over_the_hem_s_corner_leaves_the_skirt_as_wide_as_its_other_side(worn: Worn) -> None:
    worn.hide(np.s_[400:680, 300:440], HAIR)
    cut = worn.cut()
    assert (cut.rgba[450:580, 310:335, 3] > 200).mean() > 0.95
    assert (cut.rgba[450:580, 370:, 3] < 50).all()
    assert cut.landmarks["hem_left"][0] == pytest.approx(350, abs=20)


def test_a_small_bodice_above_folded_hands_is_kept(worn: Worn) -> None:
    worn.gown[:215], worn.picture[:215] = 0, WALL
    worn.hide(np.s_[255:300, 150:330], SKIN)
    alpha = worn.cut().rgba[..., 3]
    assert (alpha[220:250, 200:280] > 200).all()


def test_forearms_before_a_waist_leave_no_notch_in_it(worn: Worn) -> None:
    whole, arms = worn.gown > 0, np.zeros(SIZE, np.uint8)
    for name, way in (("RIGHT", -1), ("LEFT", 1)):
        ends = np.array([(240 + 85 * way, 260), (240 + 20 * way, 300)], np.float32)
        worn.pose[[Joint[f"{name}_ELBOW"], Joint[f"{name}_WRIST"]], :2] = ends
        draw.stroke(arms, ends, 34, 1)
    worn.hide(arms > 0, SKIN)
    waist = np.s_[250:330]
    cut = worn.cut().rgba[..., 3] > 127
    assert (cut & whole)[waist].sum() > 0.97 * whole[waist].sum()
    assert (cut & ~whole)[waist].sum() < 0.06 * whole[waist].sum()


def test_where_a_rolled_sleeve_ends_is_no_edge_of_the_skirt(worn: Worn) -> None:
    whole, sleeves, arms = worn.gown > 0, np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    for name, way in (("RIGHT", -1), ("LEFT", 1)):
        shoulder, elbow, wrist = (Joint[f"{name}_{part}"] for part in ("SHOULDER", "ELBOW", "WRIST"))
        worn.pose[elbow, :2], worn.pose[wrist, :2] = (240 + 110 * way, 300), (240 + 100 * way, 430)
        draw.stroke(arms, worn.pose[[elbow, wrist], :2], 26, 1)
        above = 0.8 * worn.pose[elbow, :2] + 0.2 * worn.pose[wrist, :2]
        draw.stroke(sleeves, [worn.pose[shoulder, :2], worn.pose[elbow, :2], above], 34, 1)
    worn.gown[sleeves > 0], worn.picture[sleeves > 0] = 255, BLUE
    bare = (arms > 0) & (sleeves == 0)
    worn.hide(bare, SKIN)
    filled = worn.cut().rgba[..., 3] > 127
    assert filled[bare & ~whole].mean() < 0.1


def test_a_bare_forearm_before_a_skirt_is_in_no_sleeve(worn: Worn) -> None:
    """What it hides of the skirt is filled in, and looks like a sleeve down to the wrist."""
    arms = np.zeros(SIZE, np.uint8)
    for name, way in (("RIGHT", -1), ("LEFT", 1)):
        shoulder, elbow, wrist = (Joint[f"{name}_{part}"] for part in ("SHOULDER", "ELBOW", "WRIST"))
        worn.pose[elbow, :2], worn.pose[wrist, :2] = (240 + 85 * way, 380), (240 + 60 * way, 480)
        draw.stroke(worn.gown, worn.pose[[shoulder, elbow], :2], 34, 255)
        draw.stroke(arms, worn.pose[[elbow, wrist], :2], 26, 1)
    worn.picture[worn.gown > 0] = BLUE
    worn.hide(arms > 0, SKIN)
    cut = worn.cut()
    assert (cut.rgba[arms > 0, 3] > 200).mean() > 0.9
    assert {"elbow_right", "elbow_left"} <= set(cut.landmarks)
    assert not {"wrist_right", "wrist_left"} & set(cut.landmarks)


def test_feet_below_a_hem_are_not_filled(worn: Worn) -> None:
    for x in (190, 260):
        worn.hide(np.s_[588:640, x : x + 30], SKIN)
    cut = worn.cut()
    assert cut.filled is not None
    assert not cut.filled[560:].any()


def test_a_hole_is_filled_with_the_bands_that_cross_it(worn: Worn) -> None:
    bands = worn.gown > 0
    bands[np.arange(SIZE[0]) // 30 % 2 == 0] = False  # green from 450 to 480
    worn.picture[bands] = GREEN
    worn.hide(HAND, SKIN)
    filled = worn.cut().rgba[:, :, :3].astype(int)
    assert np.abs(filled[436:446, 145:160] - BLUE).max() < 20
    assert np.abs(filled[454:476, 145:160] - GREEN).max() < 20


@pytest.mark.parametrize(("hair", "low"), [(HAIR, 230), (SKIN, 210)])
def test_hair_on_both_shoulders_leaves_a_smooth_neckline(hair: tuple[int, int, int], low: int) -> None:
    """Also where some of it has her skin's colour, if the gown reaches up to her neck."""
    worn = Worn()
    yoke = np.zeros(SIZE, np.uint8)
    draw.polygon(yoke, np.array([(160, 180), (200, 160), (280, 160), (320, 180), (300, 260), (180, 260)]), 1)
    worn.gown[yoke > 0], worn.picture[yoke > 0] = 255, BLUE
    for x, colour, end in ((178, HAIR, 230), (268, hair, low)):
        worn.hide(np.s_[120:end, x : x + 34], colour)
    cut = worn.cut()
    for row, x in ((190, 195), (190, 285), (170, 202), (170, 278)):
        assert cut.rgba[row, x, 3] > 200
        assert np.abs(cut.rgba[row, x, :3].astype(int) - BLUE).max() < 40
    assert cut.rgba[135, 240, 3] < 50, "the neck stays open"


def test_lit_hair_between_dark_hair_and_a_shoulder_is_no_skin(worn: Worn) -> None:
    yoke = np.zeros(SIZE, np.uint8)
    draw.polygon(yoke, np.array([(160, 180), (200, 160), (280, 160), (320, 180), (300, 260), (180, 260)]), 1)
    worn.gown[yoke > 0], worn.picture[yoke > 0] = 255, BLUE
    worn.hide(np.s_[140:190, 212:268], SKIN)  # her throat: the gown is not high
    worn.hide(np.s_[120:230, 200:212], HAIR)
    lit = np.s_[172:215, 178:200]
    worn.hide(lit, SKIN)
    alpha = worn.cut().rgba[..., 3]
    assert (alpha[lit] > 200).mean() > 0.95
    assert (alpha[150:180, 222:258] < 50).all(), "the neckline stays open"


def test_a_bare_shoulder_beside_a_high_collar_is_no_hair(worn: Worn) -> None:
    yoke = np.zeros(SIZE, np.uint8)
    draw.polygon(yoke, np.array([(190, 180), (212, 150), (268, 150), (290, 180), (290, 260), (190, 260)]), 1)
    worn.gown[yoke > 0], worn.picture[yoke > 0] = 255, BLUE
    arms = np.zeros(SIZE, np.uint8)
    for side in ("RIGHT", "LEFT"):
        draw.stroke(arms, worn.pose[[Joint[f"{side}_SHOULDER"], Joint[f"{side}_ELBOW"]], :2], 34, 1)
    worn.hide((arms > 0) & (yoke == 0), SKIN)
    alpha = worn.cut().rgba[..., 3]
    assert alpha[(arms > 0) & (cv2.dilate(yoke, np.ones((9, 9), np.uint8)) == 0)].max() < 50


def test_shade_on_a_bare_arm_is_no_hair(worn: Worn) -> None:
    worn.hide(np.s_[185:260, 165:190], HAIR)
    assert (worn.cut().rgba[190:255, 165:185, 3] < 50).mean() > 0.9


def test_a_lit_end_of_hair_amid_a_gown_is_no_hole_and_an_opening_is(worn: Worn) -> None:
    worn.hide(np.s_[120:200, 200:216], HAIR)
    lit, opening = np.s_[200:222, 200:216], np.s_[196:216, 250:270]
    for part in (lit, opening):
        worn.hide(part, SKIN)
    alpha = worn.cut().rgba[..., 3]
    assert alpha[lit].min() > 200
    assert (alpha[opening] < 50).mean() > 0.6


def test_a_bag_that_was_taken_for_gown_is_hers(worn: Worn) -> None:
    worn.hide(np.s_[400:440, 120:150], SKIN)
    bag = np.s_[440:500, 120:170]
    worn.hide(bag, PAPER, seen=False)
    worn.gown[bag] = 255
    moved = held.cleared(worn.picture, worn.masks, worn.body)
    assert (moved[bag][:, :, 0] > 127).mean() > 0.95
    assert (moved[bag][:, :, 1] < 128).mean() > 0.95
    assert (moved[300:, 220:340, 1] == worn.gown[300:, 220:340]).all(), "the rest stays"


def test_what_the_net_doubts_beside_a_hand_is_hers(worn: Worn) -> None:
    worn.hide(np.s_[400:440, 120:150], SKIN)
    bag = np.s_[440:480, 110:150]
    worn.hide(bag, BLUE, seen=False)  # a bag of the gown's own colour
    worn.gown[bag], worn.user[bag] = 255, 100
    moved = held.cleared(worn.picture, worn.masks, worn.body)
    assert (moved[bag][:, :, 1] < 128).mean() > 0.9


def test_a_bodice_that_the_net_doubts_above_folded_hands_stays(worn: Worn) -> None:
    worn.pose[[Joint.RIGHT_WRIST, Joint.LEFT_WRIST], :2] = (225, 300), (255, 300)
    worn.pose[[Joint.RIGHT_ELBOW, Joint.LEFT_ELBOW], :2] = (150, 260), (330, 260)
    worn.hide(np.s_[290:320, 205:275], SKIN)
    doubted = np.s_[230:285, 200:280]
    worn.user[doubted] = 100
    moved = held.cleared(worn.picture, worn.masks, worn.body)
    assert (moved[doubted][..., 1] == 255).all()


def test_skin_at_a_neckline_goes_unless_the_gown_has_its_colour(worn: Worn) -> None:
    chest = np.s_[160:200, 200:280]
    worn.hide(chest, SKIN, seen=False)
    worn.gown[chest] = 255
    worn.user[130:160, 225:255], worn.picture[130:160, 225:255] = 255, SKIN
    moved = held.cleared(worn.picture, worn.masks, worn.body)
    assert (moved[chest][:, :, 1] < 128).mean() > 0.95
    worn.picture[worn.gown > 0] = SKIN
    nude = held.cleared(worn.picture, worn.masks, worn.body)
    assert (nude[:, :, 1] == worn.gown).all()


def test_a_print_of_her_skins_colour_stays(worn: Worn) -> None:
    flower = np.s_[300:330, 225:255]
    worn.picture[flower] = SKIN
    moved = held.cleared(worn.picture, worn.masks, worn.body)
    assert (moved[:, :, 1] == worn.gown).all()


def test_what_lies_around_a_mask() -> None:
    mask = np.zeros((21, 21), bool)
    mask[10, 10] = True
    near = images.around(mask, 3)
    assert near[10, 13]
    assert not near[13, 13]
    assert not images.around(np.zeros((5, 5), bool), 3).any()
