"""A bride's everyday clothes, cut and draped on the standing figure, once for all her photos."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from studio import clothes, skirts
from studio.brides import Bride
from studio.figure import BaseMesh, Figure, relaxed_pose, skin
from studio.geometry import Surface, refined
from studio.stances import REST

SLEEVES = {"T-shirt": 0.62, "long sleeves": 1.72, "tank top": -0.2}  # see clothes.shirt


@dataclass
class Wardrobe:
    """A bride's body with the clothes that were cut for her so far."""

    bride: Bride
    base: BaseMesh
    cut: dict[str, Surface] = field(default_factory=dict)

    @cached_property
    def standing(self) -> Figure:
        """As clothes are cut."""
        return Figure(self.base, skin(self.base, relaxed_pose(REST)))

    def garment(self, kind: str, under: str | None = None) -> Surface:
        """A garment on the standing figure; under a top is what it falls over."""
        key = f"{kind} over {under}" if kind in SLEEVES else kind
        if key not in self.cut:
            self.cut[key] = self._cut(kind, under)
        return self.cut[key]

    def _cut(self, kind: str, under: str | None) -> Surface:
        figure, second_skin = self.standing, clothes.tights(self.standing, 1)
        if kind == "skirt":
            cut = skirts.Cut(0.27, floor=0.42, train=0.0)
            return skirts.skirt(figure, clothes.torso(clothes.tights(figure)), self.bride.seed, cut)
        if kind == "shoes":
            return clothes.shoes(figure, clothes.tights(figure))
        body = refined(*figure.part("body"), 0)
        if kind == "trousers":
            return clothes.trousers(figure, second_skin, body)
        lower = self.garment(under or "trousers")
        return clothes.shirt(figure, second_skin, [body, lower], SLEEVES[kind], short=under == "skirt")
