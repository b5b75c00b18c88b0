"""The catalogue's commands: a picture becomes a gown's folder, edits by hand stay, and what is wrong is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from drawn import gown as drawn_gown
from PIL import Image
from typer.testing import CliRunner

from training.samples import read_photo
from training.triples import Triples
from tryon import adding, assets, checks, preview, tags
from tryon.adding import Nets, Told
from tryon.archives import ROOT
from tryon.cli import app
from tryon.errors import InputValidationError
from tryon.gown import load
from tryon.images import Letterbox
from tryon.landmarks import NAMES
from website import catalogue

SAMPLE = ROOT / "samples" / "gown.jpg"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["gown", *map(str, words)], env={"COLUMNS": "160"})


@pytest.fixture(scope="module")
def nets() -> Nets:
    return Nets.load(ROOT / "weights")


@pytest.fixture(scope="module")
def made(nets: Nets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of one gown, made of the sample's picture; tests copy it."""
    folder = tmp_path_factory.mktemp("catalogue") / "sample"
    adding.add(SAMPLE, folder, Told("Sample", {"neckline": "v-neck"}, "CC0-1.0"), nets)
    return folder.parent


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "gowns"))


def edit(folder: Path, change: Callable[[dict], object]) -> None:
    about = json.loads((folder / "gown.json").read_text())
    change(about)
    (folder / "gown.json").write_text(json.dumps(about))


def test_what_hands_hid_of_a_worn_gown_is_marked_in_a_file(tmp_path: Path) -> None:
    brides = Triples(ROOT / "samples" / "pairs")
    picture = tmp_path / "worn.png"
    Image.fromarray(brides.picture("01a-margaux", "after")).save(picture)
    assert run("add", picture, "--out", tmp_path / "gowns").exit_code == 0
    folder = tmp_path / "gowns" / "worn"
    with Image.open(folder / "filled.png") as file:
        filled = np.asarray(file)
    assert filled.shape == load(folder).rgba.shape[:2]
    left, top = json.loads((folder / "gown.json").read_text())["picture"]["corner"]
    rows, columns = np.nonzero(filled > 127)
    hands = brides.mask("01a-margaux", "after", "front")[rows + top, columns + left]
    assert len(rows) > 1000
    assert hands.mean() > 0.6


def test_a_picture_becomes_a_gown_that_page_and_warp_can_use(made: Path) -> None:
    listed = catalogue.read(made)["sample"].listed()
    assert (listed.name, listed.tags.neckline, listed.licence) == ("Sample", "v-neck", "CC0-1.0")
    asset, about = load(made / "sample"), assets.read(made / "sample")
    assert about.found == "pose"
    assert set(NAMES) <= set(asset.landmarks)
    assert "neckline" not in about.guessed
    assert checks.problems(made / "sample") == []
    assert {p.name for p in (made / "sample").iterdir()} >= {"gown.png", "product.jpg", "thumb.jpg", "preview.jpg"}
    assert [p.name for p in made.iterdir()] == ["sample"], "nothing temporary is left"


def test_the_cut_out_is_that_of_the_sample(made: Path) -> None:
    """The sample was rendered both worn and as a cut-out: proportions of found and true landmarks agree."""
    true = json.loads((ROOT / "samples" / "gown.json").read_text())["landmarks"]
    found = load(made / "sample").landmarks
    for part in ("waist", "hip"):
        widths = [(m[f"{part}_left"][0] - m[f"{part}_right"][0]) / (m["hem_center"][1] - m["waist_left"][1])
                  for m in (found, true)]  # fmt: skip
        assert widths[0] == pytest.approx(widths[1], rel=0.25), part


def test_a_cut_out_keeps_its_alpha_and_is_hung_by_its_outline(nets: Nets, tmp_path: Path) -> None:
    Image.fromarray(drawn_gown().rgba).save(tmp_path / "Grid Gown.png")
    about = adding.add(tmp_path / "Grid Gown.png", tmp_path / "out" / "grid", Told(licence="ours"), nets)
    assert (about.name, about.found) == ("Grid Gown", "outline")
    alpha = load(tmp_path / "out" / "grid").rgba[:, :, 3]
    assert (alpha > 127).sum() == pytest.approx((drawn_gown().rgba[:, :, 3] > 127).sum(), rel=0.001)


def test_the_preview_shows_a_bride_in_the_gown(made: Path, nets: Nets) -> None:
    height, width = preview.SIZE
    seen = read_photo(made / "sample" / "preview.jpg")
    assert seen.shape == (height, 2 * width, 3)
    box = Letterbox.fit((nets.bride.photo.shape[0], nets.bride.photo.shape[1]), preview.SIZE)
    change = np.abs(seen[:, width:].astype(int) - box.image(nets.bride.photo)).max(2)
    assert np.median(change[500:900, 350:550]) > 25, "her clothes are gone"
    assert (change[:, :100] > 20).mean() < 0.01, "she stands where she stood"


def test_a_gown_with_problems_is_drawn_without_a_bride(shop: Path) -> None:
    shutil.copytree(shop / "sample", shop / "torn")
    edit(shop / "torn", lambda about: about["landmarks"].pop("waist_left"))
    result = run("check", shop, "--previews", shop / "seen")
    assert result.exit_code == 1
    assert "waist_left" in result.output
    whole, torn = (read_photo(shop / "seen" / f"{name}.jpg")[:, preview.SIZE[1] + 8 :] for name in ("sample", "torn"))
    assert whole.min() < 100
    assert torn.min() > 240
    assert (shop / "seen" / "sheet.jpg").exists()


