"""Colours beside the net's word: outlines, floors, straps, hangers and tags of gowns in their pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn import WALL

from training import cutouts
from tryon import bars, draw, hangers, outline, straps
from tryon.archives import ROOT
from tryon.cutting import sharpen
from tryon.gown import cut_out, load
from tryon.images import U8
from tryon.odds import of_gown

BLUE, GREEN, PAPER, BAR = (40, 90, 160), (30, 140, 60), (240, 240, 235), (40, 25, 15)


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


def test_a_hem_s_thin_seam_of_the_floor_s_colour_is_no_floor() -> None:
    picture, truth = (part[:350] for part in lying())
    picture[330:333] = picture[349]
    seen = truth.copy()
    seen[340:, 70:230] = 240  # and the floor below it
    masks, _ = sharpen(picture, np.dstack([seen * 0, seen]), worn=False)
    assert (masks[325:338, 85:215, 1] > 127).all()
    assert (masks[343:, 85:215, 1] > 127).mean() < 0.05


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


def test_a_cover_of_the_gowns_colours_is_not_added_and_no_gown_at_the_lower_end() -> None:
    picture, truth = lying()
    picture[:, np.arange(300) % 20 < 10] = BLUE  # stripes
    picture += np.random.default_rng(1).integers(0, 8, picture.shape, np.uint8)
    beside, below = np.s_[180:300, 231:250], np.s_[343:390, 100:200]
    picture[beside] = picture[below] = BLUE
    seen = truth.copy()
    seen[beside], seen[below] = 110, 170
    masks, _ = sharpen(picture, np.dstack([seen * 0, seen]), worn=False)
    assert max((masks[part][..., 1] > 127).mean() for part in (beside, below)) < 0.2
    assert (masks[..., 1][truth > 0] > 127).mean() > 0.95


def test_a_hanger_s_ends_go_and_its_bar_is_found() -> None:
    picture, gown = lying()
    clean = hangers.without_hook(gown)
    assert (clean[40:90, 106:110] > 0).all(), "straps stay"
    loop = gown.copy()
    loop[100:106, 60:104] = 255
    assert not hangers.without_hook(loop)[100:106, 60:90].any()
    assert not bars.found(picture, gown).any()
    picture[110:115, 115:185] = BAR
    assert (bars.found(picture, gown)[110:115, 118:182] > 0).all()
    wavy, x = picture.copy(), np.arange(115, 185)
    wavy[105:120, 115:185] = BLUE
    for column, row in zip(x, 120 + 12 * np.sin(x / 9), strict=True):
        wavy[round(row) : round(row) + 4, column] = BAR
    assert not bars.found(wavy, gown).any(), "an ornament is no bar"


def test_a_bar_is_told_from_a_print_of_its_colour_and_from_a_belt() -> None:
    picture, gown = lying()
    y, x = np.indices(gown.shape)
    picture[(gown > 0) & (x % 6 < 3) & (y % 6 < 3)] = BAR
    bare, belted = picture.copy(), picture.copy()
    picture[110:116, 115:185] = BAR
    assert (bars.found(picture, gown)[110:116, 118:182] > 0).mean() > 0.95
    belted[(y >= 110) & (y < 116) & (gown > 0)] = BAR
    for other in (bare, belted):
        assert not bars.found(other, gown).any()


def test_what_only_colours_see_beside_shoulders_is_a_hanger_s_end_and_not_a_strap_that_leads_on() -> None:
    _, gown = lying()
    seen, whole = gown.copy(), gown.copy()
    whole[96:114, 201:220] = 255
    seen[58:76, 105:112] = 0  # of one strap, beside the other
    left = hangers.without_ends(whole, seen > 127)
    assert not left[98:112, 206:220].any()
    np.testing.assert_array_equal(left[:, :200], gown[:, :200])


def test_a_hanger_s_curled_end_goes_with_the_wall_that_it_encloses_and_a_pearl_stays() -> None:
    _, gown = lying()
    curled, wall = gown.copy(), np.zeros(gown.shape, bool)
    curled[96:122, 200:222] = 255  # about a spot of wall
    wall[102:116, 201:216] = True
    wall[200:204, 150:154] = True  # of a print on the gown
    left = hangers.without_rings(curled, wall)
    assert not left[100:118, 206:222].any()
    np.testing.assert_array_equal(left[:, :200], gown[:, :200])
    np.testing.assert_array_equal(hangers.without_rings(curled, wall & False), curled)


def test_wall_between_two_straps_is_no_strap() -> None:
    """Joined so that each leads to the gown, they are told from what shows between them."""
    _, gown = lying()
    core = gown > 0
    core[:110] = False
    seen = np.where(core, gown, 0).astype(np.uint8)
    like = np.where(gown > 0, 3.0, -3.0).astype(np.float32)
    like[40:100, 115:120] = 3.0  # a second one beside the first: closing fills the gap
    found = straps.missed(seen, core, like)
    assert found[45:85, 116:119].all()
    assert found[45:85, 105:109].all()
    assert not found[45:85, 112:115].any()


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
    picture[110:115, 115:185] = BAR
    bar = bars.found(picture, gown)
    cut = cut_out(picture, np.dstack([gown * 0, gown]), None, bar)
    assert np.abs(cut.rgba[112, 130:170, :3].astype(int) - BLUE).max() < 25


def test_a_waist_lies_below_straps_and_the_edge_of_a_back() -> None:
    _, gown = lying()
    gown[:] = 0
    draw.polygon(gown, np.array([(115, 110), (185, 110), (240, 350), (60, 350)]), 255)
    draw.polygon(gown, np.array([(128, 90), (172, 90), (172, 112), (128, 112)]), 255)  # the back, between the straps
    for x in (115, 180):
        gown[40:112, x : x + 5] = 255
    marks = outline.flat(gown)
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


def test_a_hook_goes_and_straps_stay() -> None:
    gown = np.zeros((400, 300), np.uint8)
    gown[100:380, 60:240] = 255
    gown[40:100, 70:80] = gown[40:100, 220:230] = 255  # straps
    straps = gown.copy()
    gown[10:100, 146:154] = 255  # a hook, and its hanger's arm
    gown[80:86, 100:200] = 255
    left = hangers.without_hook(gown) != straps
    assert not left[:97].any()
    assert left.sum() <= 24, "a stub of three pixels where hook and cloth meet"


def test_colours_take_the_outline_from_a_vague_mask() -> None:
    picture = np.full((200, 160, 3), (200, 195, 180), np.uint8)
    picture[40:160, 50:110] = (120, 20, 40)
    gown = np.zeros((200, 160), np.uint8)
    gown[30:170, 40:120] = 150  # vague, and too large
    gown[60:140, 60:100] = 250
    masks, agree = sharpen(picture, np.dstack([np.zeros_like(gown), gown]), worn=True)
    truth = np.zeros((200, 160), bool)
    truth[40:160, 50:110] = True
    assert ((masks[:, :, 1] > 127) & truth).sum() > 0.97 * ((masks[:, :, 1] > 127) | truth).sum() or not agree


@pytest.mark.parametrize(("name", "ground"), [("rosalie", "white"), ("celeste", "beige"), ("delphine", "dark")])
def test_thin_straps_above_a_wide_skirt_come_back_before_a_plain_ground(name: str, ground: str) -> None:
    case = cutouts.before(load(ROOT / "gowns" / name), ground)
    truth = case.truth.astype(np.uint8) * np.uint8(255)
    seen = cv2.GaussianBlur(cv2.morphologyEx(truth, cv2.MORPH_OPEN, np.ones((31, 31), np.uint8)), (0, 0), 3)
    straps = case.truth.copy()
    straps[np.flatnonzero((seen > 127).any(1))[0] :] = False
    assert straps.sum() > 200
    masks, _ = sharpen(case.picture, np.dstack([seen * 0, seen]), worn=False)
    assert (masks[straps, 1] > 127).mean() > 0.9
    assert ((masks[:, :, 1] > 127) & ~case.truth).sum() < 0.01 * case.truth.sum(), "and nothing else"


def test_the_bend_of_a_strap_s_loop_leads_from_one_strand_to_the_other() -> None:
    _, gown = lying()
    gown[34:92, 121:128] = gown[34:41, 105:128] = gown[34:41, 105:112] = 255
    found = gown > 127
    found[34:41, 112:121] = found[34:50, 188:195] = False  # a bend, and a strap's upper end
    like = np.where(gown > 127, 2, -2).astype(np.float32)
    core = (gown > 127) & (np.arange(400)[:, None] > 95)
    bend = straps.bridges(found, gown, core, like)
    assert bend[34:41, 112:121].all()
    assert bend.sum() == 7 * 9


def test_thin_things_of_other_colours_before_a_plain_ground_are_no_straps() -> None:
    _, gown = lying()
    picture = np.full((400, 300, 3), 250, np.uint8)
    picture[gown > 0] = (238, 232, 222)
    for x in (106, 189):
        picture[40:92, x - 1 : x + 6] = (90, 60, 30)
    seen = gown.copy()
    seen[:90] = 0
    masks, _ = sharpen(picture, np.dstack([seen * 0, seen]), worn=False)
    assert not (masks[:84, :, 1] > 127).any()


def test_straps_come_and_a_hanger_s_ends_in_the_gowns_colour_do_not() -> None:
    picture, truth = lying()
    ends = np.zeros(truth.shape, np.uint8)
    for x in (90, 209):  # beside the bodice's upper corners
        cv2.circle(ends, (x, 100), 9, 255, 4)
    ends[truth > 0] = 0
    picture[ends > 0] = BLUE
    seen = truth.copy()
    seen[:90] = 0
    masks, _ = sharpen(picture, np.dstack([seen * 0, seen]), worn=False)
    straps = truth > seen
    assert (masks[straps, 1] > 127).mean() > 0.9
    assert (masks[ends > 0, 1] > 127).mean() < 0.2


def test_a_gown_whose_upper_part_is_in_doubt_is_cut_all_the_same() -> None:
    _, gown = lying()
    picture = np.full((400, 300, 3), 250, np.uint8)
    picture[gown > 0] = (238, 232, 222)
    seen = gown.copy()
    seen[:200] = np.minimum(seen[:200], 180)
    masks, _ = sharpen(picture, np.dstack([seen * 0, seen]), worn=False)
    assert (masks[250:330, 100:200, 1] > 127).all()
