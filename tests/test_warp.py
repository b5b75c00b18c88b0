"""Warp: a gown's landmarks land on the body, it does not fold, keeps its cut and its lace, and obeys `fit`."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn import gown, joints, person

from tryon import anchors, warp
from tryon.anchors import Body
from tryon.gown import Gown
from tryon.images import F32, U8
from tryon.options import Fit

SIZE = (720, 480)


@pytest.fixture
def body() -> Body:
    pose = joints(2.0)
    _, labels = person(pose, SIZE)
    return anchors.find(pose, (labels > 0).astype(np.uint8) * 255)


def marked(name: str) -> Gown:
    """The gown, transparent but for a disc on one landmark."""
    plain = gown()
    rgba = np.zeros_like(plain.rgba)
    x, y = plain.landmarks[name]
    cv2.circle(rgba, (round(x), round(y)), 8, (255, 255, 255, 255), -1)
    return Gown(rgba, plain.landmarks)


def centre(rgba: U8) -> F32:
    """The centre of what is opaque, (x, y)."""
    alpha = rgba[:, :, 3].astype(float)
    rows, columns = np.mgrid[0 : alpha.shape[0], 0 : alpha.shape[1]]
    return np.array([(alpha * columns).sum(), (alpha * rows).sum()], np.float32) / alpha.sum()


@pytest.mark.parametrize(
    ("name", "near"),
    [("shoulder_right", 0.03), ("bust_left", 0.06), ("waist_right", 0.06), ("hip_left", 0.08), ("hem_center", 0.03)],
)
def test_a_landmark_and_the_pixels_on_it_travel_together(body: Body, name: str, near: float) -> None:
    source, target = warp.pins(gown(), body, Fit())
    where = target[np.linalg.norm(source - gown().point(name), axis=1).argmin()]
    assert np.linalg.norm(centre(warp.hang(marked(name), body, Fit(), SIZE)) - where) < near * body.shoulder_width


def test_a_landmark_that_errs_moves_the_gown_by_less_than_half_of_that(body: Body) -> None:
    right = marked("bust_left")
    x, y = right.landmarks["bust_left"]
    wrong = Gown(right.rgba, {**right.landmarks, "bust_left": (x, y + 30)})
    one, other = (centre(warp.hang(g, body, Fit(), SIZE)) for g in (right, wrong))
    scale = body.shoulder_width / float(np.linalg.norm(right.point("shoulder_left") - right.point("shoulder_right")))
    assert np.linalg.norm(one - other) < 0.5 * 30 * scale


def test_the_skirt_keeps_its_cut_and_reaches_the_floor(body: Body) -> None:
    alpha = warp.hang(gown(), body, Fit(), SIZE)[:, :, 3] > 127
    rows = np.flatnonzero(alpha.any(1))
    hem, hip = alpha[rows[-1] - 12].sum(), alpha[int(body.pelvis[1])].sum()
    assert hem > 1.5 * hip
    assert hem / (rows[-1] - body.pelvis[1]) == pytest.approx(300 / 460, rel=0.1), (
        "as wide for its length as it was cut"
    )
    ankle = body.joints[[10, 13], 1].max()
    assert ankle + 0.08 * (ankle - body.pelvis[1]) < rows[-1] < ankle + 0.27 * (ankle - body.pelvis[1])


def test_the_gown_covers_bust_to_hips(body: Body) -> None:
    alpha = warp.hang(gown(), body, Fit(), SIZE)[:, :, 3]
    for name in ("bust", "waist", "hip"):
        middle = body.line(name).mean(0)
        assert alpha[int(middle[1]) + 8, int(middle[0])] == 255


def test_fit_moves_what_it_names(body: Body) -> None:
    def width(name: str, **fit: float) -> int:
        alpha = warp.hang(gown(), body, Fit(**fit), SIZE)[:, :, 3] > 127
        return int(alpha[int(body.line(name).mean(0)[1])].sum())

    assert width("waist", waist=1.2) > 1.1 * width("waist")
    assert width("bust", bust=0.85) < 0.95 * width("bust")
    plain, short = (warp.hang(gown(), body, Fit(hem=h), SIZE)[:, :, 3] > 127 for h in (1.0, 0.6))
    assert np.flatnonzero(short.any(1))[-1] < np.flatnonzero(plain.any(1))[-1] - 50
    moved = warp.hang(gown(), body, Fit(x=0.5), SIZE)[:, :, 3] > 127
    shift = np.argwhere(moved).mean(0)[1] - np.argwhere(plain).mean(0)[1]
    assert shift == pytest.approx(0.5 * body.shoulder_width, rel=0.15)


def test_a_spline_through_points_hits_them_and_folds_are_seen() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (9, 2)).astype(np.float32)
    values = points * 2 + 5
    np.testing.assert_allclose(warp.Spline.through(points, values, 0)(points), values, atol=0.05)
    crossed = np.array([[0, 0], [100, 0], [0, 100], [100, 100], [40, 50], [60, 50]], np.float32)
    swapped = crossed.copy()
    swapped[[4, 5], 0] = 90, 10
    assert warp._folds(warp.Spline.through(crossed, swapped, 0), crossed)
    assert not warp._folds(warp._inverse(crossed, swapped), crossed)


def test_lace_stays_lace() -> None:
    """A warp that only moves a fine pattern keeps its high frequencies: at least 0.9 of the Laplacian's energy."""
    pattern = np.random.default_rng(0).integers(0, 256, (200, 160, 1)).astype(np.uint8).repeat(4, 2)
    pattern = cv2.GaussianBlur(pattern, (0, 0), 1.0)
    points = np.array([[10, 10], [150, 10], [10, 190], [150, 190]], np.float32)
    moved = warp.remap(pattern, warp._inverse(points, points + 3.4), (220, 180))
    energy = [cv2.Laplacian(p, cv2.CV_32F).var() for p in (pattern[20:180, 20:140], moved[24:184, 24:144])]
    assert energy[1] / energy[0] > 0.9