def test_landmarks_edited_by_hand_and_the_shop_s_words_stay(nets: Nets, shop: Path) -> None:
    folder = shop / "sample"
    edit(folder, lambda about: about.update(edited=["waist_left"]) or about["landmarks"].update(waist_left=[333, 222]))
    with pytest.raises(InputValidationError, match="--replace"):
        adding.add(SAMPLE, folder, Told(), nets)
    about = adding.add(SAMPLE, folder, Told(tags={"fabric": "tulle"}), nets, again=True)
    assert about.landmarks["waist_left"] == (333, 222)
    assert (about.edited, about.name, about.licence) == (["waist_left"], "Sample", "CC0-1.0")
    assert about.tags["neckline"] == "v-neck"
    assert about.tags["fabric"] == "tulle"


def test_edits_for_another_picture_are_not_used(nets: Nets, shop: Path) -> None:
    edit(shop / "sample", lambda about: about.update(edited=["waist_left"]) or about["picture"].update(sha256="other"))
    before = (shop / "sample" / "gown.json").read_bytes()
    with pytest.raises(InputValidationError, match="edited by hand for another picture"):
        adding.add(SAMPLE, shop / "sample", Told(), nets, again=True)
    assert (shop / "sample" / "gown.json").read_bytes() == before


def test_one_picture_that_fails_does_not_end_the_rest(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    result = run("add", tmp_path / "broken.jpg", SAMPLE, "--out", tmp_path / "out", "--tag", "neckline=v-neck")
    assert result.exit_code == 1
    assert "ImageLoadError" in result.output
    assert "1 of 2 gowns" in result.output
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["gown"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([SAMPLE, SAMPLE, "--name", "Two"], "describe one gown"),
        ([SAMPLE, "--tag", "neck=round"], "KEY=VALUE"),
        ([SAMPLE, "--id", "../Elsewhere"], "small letters"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[object], said: str) -> None:
    result = run("add", *words)
    assert result.exit_code == 1
    assert said in result.output


def test_the_committed_catalogue_is_whole(tmp_path: Path) -> None:
    result = run("check", ROOT / "gowns", "--previews", tmp_path)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "sheet.jpg").exists()
    assert len(json.loads(run("list", ROOT / "gowns", "--json").output)) >= 16
    assert "Rosalie" in run("list", ROOT / "gowns").output


def test_the_committed_catalogue_has_every_kind_of_gown_in_a_useful_size() -> None:
    gowns = catalogue.read(ROOT / "gowns")
    for name, words in tags.WORDS.items():
        assert {getattr(gown.about.tags, name) for gown in gowns.values()} == set(words), name
    for cloth in ("satin", "crepe", "tulle", "lace", "beaded"):
        assert any(cloth in gown.about.tags.fabric for gown in gowns.values()), cloth
    for gown in gowns.values():
        with Image.open(gown.folder / "gown.png") as cut:
            assert cut.width >= 1024, gown.id
            assert cut.height >= 1536, gown.id
            left, top, right, bottom = cut.getchannel("A").point(lambda a: 255 * (a > 8)).getbbox()
        assert bottom - top > 0.9 * cut.height, f"{gown.id} does not fill its picture"
        assert min(left, top, cut.width - right, cut.height - bottom) > 8, f"{gown.id} touches its frame"
        assert ("wrist_left" in gown.about.landmarks) == (gown.about.tags.sleeve == "long"), gown.id
    assert sum(path.stat().st_size for path in (ROOT / "gowns").rglob("*.*")) < 30 * 2**20


def test_lace_lets_skin_through() -> None:
    for gown in catalogue.read(ROOT / "gowns").values():
        if gown.about.tags.neckline != "illusion":
            continue
        marks = gown.about.landmarks
        alpha = np.asarray(Image.open(gown.folder / "gown.png"))[:, :, 3]
        row = round(marks["shoulder_left"][1])
        half = (marks["shoulder_left"][0] - marks["shoulder_right"][0]) / 4
        middle = (marks["shoulder_left"][0] + marks["shoulder_right"][0]) / 2
        above_bust = alpha[row : row + 40, round(middle - half) : round(middle + half)]
        assert ((above_bust > 20) & (above_bust < 200)).mean() > 0.1, gown.id


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a.update(licence=""), "licence"),
        (lambda a: a["tags"].update(neckline=tags.UNKNOWN), "neckline"),
        (lambda a: a["landmarks"].pop("hem_center"), "missing: hem_center"),
        (lambda a: a["landmarks"].update(hip_right=[-5, 300]), "outside"),
        (lambda a: a["landmarks"].update(waist_right=a["landmarks"]["waist_left"]), "right lies right of"),
        (lambda a: a["landmarks"].update(bust_right=[200, 700], bust_left=[300, 700]), "bust lies below the waist"),
        (lambda a: a.update(edited=["knee"]), "no landmark"),
    ],
)
def test_a_wrong_gown_json_is_named(shop: Path, change: Callable[[dict], object], said: str) -> None:
    edit(shop / "sample", change)
    assert said in " ".join(checks.problems(shop / "sample"))


def test_wrong_pictures_are_named(shop: Path) -> None:
    folder = shop / "sample"
    Image.new("RGB", (360, 480)).save(folder / "thumb.jpg")
    cut = np.asarray(Image.open(folder / "gown.png")).copy()
    cut[:40, :, 3] = 255
    Image.fromarray(cut).save(folder / "gown.png")
    said = " ".join(checks.problems(folder))
    assert "thumb.jpg shows something else" in said
    assert "touches the frame of gown.png (top, left, right)" in said
    (folder / "product.jpg").unlink()
    Image.fromarray(cut[:, :, :3]).save(folder / "gown.png")
    said = " ".join(checks.problems(folder))
    assert "product.jpg is missing" in said
    assert "must be a cut-out" in said
    result = run("check", shop)
    assert result.exit_code == 1
    assert "1 of 1 gowns have problems" in result.output
