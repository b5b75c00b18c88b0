"""The catalogue's gowns as a dressmaker notes them down: a file a gown in studio/gowns, checked; a new file is a new
gown. `trim` (lace on the skirt), `beads`, `belt` and `draped` may be left out."""

from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "gowns"
COLOURS = {
    "ivory": (0.86, 0.77, 0.64),
    "white": (0.90, 0.865, 0.81),
    "champagne": (0.74, 0.58, 0.40),
    "blush": (0.86, 0.60, 0.50),
}
WORDS = {  # what a file may say under a key; the others take a text, a number or yes and no
    "silhouette": ("a-line", "ball gown", "sheath", "mermaid", "trumpet", "tea-length"),  # see skirts.CUTS
    "neckline": ("straight", "sweetheart", "off-shoulder", "v-neck", "bateau", "halter", "illusion"),  # see bodices
    "sleeve": ("strapless", "straps", "sleeveless", "cap", "short", "long"),
    "colour": tuple(COLOURS),
    "bodice": ("satin", "crepe", "lace"),  # see fabrics
    "skirt": ("satin", "crepe", "tulle"),
    "trim": ("waist", "hem", "both"),
}


class WrongGown(ValueError):
    """What is wrong with a gown's file: names the file and the key."""


@dataclass(frozen=True)
class Design:
    """What is said of a gown, and how it is made."""

    name: str
    silhouette: str
    neckline: str
    sleeve: str
    colour: str
    upper: str  # the bodice's cloth
    lower: str  # the skirt's cloth
    seed: int  # of its folds and beads: another number, other folds
    trim: str = ""  # where lace lies on the skirt
    beads: int = 0  # on the bodice
    belt: bool = True
    draped: bool = False  # the bodice is laid in folds; otherwise it has seams

    @property
    def tags(self) -> dict[str, str]:
        """What the page filters by."""
        cloths = dict.fromkeys((self.upper, self.lower, *(("lace",) if self.trim else ())))
        tea = self.silhouette == "tea-length"
        return {
            "silhouette": "a-line" if tea else self.silhouette,
            "neckline": self.neckline,
            "sleeve": self.sleeve,
            "colour": self.colour,
            "length": "tea" if tea else "floor",
            "fabric": " and ".join(cloths) + (", beaded" if self.beads else ""),
        }


KEYS = {{"upper": "bodice", "lower": "skirt"}.get(field.name, field.name): field for field in fields(Design)}


def read(path: Path) -> Design:
    """A gown's file, checked."""
    try:
        noted = yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as error:
        raise WrongGown(f"{path} is not YAML: {error}") from error
    if not isinstance(noted, dict):
        raise WrongGown(f"{path} must say `key: value`, a line each, for {', '.join(KEYS)}")
    for key in dict.fromkeys([*noted, *KEYS]):
        if problem := _problem(key, noted):
            raise WrongGown(f"{path}: {key}: {problem}")
    return Design(**{KEYS[key].name: value for key, value in noted.items()})


def _problem(key: str, noted: dict[str, object]) -> str:
    """What is wrong with a key of a file; empty if nothing is."""
    if key not in KEYS:
        return f"no such key; there are {', '.join(KEYS)}"
    if key not in noted:
        return "is missing" if KEYS[key].default is MISSING else ""
    value, kind = noted[key], KEYS[key].type
    if key in WORDS and value not in WORDS[key]:
        return f"{value!r} is none of {', '.join(WORDS[key])}"
    if type(value) is not kind or (isinstance(value, int) and value < 0):
        return f"{value!r} is no {'text' if kind is str else 'yes or no' if kind is bool else 'number from 0'}"
    if key == "trim" and noted.get("skirt") == "tulle":
        return "a skirt of tulle has none"
    if key == "draped" and value and noted.get("bodice") == "lace":
        return "lace is not laid in folds"
    return ""


DESIGNS = {path.stem: read(path) for path in sorted(FOLDER.glob("*.yaml"))}
