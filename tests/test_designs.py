"""The catalogue's gowns as noted in studio/gowns: all can be read, and what is wrong with a file is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from studio import lace
from studio.designs import DESIGNS, FOLDER, WrongGown, read
from tryon.archives import ROOT


def test_the_catalogue_shows_the_gowns_that_are_noted() -> None:
    shown = {path.parent.name: json.loads(path.read_text()) for path in (ROOT / "gowns").glob("*/gown.json")}
    assert {slug: (about["name"], about["tags"]) for slug, about in shown.items()} == {
        slug: (design.name, design.tags) for slug, design in DESIGNS.items()
    }


def test_a_gown_is_read_word_by_word() -> None:
    gown = read(FOLDER / "delphine.yaml")
    assert (gown.name, gown.upper, gown.lower, gown.trim) == ("Delphine", "lace", "satin", "both")
    assert (gown.beads, gown.belt, gown.seed) == (1200, False, 59)
    assert read(FOLDER / "rosalie.yaml").belt
    assert read(FOLDER / "margaux.yaml").draped


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"colour": "magenta"}, "colour: 'magenta' is none of ivory, white, champagne, blush"),
        ({"bodice": "tulle"}, "bodice: 'tulle' is none of"),
        ({"color": "ivory"}, "color: no such key; there are name, silhouette"),
        ({"upper": "lace"}, "upper: no such key"),
        ({7: "lace"}, "7: no such key"),
        ({"beads": "many"}, "beads: 'many' is no number from 0"),
        ({"beads": -1}, "beads: -1 is no number"),
        ({"seed": True}, "seed: True is no number"),
        ({"belt": 1}, "belt: 1 is no yes or no"),
        ({"name": None}, "name: None is no text"),
        ({"sleeve": ["cap"]}, "sleeve: ['cap'] is none of"),
        ({"skirt": "tulle", "trim": "hem"}, "trim: a skirt of tulle has none"),
        ({"bodice": "lace", "draped": True}, "draped: lace is not laid in folds"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_file(change: dict[object, object], said: str, tmp_path: Path) -> None:
    noted = yaml.safe_load((FOLDER / "rosalie.yaml").read_text())
    path = tmp_path / "rosalie.yaml"
    path.write_text(yaml.safe_dump(noted | change))
    with pytest.raises(WrongGown, match=re.escape(f"{path}: {said}")):
        read(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [("name: Ada\n", ": silhouette: is missing"), ("", " must say"), ("- lace\n", " must say"), ("a: b: c", " is not")],
)
def test_a_file_that_says_too_little_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "ada.yaml"
    path.write_text(text)
    with pytest.raises(WrongGown, match=re.escape(f"{path}{said}")):
        read(path)


def test_the_tile_of_lace_repeats_without_a_seam() -> None:
    tile = lace.tile()
    for axis in (0, 1):
        steps = np.abs(tile - np.roll(tile, 1, axis)).mean(1 - axis)  # from each row or column to the one before
        assert steps[0] < steps.mean() + 3 * steps.std()
    assert np.array_equal(tile, lace.tile.__wrapped__())
    assert 0.3 < tile.mean() < 0.6