@pytest.mark.parametrize("size", [0.6, 0.95, 1.0, 1.4])
def test_a_sleeve_lands_on_the_arm_at_every_scale(body: Body, size: float) -> None:
    """A cut-out's sleeve is drawn round its elbow; on the photo it must lie round the bride's."""
    plain = gown()
    source, target = warp.pins(plain, body, Fit())
    spread = [float(np.linalg.norm(np.ptp(p, 0))) for p in (source, target)]
    scale = spread[1] / spread[0] / size  # the gown on the photo is `size` times its cut-out
    marks = {name: (x * scale, y * scale) for name, (x, y) in plain.landmarks.items()}
    marks["elbow_right"] = (marks["shoulder_right"][0] - 60 * scale, marks["shoulder_right"][1] + 130 * scale)
    rgba = np.zeros((round(800 * scale), round(400 * scale), 4), np.uint8)
    where = tuple(round(v) for v in marks["elbow_right"])
    cv2.circle(rgba, where, max(3, round(10 * scale)), (255, 255, 255, 255), -1)
    lies = centre(warp.hang(Gown(rgba, marks), body, Fit(), SIZE))
    assert np.linalg.norm(lies - body.joints[3, :2]) < 0.05 * body.shoulder_width


def test_over_is_porter_and_duff() -> None:
    red, blue = np.full((1, 1, 4), (255, 0, 0, 255), np.uint8), np.full((1, 1, 4), (0, 0, 255, 255), np.uint8)
    clear = np.zeros((1, 1, 4), np.uint8)
    assert warp.over(red, blue)[0, 0].tolist() == [255, 0, 0, 255]
    assert warp.over(clear, blue)[0, 0].tolist() == [0, 0, 255, 255]
    half = np.full((1, 1, 4), (255, 0, 0, 128), np.uint8)
    assert np.abs(warp.over(half, blue)[0, 0].astype(int) - (128, 0, 127, 255)).max() <= 1


def test_a_bodice_is_not_drawn_out_to_the_chin(body: Body) -> None:
    """Who marked the cut-out may call another height the bust; a height near the body's own goes to the body's."""
    plain = gown()

    def lands(own: float) -> float:
        bust = {f"bust_{side}": (plain.landmarks[f"bust_{side}"][0], 60 + own * 170) for side in ("right", "left")}
        source, target = warp.pins(Gown(plain.rgba, {**plain.landmarks, **bust}), body, Fit())
        where = target[np.linalg.norm(source - np.array(bust["bust_left"], np.float32), axis=1).argmin()]
        return float((where - body.neck) @ (body.pelvis - body.neck) / body.torso**2)

    assert lands(0.2) == pytest.approx(0.2 * warp.STRETCH, abs=0.01)
    assert lands(0.33) == pytest.approx(anchors.BUST, abs=0.01)


def test_a_wide_coat_makes_nobody_wide() -> None:
    pose = joints(2.0)
    coat = np.zeros(SIZE, np.uint8)
    coat[150:, 60:420] = 255
    wide = anchors.find(pose, coat)
    for name, share in anchors.BODY.items():
        assert wide.half[name] < 1.08 * share * wide.shoulder_width
