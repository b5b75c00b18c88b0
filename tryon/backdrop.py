"""The catalogue's own pictures of a gown: its cut-out on a paper backdrop. Pillow only: the studio uses it too."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

PAPER, SHADE = (246, 241, 234), (228, 219, 208)  # the backdrop, top and bottom
PRODUCT, THUMB = (720, 960), (360, 480)  # width, height


def product(cut_out: Image.Image) -> Image.Image:
    """The cut-out on a paper backdrop with a soft shadow on the floor."""
    width, height = PRODUCT
    shade = np.linspace(0, 1, height)[:, None, None] ** 2
    paper = np.asarray(PAPER) * (1 - shade) + np.asarray(SHADE) * shade
    canvas = Image.fromarray(np.broadcast_to(paper, (height, width, 3)).round().astype(np.uint8))
    scale = min(0.86 * width / cut_out.width, 0.88 * height / cut_out.height)
    small = cut_out.resize((round(scale * cut_out.width), round(scale * cut_out.height)), Image.Resampling.LANCZOS)
    above = 0.88 * height - small.height  # a wide gown is low: it stands further back, and so higher up
    place = ((width - small.width) // 2, round(0.95 * height - 0.35 * above) - small.height)
    shadow = Image.new("L", PRODUCT, 0)
    floor = place[1] + small.height
    ImageDraw.Draw(shadow).ellipse((place[0] + 8, floor - 34, place[0] + small.width - 8, floor + 6), fill=90)
    canvas.paste(Image.new("RGB", PRODUCT, (96, 82, 70)), mask=shadow.filter(ImageFilter.GaussianBlur(12)))
    canvas.paste(small, place, small)
    return canvas


def thumb(picture: Image.Image) -> Image.Image:
    """The product picture as the page lists it."""
    return picture.resize(THUMB, Image.Resampling.LANCZOS)
