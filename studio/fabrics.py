"""The catalogue's cloths as node materials, and a surface worn in one of them with its values as attributes."""

import bpy
import numpy as np

from studio import lace, scene
from studio.geometry import Surface
from studio.materials import Colour, Socket, Tree, bump, mix, node, noise, principled, times

SHADE = (0.80, 0.72, 0.64)  # what a valley's colour is multiplied by: light that bounced in folds
SEAM = 0.0018  # metres: half a seam's width
FOLD = 0.015  # metres from fold to fold of a draped bodice
Bare = tuple[bpy.types.Material, Tree, bpy.types.Node]


def wear(surface: Surface, material: bpy.types.Material, thickness: float = 0.0015) -> bpy.types.Object:
    """A surface as cloth; what its values say reaches the material by attributes of their names, u and v as `cloth`."""
    thing = scene.garment(surface, material, thickness)
    for name in ("valley", "edge", "hem", "seam"):
        if name in surface.values:
            column = surface.values[name].astype(np.float32)
            thing.data.attributes.new(name, "FLOAT", "POINT").data.foreach_set("value", column)
    if "u" in surface.values:
        where = np.stack([surface.values["u"], surface.values["v"], np.zeros(len(surface.points))], 1)
        attribute = thing.data.attributes.new("cloth", "FLOAT_VECTOR", "POINT")
        attribute.data.foreach_set("vector", where.astype(np.float32).ravel())
    return thing


def satin(colour: Colour, trim: str = "", made: str = "") -> bpy.types.Material:
    """Soft shine; `made`: how a bodice is, see MADE."""
    material, tree, shader = principled("satin", colour, 0.36, Sheen_Weight=0.15, Specular_IOR_Level=0.5)
    return _shaded((material, tree, shader), colour, trim, noise(tree, 60.0, 4.0, (1, 1, 0.25)), 0.0006, made)


def crepe(colour: Colour, trim: str = "", made: str = "") -> bpy.types.Material:
    """Dull and grainy, heavy in its fall; `made`: how a bodice is, see MADE."""
    material, tree, shader = principled("crepe", colour, 0.75, Sheen_Weight=0.25, Specular_IOR_Level=0.2)
    return _shaded((material, tree, shader), colour, trim, noise(tree, 500.0, 2.0), 0.0004, made)


def tulle(colour: Colour) -> bpy.types.Material:
    """One layer of fine net: one sees through it, less where it stands on edge."""
    material, tree, shader = principled("tulle", colour, 0.7, Sheen_Weight=0.3, Specular_IOR_Level=0.1)
    _shaded((material, tree, shader), colour, "", noise(tree, 200.0, 2.0), 0.0003)
    edgewise = node(tree, "ShaderNodeLayerWeight", {"Blend": 0.35}).outputs["Facing"]
    tree.links.new(_sum(tree, edgewise, 0.45, 0.30), shader.inputs["Alpha"])
    return material


def sheer_lace(colour: Colour) -> bpy.types.Material:
    """Corded flowers on net over whatever lies beneath; scallops where the value `edge` runs out."""
    material, tree, shader = principled("lace", colour, 0.6, Sheen_Weight=0.1, Specular_IOR_Level=0.25)
    pattern = _pattern(tree)
    edge = node(tree, "ShaderNodeAttribute", attribute_name="edge").outputs["Fac"]
    scallop = _scallop(tree)
    inside = _math(tree, "SUBTRACT", edge, scallop)
    kept = _math(tree, "GREATER_THAN", inside, 0.0)
    cord = _math(tree, "LESS_THAN", inside, 0.0028)
    thread = _math(tree, "MAXIMUM", pattern, cord)
    cover = node(tree, "ShaderNodeMapRange", {"Value": thread, 1: 0.15, 2: 0.75, 3: 0.22, 4: 1.0}).outputs[0]
    tree.links.new(_math(tree, "MULTIPLY", cover, kept), shader.inputs["Alpha"])
    tree.links.new(mix(tree, thread, times(colour, 0.82), colour), shader.inputs["Base Color"])
    bump(tree, shader, thread, 0.0016, 0.7)
    return material


CLOTHS = {"satin": satin, "crepe": crepe}  # worn by themselves: one does not see through them


def _shaded(bare: Bare, colour: Colour, trim: str, weave: Socket, relief: float, made: str = "") -> bpy.types.Material:
    """Valleys darker, lace where `trim` says, a bodice as it is made, the weave as relief."""
    material, tree, shader = bare
    valley = node(tree, "ShaderNodeAttribute", attribute_name="valley").outputs["Fac"]
    cloth = mix(tree, _math(tree, "MULTIPLY", valley, 0.55), colour, times(colour, SHADE))
    height = _math(tree, "MULTIPLY", weave, relief / 0.0016)
    if trim:
        zone = _trimmed(tree, trim)
        thread = _math(tree, "MULTIPLY", _pattern(tree), zone)
        paler = tuple(min(0.95, 1.05 * c + 0.03) for c in colour)
        share = node(tree, "ShaderNodeMapRange", {"Value": thread, 1: 0.3, 2: 0.5, 3: 0.0, 4: 1.0}).outputs[0]
        net = mix(tree, _math(tree, "MULTIPLY", zone, 0.8), cloth, times(colour, 0.80))
        cloth = mix(tree, share, net, mix(tree, thread, times(colour, 0.80), paler))
        height = _math(tree, "ADD", height, thread)
    if made:
        deep, raised = MADE[made](tree)
        cloth = mix(tree, _math(tree, "MULTIPLY", deep, 0.5), cloth, times(colour, SHADE))
        height = _math(tree, "ADD", height, raised)
    tree.links.new(cloth, shader.inputs["Base Color"])
    bump(tree, shader, height, 0.0016, 0.55)
    return material


