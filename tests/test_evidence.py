"""Where a gown is that nobody wears: what a net in doubt says, colours and texture, weighed together."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn import WALL
from pycocotools import mask as rle

from training import cutouts
from training import evidence as measured
from training.metrics import iou
from training.visualize import TILE
from tryon import draw, evidence
from tryon.archives import ROOT
from tryon.cutting import UNSURE, sharpen
from tryon.dressing import gown_in
from tryon.gown import load
from tryon.images import U8, Mask, decode, encode

BLUE, DARK, PALE = (40, 90, 160), (35, 35, 40), (225, 220, 210)
SIZE = (400, 300)
DRESS = ((100, 60), (200, 60), (190, 160), (235, 340), (65, 340), (110, 160))


def dress() -> Mask:
    """A dress, HxW."""
    mask = np.zeros(SIZE, np.uint8)
    draw.polygon(mask, np.array(DRESS), 255)
    return mask > 0


def drawn(gown: U8, ground: U8) -> tuple[U8, Mask]:
    """A dress of one colour or picture on another, and where it is."""
    truth = dress()
    picture = np.where(truth[:, :, None], gown, ground).astype(np.uint8)
    return picture + np.random.default_rng(0).integers(0, 8, picture.shape, np.uint8), truth


def doubtful(truth: Mask) -> U8:
    """What a net in doubt sees, HxWx2 (user, gown): half of the ground perhaps, one side of the skirt perhaps not."""
    gown = np.where(truth, 250, 10).astype(np.uint8)
    gown[:, :80][~truth[:, :80]] = 160
    gown[200:, 190:][truth[200:, 190:]] = 110
    return np.dstack([np.zeros_like(gown), gown])


def test_colours_take_a_cover_that_the_net_takes_for_gown_and_bring_a_skirts_side_that_it_misses() -> None:
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    masks, agree = sharpen(picture, doubtful(truth), worn=False)
    assert iou(masks[:, :, 1] > 127, truth) > 0.98
    assert not agree
    served = gown_in(picture, doubtful(truth), np.zeros((18, 3), np.float32))
    assert UNSURE in served.warnings  # such a picture is one to look at


def test_a_floor_that_the_net_takes_for_the_hem_is_cut_off() -> None:
    floor = np.s_[360:]
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    seen = doubtful(truth)
    seen[..., 1][floor] = 250
    picture[floor, 60:240] = np.uint8(0.75 * np.array(WALL) + 0.25 * np.array(BLUE))  # in the gown's shade
    masks, _ = sharpen(picture, seen, worn=False)
    assert (masks[..., 1][floor][10:] > 127).mean() < 0.02
    assert (masks[..., 1][:335][truth[:335]] > 127).mean() > 0.98


def test_texture_tells_where_colours_are_the_same() -> None:
    random = np.random.default_rng(1)
    glitter = np.where(random.random((*SIZE, 1)) < 0.5, DARK, PALE)
    stripes = np.where((np.arange(SIZE[1])[None, :, None] // 40) % 2, DARK, PALE)
    picture, truth = drawn(glitter.astype(np.uint8), np.broadcast_to(stripes, (*SIZE, 3)).astype(np.uint8))
    masks, _ = sharpen(picture, doubtful(truth), worn=False)
    assert iou(masks[:, :, 1] > 127, truth) > 0.8


@pytest.mark.parametrize(("sure", "kept"), [(250, True), (150, False)])
def test_a_pocket_of_the_grounds_colour_stays_if_the_net_is_sure_of_it(sure: int, kept: bool) -> None:
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    pocket = np.s_[230:250, 130:150]
    picture[pocket] = (150, 60, 90)
    seen = doubtful(truth)
    seen[..., 1][pocket] = sure
    masks, _ = sharpen(picture, seen, worn=False)
    assert ((masks[..., 1][pocket] > 127).mean() > 0.95) == kept


def test_a_cut_goes_along_an_edge_where_odds_are_noise() -> None:
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    likely = np.where(truth, 1.0, -1.0) + np.random.default_rng(2).normal(0, 2, truth.shape)
    assert iou(likely > 0, truth) < 0.6
    assert iou(evidence.parted(likely.astype(np.float32), picture), truth) > 0.97


def test_a_strip_of_floor_below_a_hem_is_not_kept_for_reaching_the_pictures_edge() -> None:
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    picture, truth = picture[:350], truth[:350]  # the hem is ten pixels above the edge
    likely = np.where(truth, 1.0, -1.0).astype(np.float32)
    strip = np.s_[341:, 100:200]
    likely[strip], picture[strip] = 0.2, np.uint8(0.8 * np.array(BLUE))  # the gown's shadow
    found = evidence.parted(likely, picture)
    assert not found[strip][1:].any()
    assert iou(found, truth) > 0.99
    likely[strip] = 6.0
    assert evidence.parted(likely, picture)[strip].all(), "a train that runs out of its picture stays"


def test_nothing_is_found_where_nothing_is_sure() -> None:
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    masks, none = np.full((*SIZE, 2), 120, np.uint8), np.zeros(SIZE, np.bool_)
    assert not evidence.find(picture, masks, none, ~truth, none).any()
    assert not evidence.find(picture, masks, truth, none, none).any()


def test_a_net_that_is_sure_of_nothing_is_believed_where_it_sees_a_gown() -> None:
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    seen = np.where(truth, 170, 60).astype(np.uint8)
    masks, _ = sharpen(picture, np.dstack([np.zeros_like(seen), seen]), worn=False)
    assert iou(masks[:, :, 1] > 127, truth) > 0.95


def test_lace_stays_though_the_ground_shows_through_it() -> None:
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    holes = truth & (rows < 110) & (rows % 12 < 8) & (columns % 12 < 8)
    picture[holes] = WALL
    seen = np.dstack([np.zeros(SIZE, np.uint8), cv2.GaussianBlur(truth * np.uint8(255), (0, 0), 2)])
    masks, _ = sharpen(picture, seen, worn=False)
    inner = holes & (cv2.erode(truth.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)
    assert (masks[..., 1][inner] > 127).mean() > 0.95


def test_a_dress_on_a_hanger_is_served_without_its_hook_and_with_its_straps() -> None:
    picture, truth = drawn(np.uint8(BLUE), np.uint8(WALL))
    hook, straps = np.zeros(SIZE, np.bool_), np.zeros(SIZE, np.bool_)
    hook[20:62, 148:152] = True
    straps[25:62, 103:108] = straps[25:62, 192:197] = True
    picture[hook], picture[straps] = DARK, BLUE
    seen = np.where(truth | hook, 250, 5).astype(np.uint8)
    alpha = gown_in(picture, np.dstack([np.zeros_like(seen), seen]), np.zeros((18, 3), np.float32)).rgba[:, :, 3]
    assert (alpha[20:55, 148:152] > 127).mean() < 0.05
    found = np.flatnonzero(alpha[40] > 127)
    assert len(found)
    assert found[0] < 150 < found[-1]


def test_a_logistic_regression_finds_what_made_the_truth() -> None:
    random = np.random.default_rng(3)
    clues = random.normal(0, 1, (40000, 5)).astype(np.float32)
    weights, bias = np.array([0.8, -0.4, 0.5, 0.0, 2.0]), -0.7
    truth = random.random(len(clues)) < 1 / (1 + np.exp(-(clues @ weights + bias)))
    np.testing.assert_allclose(measured.fitted(clues, truth), [*weights, bias], atol=0.06)


def test_cut_outs_are_measured_beside_masks_corrected_by_hand_and_the_worst_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = cutouts.before(load(ROOT / "gowns" / "thea"), "dark")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "thea.jpg").write_bytes(encode(case.picture, fmt="jpeg"))
    shape = rle.encode(np.asfortranarray(case.truth.astype(np.uint8)))
    shape["counts"] = shape["counts"].decode()
    notes = [{"image_id": i, "corrected": c, "segmentation": shape} for i, c in ((1, 1), (1, 0), (2, 1))]
    files = [{"id": 1, "file_name": "thea.jpg"}, {"id": 2, "file_name": "missing.jpg"}]
    (tmp_path / "masks.json").write_text(json.dumps({"images": files, "annotations": notes}))
    monkeypatch.setattr(measured, "MASKS", tmp_path / "masks.json")
    measured.main(tmp_path, [ROOT / "weights" / "segmentation.safetensors"], tmp_path / "worst.jpg")
    said = capsys.readouterr().out
    assert "gown add: IoU 0.9" in said
    assert "of 1 below" in said
    assert decode((tmp_path / "worst.jpg").read_bytes()).shape[1] > TILE[1]
