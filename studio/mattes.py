"""Exact masks beside a render, at no cost but memory: Cryptomatte's coverage of groups of objects."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from studio import scene


def shoot(path: Path, groups: dict[str, list[bpy.types.Object]]) -> dict[str, NDArray[np.uint8]]:
    """Renders to a PNG; the share of every pixel that each group covers, HxW, 0 to 255."""
    bpy.context.view_layer.use_pass_cryptomatte_object = True
    for name, things in groups.items():
        for number, thing in enumerate(things):
            thing.name = f"{name}{number}"
    _compositor({name: [thing.name for thing in things] for name, things in groups.items()}, path.parent)
    scene.shoot(path)
    return {name: _read(path.parent / f"{name}0001.exr") for name in groups}


def _compositor(groups: dict[str, list[str]], folder: Path) -> None:
    """Nodes that write each group's matte to a file."""
    here = bpy.context.scene
    here.use_nodes = True
    tree = here.node_tree
    tree.nodes.clear()
    layers, out = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeComposite")
    tree.links.new(layers.outputs["Image"], out.inputs["Image"])
    files = tree.nodes.new("CompositorNodeOutputFile")
    files.base_path = str(folder)
    files.format.file_format, files.format.color_mode, files.format.color_depth = "OPEN_EXR", "RGB", "32"
    files.file_slots.clear()
    for name, members in groups.items():
        matte = tree.nodes.new("CompositorNodeCryptomatteV2")
        matte.matte_id = ",".join(members)
        files.file_slots.new(name)
        tree.links.new(matte.outputs["Matte"], files.inputs[name])


def _read(path: Path) -> NDArray[np.uint8]:
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    flat = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(flat)
    bpy.data.images.remove(image)
    share = flat.reshape(height, width, 4)[::-1, :, 0]
    return (share.clip(0, 1) * 255).round().astype(np.uint8)
