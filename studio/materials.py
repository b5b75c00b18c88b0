"""Surfaces as Blender node materials: skin, eyes, hair, cloth, wall, floor. Colours are linear RGB."""

from pathlib import Path
from typing import TypeAlias

import bpy

Colour = tuple[float, float, float]
Tree: TypeAlias = bpy.types.NodeTree
Socket: TypeAlias = bpy.types.NodeSocket

STRIPES = 8.0  # how close they lie: the texture's own scale


def times(colour: Colour, by: float | Colour) -> Colour:
    """Darker or lighter: every channel by one factor, or each by its own."""
    red, green, blue = by if isinstance(by, tuple) else (by, by, by)
    return red * colour[0], green * colour[1], blue * colour[2]


def principled(
    name: str, colour: Colour, roughness: float, **inputs: float | Colour
) -> tuple[bpy.types.Material, Tree, bpy.types.Node]:
    """A material with one Principled BSDF; further inputs by their label, spaces as underscores."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = roughness
    for label, value in inputs.items():
        socket = shader.inputs[label.replace("_", " ")]
        socket.default_value = (*value, 1) if isinstance(value, tuple) and socket.type == "RGBA" else value
    return material, tree, shader


def node(tree: Tree, kind: str, inputs: dict[str | int, object] | None = None, **settings: object) -> bpy.types.Node:
    """A new node; an input that is a socket is linked, any other is set."""
    made = tree.nodes.new(kind)
    for setting, value in settings.items():
        setattr(made, setting, value)
    for key, value in (inputs or {}).items():
        if isinstance(value, bpy.types.NodeSocket):
            tree.links.new(value, made.inputs[key])
        else:
            made.inputs[key].default_value = value
    return made


def noise(tree: Tree, scale: float, detail: float = 3.0, stretch: tuple[float, float, float] = (1, 1, 1)) -> Socket:
    """Value noise in object space, 0 to 1."""
    where = node(tree, "ShaderNodeTexCoord").outputs["Object"]
    where = node(tree, "ShaderNodeMapping", {"Vector": where, "Scale": stretch}).outputs[0]
    return node(tree, "ShaderNodeTexNoise", {"Vector": where, "Scale": scale, "Detail": detail}).outputs["Fac"]


def mix(tree: Tree, share: Socket | float, first: Socket | Colour, second: Socket | Colour) -> Socket:
    """first + share * (second - first)."""
    made = node(tree, "ShaderNodeMix", data_type="RGBA")
    for socket, value in zip([made.inputs[0], made.inputs[6], made.inputs[7]], [share, first, second], strict=True):
        if isinstance(value, bpy.types.NodeSocket):
            tree.links.new(value, socket)
        else:
            socket.default_value = (*value, 1) if isinstance(value, tuple) else value
    return made.outputs[2]


def ramp(tree: Tree, value: Socket, stops: list[tuple[float, Colour]]) -> Socket:
    """Colour by value."""
    made = node(tree, "ShaderNodeValToRGB", {0: value})
    elements = made.color_ramp.elements
    while len(elements) < len(stops):
        elements.new(0.5)
    for element, (position, colour) in zip(elements, stops, strict=True):
        element.position, element.color = position, (*colour, 1)
    return made.outputs[0]


def bump(tree: Tree, shader: bpy.types.Node, height: Socket, distance: float, strength: float = 0.5) -> None:
    """Relief from a height."""
    made = node(tree, "ShaderNodeBump", {"Height": height, "Distance": distance, "Strength": strength})
    tree.links.new(made.outputs[0], shader.inputs["Normal"])


def skin(masks: Path, tone: Colour, scalp: Colour, lips: Colour) -> bpy.types.Material:
    """Skin with blush, lips, nails and a scalp in the hair's colour; masks are the base mesh's own CC0 textures."""
    material, tree, shader = principled(
        "skin",
        tone,
        0.47,
        Subsurface_Weight=0.22,
        Subsurface_Radius=(1.0, 0.35, 0.2),
        Subsurface_Scale=0.012,
        Specular_IOR_Level=0.4,
    )

    def mask(name: str, share: float) -> Socket:
        image = bpy.data.images.load(str(masks / f"mpfb_{name}.jpg"), check_existing=True)
        image.colorspace_settings.name = "Non-Color"
        pixel = node(tree, "ShaderNodeTexImage", image=image).outputs[0]
        return node(tree, "ShaderNodeMath", {0: pixel, 1: share}, operation="MULTIPLY").outputs[0]

    dark = times(tone, (0.86, 0.74, 0.70))
    rosy = times(tone, (0.98, 0.80, 0.76))
    blotch = ramp(tree, noise(tree, 9.0), [(0.35, (0, 0, 0)), (0.7, (0.6, 0.6, 0.6))])
    colour = mix(tree, blotch, tone, dark)
    colour = mix(tree, mask("face", 0.35), colour, rosy)
    colour = mix(tree, mask("eyelids", 0.45), colour, times(tone, (0.6, 0.46, 0.42)))
    colour = mix(tree, mask("lips", 0.8), colour, lips)
    colour = mix(tree, mask("fingernails", 0.5), colour, (0.7, 0.36, 0.33))
    covered = node(tree, "ShaderNodeAttribute", attribute_name="hairline").outputs["Fac"]
    colour = mix(tree, ramp(tree, covered, [(0.0, (0, 0, 0)), (0.12, (0.85, 0.85, 0.85))]), colour, scalp)
    tree.links.new(colour, shader.inputs["Base Color"])
    bump(tree, shader, noise(tree, 900.0), 0.0004, 0.25)
    return material


def eye(iris: Colour) -> bpy.types.Material:
    """A ball coloured by the angle from its own forward axis (-y): pupil, iris, white."""
    material, tree, shader = principled("eye", (0.8, 0.8, 0.8), 0.12, Coat_Weight=0.5)
    where = node(tree, "ShaderNodeTexCoord").outputs["Object"]
    where = node(tree, "ShaderNodeVectorMath", {0: where}, operation="NORMALIZE").outputs[0]
    forward = node(tree, "ShaderNodeVectorMath", {0: where, 1: (0, -1, 0)}, operation="DOT_PRODUCT").outputs["Value"]
    white = (0.58, 0.53, 0.50)
    stops = [(0.895, white), (0.915, (0.02, 0.015, 0.01)), (0.94, iris), (0.975, iris), (0.982, (0.003, 0.003, 0.003))]
    tree.links.new(ramp(tree, forward, stops), shader.inputs["Base Color"])
    return material


def lashes() -> bpy.types.Material:
    """Dark and half transparent."""
    return principled("lashes", (0.01, 0.007, 0.005), 0.8, Alpha=0.55)[0]


def hair(melanin: float, redness: float) -> bpy.types.Material:
    """Blender's own strand shader, each strand a little different."""
    material = bpy.data.materials.new("hair")
    material.use_nodes = True
    tree = material.node_tree
    shader = node(tree, "ShaderNodeBsdfHairPrincipled", parametrization="MELANIN")
    for label, value in {
        "Melanin": melanin,
        "Melanin Redness": redness,
        "Roughness": 0.35,
        "Radial Roughness": 0.45,
        "Random Color": 0.5,
        "Random Roughness": 0.3,
    }.items():
        shader.inputs[label].default_value = value
    tree.links.new(shader.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    return material


def cloth(colour: Colour, roughness: float = 0.85, *, striped: bool = False) -> bpy.types.Material:
    """Cotton or denim: a fine weave and uneven dye, or stripes of white across it."""
    material, tree, shader = principled("cloth", colour, roughness, Sheen_Weight=0.15, Specular_IOR_Level=0.25)
    faded = tuple(min(1.0, 1.18 * c + 0.008) for c in colour)
    dyed = mix(tree, noise(tree, 14.0, 5.0), colour, faded)
    if striped:
        where = node(tree, "ShaderNodeTexCoord").outputs["Object"]
        wave = node(tree, "ShaderNodeTexWave", {"Vector": where, "Scale": STRIPES}, bands_direction="Z").outputs["Fac"]
        dyed = mix(tree, ramp(tree, wave, [(0.62, (0, 0, 0)), (0.68, (1, 1, 1))]), dyed, (0.70, 0.68, 0.64))
    tree.links.new(dyed, shader.inputs["Base Color"])
    bump(tree, shader, noise(tree, 700.0, 2.0), 0.0006, 0.5)
    return material


def plain(colour: Colour, roughness: float, **inputs: float) -> bpy.types.Material:
    """One colour."""
    return principled("plain", colour, roughness, **inputs)[0]


def paint(colour: Colour) -> bpy.types.Material:
    """A painted wall: rolled texture, slightly uneven."""
    material, tree, shader = principled("paint", colour, 0.8)
    tree.links.new(mix(tree, noise(tree, 1.3, 6.0), colour, times(colour, 0.9)), shader.inputs["Base Color"])
    bump(tree, shader, noise(tree, 160.0, 2.0), 0.001, 0.2)
    return material


def planks(light: Colour, dark: Colour) -> bpy.types.Material:
    """A wooden floor, boards along x."""
    material, tree, shader = principled("planks", light, 0.42)
    where = node(tree, "ShaderNodeTexCoord").outputs["Object"]
    brick = node(
        tree,
        "ShaderNodeTexBrick",
        {
            "Vector": where,
            "Color1": (0, 0, 0, 1),
            "Color2": (1, 1, 1, 1),
            "Mortar": (0.5, 0.5, 0.5, 1),
            "Scale": 1.0,
            "Mortar Size": 0.0025,
            "Brick Width": 1.3,
            "Row Height": 0.14,
        },
    )
    grain = noise(tree, 9.0, 8.0, (0.25, 4.0, 1.0))
    tone = mix(tree, 0.5, brick.outputs["Color"], ramp(tree, grain, [(0.3, (0, 0, 0)), (0.7, (1, 1, 1))]))
    colour = mix(tree, brick.outputs["Fac"], mix(tree, tone, dark, light), times(dark, 0.3))
    tree.links.new(colour, shader.inputs["Base Color"])
    bump(tree, shader, grain, 0.001, 0.2)
    return material
