"""Cut-outs of product pictures: what hands, bags and hair hid goes on, what is no gown goes, straps stay."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import SKIN, WALL, joints

from tryon import anchors, draw, hangers, held, images, landmarks
from tryon.anchors import Body
from tryon.cutting import sharpen
from tryon.gown import Gown, cut_out
from tryon.images import U8
from tryon.joints import Joint
from tryon.odds import of_gown

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


def lying() -> tuple[U8, U8]:
    """A blue dress with straps on a wall 400x300, and the mask of all of it."""
    picture, gown = np.full((400, 300, 3), WALL, np.uint8), np.zeros((400, 300), np.uint8)
    draw.polygon(gown, np.array([(100, 90), (200, 90), (190, 160), (235, 340), (65, 340), (110, 160)]), 255)
    for x in (105, 188):
        gown[40:92, x : x + 7] = 255
    picture[gown > 0] = BLUE
    picture += np.random.default_rng(0).integers(0, 8, picture.shape, np.uint8)
    return picture, gown


def test_a_floor_that_was_taken_for_gown_goes_and_straps_that_were_missed_come() -> None:
    picture, truth = lying()
    picture[360:] = (120, 80, 40)
    seen = truth.copy()
    seen[:90] = 0
    seen[341:, 40:280] = 240
    masks, agree = sharpen(picture, np.dstack([seen * 0, seen]), worn=False)
    assert agree
    assert (masks[350:, :, 1] < 50).mean() > 0.99
    for x in (106, 189):
        assert (masks[45:90, x : x + 5, 1] > 127).mean() > 0.9


def test_a_net_without_doubts_is_believed_where_a_gown_has_the_grounds_colour() -> None:
    picture, truth = lying()
    stripe = (truth > 0) & (np.arange(picture.shape[0])[:, None] > 230) & (np.arange(picture.shape[1]) < 110)
    picture[stripe] = WALL
    masks, _ = sharpen(picture, np.dstack([truth * 0, truth]), worn=False)
    assert (masks[..., 1][stripe] > 127).mean() > 0.95


@pytest.mark.parametrize(("sure", "kept"), [(180, True), (140, False)])
def test_the_streets_colour_takes_no_piece_of_a_gown_from_its_wearer_unless_the_net_has_doubts(
    sure: int, kept: bool
) -> None:
    picture, truth = lying()
    silver = (truth > 0) & (np.arange(picture.shape[0])[:, None] > 250) & (np.arange(picture.shape[1]) < 85)
    picture[silver] = WALL
    seen = np.where(silver, sure, truth).astype(np.uint8)
    masks, _ = sharpen(picture, np.dstack([seen * 0, seen]), worn=True)
    assert ((masks[..., 1][silver] > 127).mean() > 0.8) == kept


def test_a_price_tag_at_a_gowns_edge_is_told_and_cloth_is_not() -> None:
    picture, truth = lying()
    tag, cloth = np.s_[200:240, 185:215], np.s_[260:280, 130:160]
    picture[tag] = PAPER
    user, seen = np.zeros_like(truth), truth.copy()
    user[tag] = 255
    seen[tag] = 0
    user[cloth], seen[cloth] = 200, 55
    masks, _ = sharpen(picture, np.dstack([user, seen]), worn=False)
    inside = truth[tag] > 0
    assert (masks[tag][..., 0][inside] > 127).mean() > 0.6
    assert (masks[cloth][..., 1] > 127).mean() > 0.9 > 0.1 > (masks[cloth][..., 0] > 127).mean()


def test_colours_that_the_background_has_too_say_nothing() -> None:
    picture, truth = lying()
    picture[:] = WALL
    masks, _ = sharpen(picture, np.dstack([truth * 0, truth]), worn=False)
    assert ((masks[:, :, 1] > 127) == (truth > 127)).mean() > 0.97


def test_a_hanger_s_ends_go_and_its_bar_is_found() -> None:
    picture, gown = lying()
    clean = hangers.without_hook(gown)
    assert (clean[40:90, 106:110] > 0).all(), "straps stay"
    loop = gown.copy()
    loop[100:106, 60:104] = 255
    assert not hangers.without_hook(loop)[100:106, 60:90].any()
    assert not hangers.bars(picture, gown).any()
    picture[110:115, 115:185] = HAIR
    assert (hangers.bars(picture, gown)[110:115, 118:182] > 0).all()
    wavy, x = picture.copy(), np.arange(115, 185)
    wavy[105:120, 115:185] = BLUE
    for column, row in zip(x, 120 + 12 * np.sin(x / 9), strict=True):
        wavy[round(row) : round(row) + 4, column] = HAIR
    assert not hangers.bars(wavy, gown).any(), "an ornament is no bar"


def test_shoulders_that_a_hole_makes_narrow_are_no_hook() -> None:
    _, gown = lying()
    gown[40:110, 100:200] = 255
    gown[58:110, 122:178] = 0  # a label in the back, say: what is left about it is thin
    hook = gown.copy()
    hook[15:42, 147:153] = 255
    clean = hangers.without_hook(hook)
    assert (clean[44:56, 104:196] > 0).mean() > 0.98
    assert not clean[15:36, 147:153].any()


def test_a_bar_is_filled_from_the_gown() -> None:
    picture, gown = lying()
    picture[110:115, 115:185] = HAIR
    bar = hangers.bars(picture, gown)
    cut = cut_out(picture, np.dstack([gown * 0, gown]), None, bar)
    assert np.abs(cut.rgba[112, 130:170, :3].astype(int) - BLUE).max() < 25


def test_a_waist_lies_below_straps_and_the_edge_of_a_back() -> None:
    _, gown = lying()
    gown[:] = 0
    draw.polygon(gown, np.array([(115, 110), (185, 110), (240, 350), (60, 350)]), 255)
    draw.polygon(gown, np.array([(128, 90), (172, 90), (172, 112), (128, 112)]), 255)  # the back, between the straps
    for x in (115, 180):
        gown[40:112, x : x + 5] = 255
    marks = landmarks.flat(gown)
    assert marks["waist_right"][1] > 125
    assert marks["waist_left"][0] - marks["waist_right"][0] > 70


def test_colours_tell_gown_from_background_and_unknown_ones_nothing() -> None:
    picture, gown = lying()
    picture[:20, :20] = GREEN
    wall = gown == 0
    wall[:40, :40] = False
    odds = of_gown(picture, gown > 0, wall)
    assert odds[300, 150] > 2
    assert odds[300, 20] < -2
    assert abs(odds[10, 10]) < 0.5


def test_what_lies_around_a_mask() -> None:
    mask = np.zeros((21, 21), bool)
    mask[10, 10] = True
    near = images.around(mask, 3)
    assert near[10, 13]
    assert not near[13, 13]
    assert not images.around(np.zeros((5, 5), bool), 3).any()
