"""Segmentation looks twice at somebody: hands, arms and hair come out better, and nothing else is looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.metrics import iou
from training.samples import read_map, read_photo
from training.triples import Triples
from tryon import adding, cpu, segmentation
from tryon.images import U8, Mask
from tryon.runtime import Ready
from tryon.segmentation import UNetConfig

ROOT = Path(__file__).parents[1]
PAIRS, WEIGHTS = ROOT / "samples" / "pairs", ROOT / "weights"
BEFORE = PAIRS / "before"
Net = Ready[UNetConfig]


@pytest.fixture(scope="module")
def net() -> Iterator[Net]:
    """In single precision, in which every CPU says the same: rounded to eight bits, looks differ by a little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cpu, "exact_int8", lambda: False)
        yield segmentation.load(WEIGHTS / "segmentation.safetensors")


def user(masks: U8, photo: U8) -> Mask:
    """Where the user is, at the photo's size."""
    labels = segmentation.label_map(np.dstack(segmentation.enlarge(masks, photo)))
    return np.asarray(labels == segmentation.Region.USER)


def test_two_looks_find_more_of_her_than_one(net: Net) -> None:
    gains = []
    for name in ("00a", "03b", "06b", "10a"):
        photo, truth = read_photo(BEFORE / f"{name}.jpg"), read_map(BEFORE / f"{name}-user.png") > 127
        once, twice = segmentation.segment(net, photo), segmentation.closely(net, photo)
        assert twice.shape[0] > 1.2 * once.shape[0]
        assert twice.shape[0] / twice.shape[1] == pytest.approx(once.shape[0] / once.shape[1], rel=0.01)
        gains.append(iou(user(twice, photo), truth) - iou(user(once, photo), truth))
    assert np.mean(gains) > 0.015
    assert min(gains) > -0.005


def test_below_her_knees_the_first_look_stays(net: Net) -> None:
    photo = read_photo(BEFORE / "00a.jpg")
    twice = segmentation.closely(net, photo)
    once = cv2.resize(segmentation.segment(net, photo), twice.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    low = int(0.75 * len(twice))
    np.testing.assert_array_equal(twice[low:], once[low:])
    assert not np.array_equal(twice[:low], once[:low])


@pytest.mark.parametrize("name", ["03a-audrey", "10b-audrey"])
def test_a_skirt_that_the_second_look_cuts_off_stays(name: str, net: Net) -> None:
    """White before pale grey: without its hem it looks like the wall."""
    brides = Triples(PAIRS)
    photo, skirt = brides.picture(name, "after"), brides.mask(name, "after", "gown")
    gown = np.asarray(cv2.resize(segmentation.closely(net, photo), photo.shape[1::-1]))[..., 1]
    assert (gown[skirt] > 127).mean() > 0.97


def test_one_look_is_enough_at_a_wall_and_at_somebody_near(net: Net) -> None:
    photo = read_photo(BEFORE / "00a.jpg")
    near = np.ascontiguousarray(photo[60:420, 250:520])
    for picture in (np.full((300, 200, 3), 180, np.uint8), near):
        np.testing.assert_array_equal(segmentation.closely(net, picture), segmentation.segment(net, picture))


@pytest.mark.parametrize(("name", "least"), [("05a-juliette", 0.985), ("08a-rosalie", 0.97)])
def test_a_gown_that_somebody_wears_is_cut_out_with_its_straps_and_sleeves(name: str, least: float) -> None:
    """At one look a sleeve hangs apart, and half of a neckline is missing."""
    brides = Triples(PAIRS)
    worn, truth, before = brides.picture(name, "after"), *(brides.mask(name, "after", w) for w in ("gown", "front"))
    cut = adding.cut(worn, adding.Nets.load(WEIGHTS))
    assert iou((cut.rgba[:, :, 3] > 127) & ~before, truth) > least
