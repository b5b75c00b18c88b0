"""BlazePose (Apache-2.0) as the package mediapipe ships it: a second teacher for labels. Not installed with the rest,
since it wants an older protobuf: see `training.label_poses`."""

from __future__ import annotations

import numpy as np

from training.ccp import openpose_joints
from tryon.images import F32, U8

# where COCO's 17 joints stand among BlazePose's 33 landmarks
LANDMARKS = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)


class BlazePose:
    """Finds one person, by her face."""

    def __init__(self) -> None:
        from mediapipe.python.solutions import pose

        self._net = pose.Pose(static_image_mode=True, model_complexity=1)

    def joints(self, picture: U8) -> F32:
        """18x3 of an HxWx3 RGB picture: x, y in its pixels and a score 0..1, in OpenPose's order; zeros for nobody."""
        found = self._net.process(picture).pose_landmarks
        height, width = picture.shape[:2]
        coco = np.zeros((len(LANDMARKS), 3), np.float32)
        if found:
            marks = [found.landmark[i] for i in LANDMARKS]
            coco[:] = [(mark.x * width, mark.y * height, mark.visibility) for mark in marks]
        return openpose_joints(coco.ravel().tolist())
