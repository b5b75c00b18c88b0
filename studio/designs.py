"""The catalogue's gowns as a dressmaker would note them down. One row a gown; a new row is a new gown."""

from dataclasses import dataclass

COLOURS = {
    "ivory": (0.86, 0.77, 0.64),
    "white": (0.90, 0.865, 0.81),
    "champagne": (0.74, 0.58, 0.40),
    "blush": (0.86, 0.60, 0.50),
}
SHEER = ("illusion",)  # necklines whose lace lies on bare skin above a lining


@dataclass(frozen=True)
class Design:
    """What is said of a gown, and how it is made."""

    name: str
    silhouette: str  # of skirts.CUTS
    neckline: str  # of bodices.ROUND or bodices.OPEN
    sleeve: str  # strapless, straps, sleeveless, cap, short or long
    colour: str  # of COLOURS
    upper: str  # of fabrics.CLOTHS: the bodice
    lower: str  # of fabrics.CLOTHS: the skirt
    seed: int
    trim: str = ""  # where lace lies on the skirt: waist, hem or both
    beads: int = 0  # on the bodice
    belt: bool = True

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


DESIGNS = {
    "rosalie": Design("Rosalie", "a-line", "sweetheart", "straps", "ivory", "lace", "satin", 7),
    "margaux": Design("Margaux", "ball gown", "sweetheart", "strapless", "white", "satin", "satin", 11),
    "celeste": Design("Celeste", "sheath", "v-neck", "straps", "champagne", "satin", "satin", 3),
    "helena": Design("Helena", "mermaid", "straight", "strapless", "ivory", "lace", "satin", 5, "waist", belt=False),
    "audrey": Design("Audrey", "tea-length", "bateau", "sleeveless", "white", "satin", "satin", 9),
    "lucia": Design("Lucia", "a-line", "bateau", "short", "blush", "lace", "satin", 13, "hem"),
    "vivienne": Design("Vivienne", "mermaid", "illusion", "long", "ivory", "lace", "crepe", 17, "both", belt=False),
    "ophelia": Design("Ophelia", "ball gown", "off-shoulder", "short", "ivory", "satin", "tulle", 19),
    "ingrid": Design("Ingrid", "sheath", "bateau", "long", "white", "crepe", "crepe", 23),
    "noemi": Design("Noemi", "trumpet", "v-neck", "sleeveless", "ivory", "lace", "crepe", 29, "waist", belt=False),
    "thea": Design("Thea", "a-line", "halter", "sleeveless", "white", "crepe", "crepe", 31),
    "florence": Design("Florence", "a-line", "v-neck", "cap", "blush", "lace", "tulle", 37),
    "seraphina": Design("Seraphina", "ball gown", "illusion", "cap", "champagne", "lace", "tulle", 41, beads=1600),
    "juliette": Design("Juliette", "tea-length", "off-shoulder", "short", "ivory", "crepe", "crepe", 43),
    "beatrix": Design("Beatrix", "trumpet", "sweetheart", "strapless", "white", "satin", "satin", 47, beads=2600),
    "camille": Design("Camille", "a-line", "illusion", "long", "white", "lace", "tulle", 53),
    "delphine": Design(
        "Delphine", "mermaid", "v-neck", "straps", "champagne", "lace", "satin", 59, "both", 1200, False
    ),
    "elodie": Design("Elodie", "tea-length", "illusion", "short", "blush", "lace", "tulle", 61),
    "marlowe": Design("Marlowe", "sheath", "halter", "sleeveless", "ivory", "satin", "satin", 67),
}
