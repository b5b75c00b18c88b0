"""The brides of the paired pictures: body, skin, hair, everyday clothes, place and light, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.stances import STANCES

Colour = tuple[float, float, float]

# linear RGB of skin, light to dark, and how it may be named
TONES: tuple[Colour, ...] = (
    (0.66, 0.42, 0.32), (0.58, 0.33, 0.225), (0.50, 0.28, 0.19), (0.40, 0.21, 0.125), (0.27, 0.13, 0.072),
    (0.16, 0.075, 0.042), (0.085, 0.042, 0.026),
)  # fmt: skip
# of hair: melanin and redness (Blender's strand shader), by how light the skin is
HAIRS = {"blonde": (0.22, 0.35), "red": (0.45, 0.95), "brown": (0.62, 0.6), "dark": (0.82, 0.5), "black": (0.97, 0.3)}
IRISES: tuple[Colour, ...] = ((0.10, 0.05, 0.02), (0.06, 0.08, 0.07), (0.05, 0.09, 0.15), (0.03, 0.015, 0.008))
STYLES = ("bob", "long", "updo")
TOPS = ("T-shirt", "long sleeves", "tank top")
BOTTOMS = ("trousers", "skirt")
TOP_COLOURS: tuple[Colour, ...] = (
    (0.03, 0.30, 0.27), (0.55, 0.06, 0.07), (0.70, 0.68, 0.64), (0.04, 0.05, 0.09), (0.62, 0.42, 0.07),
    (0.20, 0.32, 0.55), (0.40, 0.16, 0.32), (0.16, 0.24, 0.09), (0.72, 0.38, 0.36), (0.20, 0.20, 0.21),
)  # fmt: skip
BOTTOM_COLOURS: tuple[Colour, ...] = (
    (0.035, 0.065, 0.16), (0.02, 0.02, 0.024), (0.36, 0.28, 0.19), (0.12, 0.12, 0.13), (0.10, 0.16, 0.30),
    (0.13, 0.14, 0.07), (0.22, 0.05, 0.06),
)  # fmt: skip
SHOES: tuple[Colour, ...] = ((0.30, 0.02, 0.03), (0.02, 0.02, 0.02), (0.6, 0.58, 0.55), (0.40, 0.24, 0.15))
PLACES = ("room", "garden", "room", "terrace")
WALLS: tuple[Colour, ...] = ((0.42, 0.47, 0.46), (0.60, 0.55, 0.47), (0.30, 0.37, 0.45), (0.66, 0.65, 0.63),
                             (0.45, 0.30, 0.26), (0.28, 0.34, 0.27))  # fmt: skip
LIGHTS = {"room": ("soft", "left", "right", "evening"), "garden": ("sun", "overcast"), "terrace": ("overcast", "sun")}


@dataclass(frozen=True)
class Look:
    """One photo of a bride in everyday clothes."""

    name: str
    seed: int
    arms: tuple[str, str]  # her left, her right; see stances.ARMS
    top: str
    bottom: str
    colours: tuple[Colour, Colour, Colour]  # of top, bottom, shoes
    striped: bool  # the top
    place: str
    light: str
    wall: Colour


@dataclass(frozen=True)
class Bride:
    """Who she is, and her photos."""

    name: str
    seed: int
    morphs: dict[str, float]
    tone: Colour
    melanin: float
    redness: float
    iris: Colour
    style: str
    looks: tuple[Look, ...]

    @classmethod
    def drawn(cls, number: int, looks: int = 2) -> Bride:
        """Tones, styles and clothes go round, so that a few brides have them all; shapes and the rest are chance."""
        random = np.random.default_rng([2027, number])
        place = number * 3 % len(TONES)
        shades = ("blonde", "red", "brown", "dark") if place < 3 else ("dark", "black")
        melanin, redness = HAIRS[shades[number // len(TONES) % len(shades)] if place else shades[number % 2]]
        return cls(
            name=f"{number:02d}",
            seed=number,
            morphs=morphs(random, place),
            tone=jittered(random, TONES[place], 0.04),
            melanin=float(np.clip(melanin + random.normal(0, 0.03), 0.1, 1)),
            redness=redness,
            iris=IRISES[random.integers(3) if place < 3 else 3],
            style=STYLES[number % len(STYLES)],
            looks=tuple(_look(number, k, random) for k in range(looks)),
        )


def _look(number: int, which: int, random: np.random.Generator) -> Look:
    place = PLACES[(number + which) % len(PLACES)]
    return Look(
        name=f"{number:02d}{'abcd'[which]}",
        seed=10 * number + which,
        arms=STANCES[(2 * number + which) % len(STANCES)],
        top=TOPS[number % len(TOPS)] if which == 0 else TOPS[1 + number // 2 % 2],
        bottom=BOTTOMS[int((number + 2 * which) % 5 == 1)],
        colours=(
            jittered(random, TOP_COLOURS[(3 * number + 5 * which) % len(TOP_COLOURS)], 0.1),
            jittered(random, BOTTOM_COLOURS[(number + 3 * which) % len(BOTTOM_COLOURS)], 0.1),
            SHOES[random.integers(len(SHOES))],
        ),
        striped=(number + which) % 5 == 3,
        place=place,
        light=LIGHTS[place][random.integers(len(LIGHTS[place]))],
        wall=WALLS[(number + which) % len(WALLS)],
    )


def jittered(random: np.random.Generator, colour: Colour, share: float) -> Colour:
    """The colour, a little lighter or darker and a little off in hue."""
    r, g, b = (np.array(colour) * np.exp(random.normal(0, share) + random.normal(0, share / 4, 3))).clip(0, 0.9)
    return float(r), float(g), float(b)


def morphs(random: np.random.Generator, tone: int) -> dict[str, float]:
    """A young woman's shape: origins by her tone, any share between slender and full, a face of her own."""
    names = ("caucasian", "asian", "african")
    likely = ((6, 2, 0.5), (2, 6, 1), (0.5, 1, 8))[min(2, (tone + 1) // 2)]
    origins = dict(zip(names, random.dirichlet(likely), strict=True))
    full = random.uniform(-0.5, 0.62)  # slender to full
    weights = {"minweight": max(0.0, -full), "averageweight": 1 - abs(full), "maxweight": max(0.0, full)}
    muscle = random.uniform(0, 0.3)
    ideal = random.uniform(0.4, 0.9)
    out = {f"macrodetails/{name}-female-young": float(part) for name, part in origins.items()}
    for weight, part in weights.items():
        shape = f"female-young-averagemuscle-{weight}"
        out[f"macrodetails/universal-{shape}"] = part * (1 - muscle)
        out[f"macrodetails/universal-{shape.replace('average', 'max', 1)}"] = part * muscle
        out[f"macrodetails/proportions/{shape}-idealproportions"] = part * ideal
    face = random.choice(["oval", "round", "rectangular", "square", "triangular", "diamond"])
    tall = random.uniform(-0.4, 0.4)
    out[f"macrodetails/height/female-young-averagemuscle-averageweight-{'max' if tall > 0 else 'min'}height"] = abs(
        tall
    )
    return out | {f"head/head-{face}": float(random.uniform(0.1, 0.4)), "mouth/mouth-angles-up": 0.35}
