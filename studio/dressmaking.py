"""A design becomes a gown on a figure."""

from dataclasses import dataclass

import bpy
import numpy as np

from studio import bodices, clothes, fabrics, materials, scene, skirts
from studio.designs import COLOURS, Design
from studio.figure import BaseMesh, Figure, relaxed_pose, rotation, skin
from studio.geometry import Surface

LAYERS = (0.94, 0.97, 1.0)  # how wide each layer of tulle is; the lining under them is narrower
LINING = 0.90
NUDE = (0.80, 0.70, 0.62)  # what a lining's colour is multiplied by, so that lace stands out on it
LOOSER = 0.003  # metres between lace and its lining


@dataclass(frozen=True)
class Worn:
    """A gown on its figure, in the scene."""

    figure: Figure
    bodice: Surface
    skirt: Surface
    pieces: dict[str, Surface]  # by name, from the innermost


def dress(design: Design, figure: Figure) -> Worn:
    """The gown on a figure, in the scene."""
    second_skin, satin = clothes.tights(figure, 3), fabrics.satin(COLOURS[design.colour])
    above = _upper(design, figure, second_skin.cut(second_skin.points[:, 2] - figure.levels["hip"] + 0.1))
    below = _skirt(design, figure, clothes.torso(second_skin))
    pieces = below | above
    if design.belt:
        pieces["belt"] = bodices.belt(figure, second_skin)
        fabrics.wear(pieces["belt"], satin, 0.002)
    if design.sleeve == "straps":
        pieces["straps"] = bodices.straps(figure, second_skin)
        fabrics.wear(pieces["straps"], satin)
    if design.beads:
        beads(pieces["bodice"].pushed(LOOSER), (figure.levels["waist"], 2), design.beads, design.seed)
    return Worn(figure, [*above.values()][-1], [*below.values()][-1], pieces)


def _skirt(design: Design, figure: Figure, torso: Surface) -> dict[str, Surface]:
    """The skirt, or a lining and layers of tulle on it."""
    cut, colour = skirts.CUTS[design.silhouette], COLOURS[design.colour]
    if design.lower != "tulle":
        made = {"skirt": skirts.skirt(figure, torso, design.seed, cut)}
        fabrics.wear(made["skirt"], fabrics.CLOTHS[design.lower](colour, design.trim), 0.001)
        return made
    made = {"lining": skirts.skirt(figure, torso, design.seed, cut, LINING)}
    fabrics.wear(made["lining"], fabrics.crepe(colour), 0.001)
    net = fabrics.tulle(colour)
    for number, share in enumerate(LAYERS, 1):
        made[f"tulle {number}"] = skirts.skirt(figure, torso, design.seed + number, cut, share)
        fabrics.wear(made[f"tulle {number}"], net, 0)
    return made


def _upper(design: Design, figure: Figure, second_skin: Surface) -> dict[str, Surface]:
    """The bodice, or a bodice as lining and lace on it."""
    colour, neckline = COLOURS[design.colour], design.neckline
    under = bodices.LININGS.get(neckline, neckline)
    over = under if design.sleeve in ("strapless", "straps") else neckline
    if design.upper != "lace":
        made = {"bodice": bodices.bodice(figure, second_skin, over, design.sleeve)}
        fabrics.wear(made["bodice"], fabrics.CLOTHS[design.upper](colour, made="draped" if design.draped else "seamed"))
        return made
    made = {
        "bodice": bodices.bodice(figure, second_skin, under),
        "lace": bodices.bodice(figure, second_skin, over, design.sleeve, LOOSER),
    }
    fabrics.wear(made["bodice"], fabrics.satin(materials.times(colour, NUDE)))
    fabrics.wear(made["lace"], fabrics.sheer_lace(colour), 0)
    return made


def beads(surface: Surface, heights: tuple[float, float], count: int, seed: int) -> bpy.types.Object:
    """Tiny pearls scattered on a surface between two heights, as one mesh of octahedra made round."""
    rng = np.random.default_rng(seed)
    corner = surface.points[surface.triangles]
    corner = corner[(corner[:, 0, 2] > heights[0]) & (corner[:, 0, 2] < heights[1])]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    pick = corner[rng.choice(len(corner), count, p=area / area.sum())]
    centre = np.einsum("ni,nij->nj", rng.dirichlet((1, 1, 1), count), pick)
    octahedron = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    sides = [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]]
    size = rng.uniform(0.0011, 0.0019, (count, 1, 1))
    points = (centre[:, None] + size * octahedron).reshape(-1, 3)
    faces = [[6 * k + i for i in side] for k in range(count) for side in sides]
    return scene.mesh(points, faces, materials.plain((0.86, 0.82, 0.76), 0.15, Coat_Weight=0.6), subdivide=1)


def model(design: Design) -> Figure:
    """Who wears it for its picture: arms away from a wide skirt, and straight in long sleeves."""
    if design.silhouette == "ball gown":
        return Figure.standing(arms=2)
    if design.sleeve != "long":
        return Figure.standing(arms=20)
    base, pose = BaseMesh.load(), relaxed_pose(24)
    for side, sign in (("L", 1), ("R", -1)):
        pose[f"lowerarm01.{side}"] = rotation((1, 0, 0.3 * sign), 28)
    return Figure(base, skin(base, pose))