def _seamed(tree: Tree) -> tuple[Socket, Socket]:
    """Two seams in front and the faint wrinkles of what fits: how deep it lies, 0 to 1, and the relief."""
    away = _math(tree, "ABSOLUTE", node(tree, "ShaderNodeAttribute", attribute_name="seam").outputs["Fac"])
    seam = node(tree, "ShaderNodeMapRange", {"Value": away, 1: 0.0, 2: SEAM, 3: 1.0, 4: 0.0}).outputs[0]
    return seam, _math(tree, "SUBTRACT", _math(tree, "MULTIPLY", noise(tree, 34.0, 2.0, (0.35, 0.35, 1.0)), 8.0), seam)


def _draped(tree: Tree) -> tuple[Socket, Socket]:
    """Laid in soft folds from one hip to the other shoulder: how deep it lies, 0 to 1, and the relief."""
    where = node(tree, "ShaderNodeAttribute", attribute_name="cloth").outputs["Vector"]
    across, up, _ = node(tree, "ShaderNodeSeparateXYZ", {0: where}).outputs
    along = _math(tree, "MULTIPLY_ADD", across, 0.45, up)
    along = _math(tree, "ADD", along, _math(tree, "MULTIPLY", noise(tree, 9.0, 1.0), 0.03))  # no two alike
    ridge = _math(tree, "ABSOLUTE", _math(tree, "SINE", _math(tree, "MULTIPLY", along, np.pi / FOLD)))
    return _math(tree, "POWER", _sum(tree, ridge, -1.0, 1.0), 2.0), _math(tree, "MULTIPLY", ridge, 3.0)


MADE = {"seamed": _seamed, "draped": _draped}  # a bodice


def _trimmed(tree: Tree, trim: str) -> Socket:
    """How much lace there is on a skirt: 1 near the waist, the hem or both, 0 between, with a flowery edge."""
    down = node(tree, "ShaderNodeAttribute", attribute_name="hem").outputs["Fac"]
    ragged = _sum(tree, noise(tree, 16.0, 2.0), 0.34, -0.17)
    down = _math(tree, "ADD", down, ragged)
    ends = {"waist": (0.28, 0.40), "hem": (0.78, 0.68)}
    found = [
        node(tree, "ShaderNodeMapRange", {"Value": down, 1: full, 2: none, 3: 1.0, 4: 0.0}).outputs[0]
        for name, (full, none) in ends.items()
        if trim in (name, "both")
    ]
    return found[0] if len(found) == 1 else _math(tree, "MAXIMUM", *found)


def _pattern(tree: Tree) -> Socket:
    """How much thread of lace there is at a place of the cloth, 0 to 1."""
    image = bpy.data.images.get("lace")
    if image is None:
        image = bpy.data.images.new("lace", lace.PIXELS, lace.PIXELS, float_buffer=True, is_data=True)
        grey = np.repeat(lace.tile()[:, :, None], 4, 2)
        image.pixels.foreach_set(grey.astype(np.float32).ravel())
        image.update()
    where = node(tree, "ShaderNodeAttribute", attribute_name="cloth").outputs["Vector"]
    where = node(tree, "ShaderNodeVectorMath", {0: where, 1: 3 * (1 / lace.SIDE,)}, operation="MULTIPLY").outputs[0]
    return node(tree, "ShaderNodeTexImage", {"Vector": where}, image=image).outputs["Color"]


def _scallop(tree: Tree) -> Socket:
    """Metres by which an edge recedes: half circles of 2 cm along the cloth."""
    where = node(tree, "ShaderNodeAttribute", attribute_name="cloth").outputs["Vector"]
    across = node(tree, "ShaderNodeSeparateXYZ", {0: where}).outputs[0]
    wave = _math(tree, "ABSOLUTE", _math(tree, "SINE", _math(tree, "MULTIPLY", across, np.pi / 0.02)))
    return _sum(tree, wave, -0.005, 0.0055)


def _math(tree: Tree, operation: str, *values: Socket | float) -> Socket:
    return node(tree, "ShaderNodeMath", dict(enumerate(values)), operation=operation).outputs[0]


def _sum(tree: Tree, value: Socket, factor: float, more: float) -> Socket:
    """factor * value + more."""
    return _math(tree, "MULTIPLY_ADD", value, factor, more)
