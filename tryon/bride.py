"""The sample bride, on whom a shop sees a gown before its customers do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tryon import dressing, images, pose, segmentation, warp
from tryon.dressing import Scene
from tryon.golden import PHOTO
from tryon.gown import Gown
from tryon.images import U8
from tryon.options import Fit

if TYPE_CHECKING:
    from tryon.adding import Nets


@dataclass(frozen=True)
class Bride:
    """What is known of her; its gown is none."""

    scene: Scene

    @classmethod
    def seen(cls, nets: Nets) -> Bride:
        """As the nets see her. Raises OSError without the sample, and TryOnError."""
        photo = images.decode(PHOTO.read_bytes())
        masks, joints = segmentation.closely(nets.unet, photo), pose.estimate(nets.openpose, [photo])[0]
        nothing = np.zeros((1, 1, 4), np.uint8)
        return cls(dressing.see(photo, nothing, None, {"photo": masks}, {"photo": joints}))

    @property
    def photo(self) -> U8:
        """HxWx3."""
        return self.scene.photo

    def hung(self, gown: Gown) -> U8:
        """A gown as it hangs on her, HxWx4."""
        return warp.hang(gown, self.scene.body, Fit(), (self.photo.shape[0], self.photo.shape[1]))

    def wearing(self, gown: Gown) -> U8:
        """Her in a gown, HxWx3, before the generator's last touch."""
        return dressing.compose(replace(self.scene, gown=gown), self.hung(gown)).picture
