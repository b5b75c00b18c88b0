"""Gowns that nobody wears: their landmarks from the outline alone, and as broad as they hang on a body."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn import gown as drawn

from tryon import landmarks, outline
from tryon.drape import Drape
from tryon.gown import cut_out, load
from tryon.images import F32, U8
from tryon.landmarks import Points

FOLDERS = sorted(path.parent for path in (Path(__file__).parents[1] / "gowns").glob("*/gown.json"))


def masks(alpha: U8) -> U8:
    """HxWx2, of a gown and no user."""
    return np.dstack([np.zeros_like(alpha), alpha])


def breadth(marks: Points, line: str) -> float:
    return marks[f"{line}_left"][0] - marks[f"{line}_right"][0]


def wider(picture: U8, by: float) -> U8:
    return np.asarray(cv2.resize(picture, None, fx=by, fy=1), np.uint8)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_outline_tells_where_a_gown_hangs_on_a_body(folder: Path) -> None:
    """Straps and none, halters, sleeves of any length: all landmarks near those of the body it was rendered on."""
    gown = load(folder)
    found, height = outline.flat(gown.rgba[:, :, 3]), np.ptp(np.flatnonzero(gown.rgba[:, :, 3].any(1)))
    bones = {name for name in gown.landmarks if name.startswith(("elbow", "wrist"))}
    assert set(found) == {*landmarks.NAMES, *bones}, "sleeves where there are sleeves"
    away = {name: np.subtract(found[name], gown.landmarks[name]) / height for name in found}
    torso = [abs(float(away[f"{line}_{side}"][1])) for line in landmarks.LINES[:4] for side in ("right", "left")]
    assert max(torso) < 0.025, "the lines' levels"
    assert max((float(np.linalg.norm(away[name])) for name in bones), default=0) < 0.025


@pytest.mark.parametrize("name", ["rosalie", "thea", "seraphina"])
def test_a_gown_laid_flat_is_drawn_in_to_a_body_s_breadth(name: str) -> None:
    gown = load(FOLDERS[0].parent / name)
    flat = wider(gown.rgba, 1.4)
    hung = cut_out(np.ascontiguousarray(flat[:, :, :3]), masks(flat[:, :, 3]), None)
    assert hung.rgba.shape == flat.shape
    shares = [breadth(m, "waist") / breadth(m, "shoulder") for m in (gown.landmarks, hung.landmarks)]
    assert shares[1] == pytest.approx(shares[0], rel=0.15)
    hips = hung.rgba[int(hung.landmarks["hip_right"][1]), :, 3] > 127
    assert hips.sum() == pytest.approx(breadth(hung.landmarks, "hip"), rel=0.02), "cloth and landmarks move alike"
    assert hung.filled is not None
    assert hung.filled.shape == flat.shape[:2]


@pytest.mark.parametrize("name", ["rosalie", "seraphina", "delphine"])
def test_a_gown_whose_thin_straps_are_not_seen_still_hangs_from_the_shoulders(name: str) -> None:
    gown = load(FOLDERS[0].parent / name)
    whole = gown.rgba[:, :, 3]
    cut = np.asarray(cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((41, 41), np.uint8)), np.uint8)
    assert np.flatnonzero((cut > 127).any(1))[0] > gown.landmarks["shoulder_right"][1], "its straps are gone"
    off = outline.flat(cut)["shoulder_right"][1] - gown.landmarks["shoulder_right"][1]
    assert abs(off) < 0.025 * np.ptp(np.flatnonzero((whole > 127).any(1)))
    assert Drape.of(cut, outline.flat(cut)) is None


def test_a_gown_as_broad_as_a_body_stays_to_the_pixel() -> None:
    for folder in FOLDERS:
        alpha = load(folder).rgba[:, :, 3]
        assert Drape.of(alpha, outline.flat(alpha)) is None, folder.name


def test_an_alpha_that_is_given_stays() -> None:
    """Whoever cut a gown out has shaped it, too."""
    flat = wider(load(FOLDERS[0].parent / "rosalie").rgba, 1.4)
    cut = cut_out(flat, masks(flat[:, :, 3]), None)
    np.testing.assert_array_equal(cut.rgba[:, :, 3], flat[:, :, 3])


def test_a_narrow_gown_is_drawn_out_and_stays_in_its_picture() -> None:
    gown = load(FOLDERS[0].parent / "celeste")
    narrow = cv2.copyMakeBorder(wider(gown.rgba, 0.75), 0, 0, 400, 400, cv2.BORDER_CONSTANT)
    drape = Drape.of(narrow[:, :, 3], outline.flat(narrow[:, :, 3]))
    assert drape is not None
    before, after = ((picture > 127).any(0).sum() for picture in (narrow[:, :, 3], drape(narrow)[:, :, 3]))
    assert 1.1 < after / before < 1.45


def test_a_gown_that_lies_askew_has_its_shoulders_over_its_bodice() -> None:
    gown = load(FOLDERS[0].parent / "rosalie")
    height, width = gown.rgba.shape[:2]
    lean = np.array([[1, -0.2, 0.2 * height], [0, 1, 0]])
    askew = np.asarray(cv2.warpAffine(gown.rgba[:, :, 3], lean, (width + round(0.2 * height), height)), np.uint8)
    found = outline.flat(askew)
    for side in ("right", "left"):
        x, y = gown.landmarks[f"shoulder_{side}"]
        assert abs(found[f"shoulder_{side}"][0] - (x - 0.2 * y + 0.2 * height)) < 0.035 * height


def test_any_blot_has_landmarks() -> None:
    chance = np.random.default_rng(0)
    for _ in range(200):
        size: F32 = chance.integers(20, 160, 2)
        blot = np.zeros(tuple(size), np.uint8)
        for _ in range(int(chance.integers(1, 5))):
            cv2.fillPoly(
                blot, [np.stack([chance.integers(0, side, 5) for side in size[::-1]], 1).astype(np.int32)], 255
            )
        if (blot > 0).sum() > 5:
            found = outline.flat(blot)
            assert set(landmarks.NAMES) <= set(found)
            assert np.isfinite(list(found.values())).all()
            if drape := Drape.of(blot, found):
                assert drape(blot).shape == blot.shape


def test_a_low_strapless_gown_is_measured_by_its_waist() -> None:
    gown = drawn()
    found = outline.flat(gown.rgba[:, :, 3])
    assert found["shoulder_right"][1] == pytest.approx(gown.landmarks["shoulder_right"][1], abs=25)
    assert breadth(found, "shoulder") == pytest.approx(breadth(gown.landmarks, "shoulder"), rel=0.1)


def test_sleeves_that_hang_along_a_bodice_end_in_a_leap_of_its_outline() -> None:
    dress = np.zeros((460, 400), np.uint8)
    dress[40:420, 150:250] = 255
    bare = outline.flat(dress)
    assert not {"elbow_right", "elbow_left"} & set(bare)
    for x, end in ((118, 250), (250, 230)):
        dress[46:end, x : x + 32] = 255
    found = outline.flat(dress)
    for name in ("waist", "hip"):
        assert breadth(found, name) == pytest.approx(100, abs=3)
    assert {"elbow_right", "elbow_left"} <= set(found)
    assert 118 < found["elbow_right"][0] < 155
    assert 245 < found["elbow_left"][0] < 282


@pytest.mark.parametrize(("ends", "followed"), [(0.05, False), (0.35, True)])
def test_a_sleeve_that_ends_well_below_the_elbow_follows_the_forearm(ends: float, followed: bool) -> None:
    gown = load(FOLDERS[0].parent / "ingrid")
    alpha = gown.rgba[:, :, 3].copy()
    rows, columns = np.indices(alpha.shape)
    for side in ("right", "left"):
        elbow, wrist = (np.array(gown.landmarks[f"{joint}_{side}"]) for joint in ("elbow", "wrist"))
        way = wrist - elbow
        along = ((columns - elbow[0]) * way[0] + (rows - elbow[1]) * way[1]) / (way @ way)
        aside = np.abs((columns - elbow[0]) * way[1] - (rows - elbow[1]) * way[0]) / np.linalg.norm(way)
        alpha[(along > ends) & (along < 1.4) & (aside < 0.25 * np.linalg.norm(way))] = 0
    found = outline.flat(alpha)
    assert {"elbow_right", "elbow_left"} <= set(found)
    assert ({"wrist_right", "wrist_left"} <= set(found)) == followed
    for name in {"wrist_right", "wrist_left"} & set(found):
        assert np.linalg.norm(np.subtract(found[name], gown.landmarks[name])) < 0.04 * len(alpha)
