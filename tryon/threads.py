"""How many threads one process may use, set in the one place where all libraries that have pools are named."""

from __future__ import annotations

import cv2
import torch

PER_PROCESS = 1  # what `tryon predict --local` uses, so that it computes exactly what a worker computes


def use(count: int) -> None:
    """Bound the pools of torch and OpenCV. Must come before the first parallel work of the process.

    Each worker would else take every core, and segmentation and pose run at the same time: two OpenMP teams that
    compete for the same cores turn 33 ms into 1,010 ms (they spin at every barrier for a thread that does not run).
    """
    torch.set_num_threads(count)
    cv2.setNumThreads(count)
