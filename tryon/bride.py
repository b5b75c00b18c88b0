"""The sample bride, on whom a shop sees a gown before its customers do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tryon import dressing, images, pose, segmentation, warp
from tryon.archives import ROOT
from tryon.dressing import Scene
from tryon.gown import Gown
from tryon.images import F32, U8
from tryon.options import Fit

if TYPE_CHECKING:
    from tryon.adding import Nets

PHOTO = ROOT / "samples" / "bride.jpg"


@dataclass(frozen=True)
class Bride:
    """Her photo HxWx3, masks hxwx2 and joints Px18x3, as the nets find them."""

    photo: U8
    masks: U8
    joints: F32

    @classmethod
    def seen(cls, nets: Nets) -> Bride:
        """Raises OSError without the sample."""
        photo = images.decode(PHOTO.read_bytes())
        return cls(photo, segmentation.segment(nets.unet, [photo])[0], pose.estimate(nets.openpose, [photo])[0])

    def hung(self, gown: Gown) -> tuple[Scene, U8]:
        """What is known of her, and a gown as it hangs on her, HxWx4. Raises TryOnError."""
        seen = {"photo": self.masks.copy()}, {"photo": self.joints.copy()}
        scene = dressing.see(self.photo, gown.rgba, gown.landmarks, *seen)
        return scene, warp.hang(gown, scene.body, Fit(), (self.photo.shape[0], self.photo.shape[1]))

    def wearing(self, gown: Gown) -> U8:
        """Her in a gown, HxWx3, before the generator's last touch. Raises TryOnError."""
        return dressing.compose(*self.hung(gown)).picture
