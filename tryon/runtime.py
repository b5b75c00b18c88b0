"""Nets as they serve: OpenVINO on a CPU, PyTorch on a GPU, the same call.

OpenVINO in single precision halves the U-Net's time on a CPU and answers what eager PyTorch answers, to 1e-4 of a
logit (`python -m benchmarks.runtimes`; the other runtimes and precisions stand there beside it).
"""

from __future__ import annotations

import sys
import warnings
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # a photo server tells nobody what it does
import openvino  # noqa: E402

Config = TypeVar("Config")
CPU = torch.device("cpu")


class Ready(Generic[Config]):
    """A net ready to infer on one device: pictures Nx3xHxW uint8 in memory to its one output, float32 in memory."""

    def __init__(
        self, net: nn.Module, config: Config, canvas: tuple[int, int], device: torch.device, *, eager: bool = False
    ) -> None:
        self.config, self.device, self.canvas = config, device, canvas
        self.net = net.to(device) if eager or device.type != "cpu" else None
        if not self.net:
            self.request = _compiled(net, canvas).create_infer_request()

    @torch.inference_mode()
    def __call__(self, pictures: Tensor) -> Tensor:
        if self.net is not None:
            out: Tensor = self.net(pictures.to(self.device)).float().cpu()
            return out
        # one at a time: a batch is no faster on a CPU, and its buffers are twice as large
        outs = [self._infer(pictures[i : i + 1]) for i in range(len(pictures))]
        return torch.from_numpy(np.concatenate(outs))

    def _infer(self, picture: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        self.request.infer([picture.contiguous().numpy()])
        return np.array(self.request.get_output_tensor(0).data)


def _compiled(net: nn.Module, canvas: tuple[int, int]) -> openvino.CompiledModel:
    """The net for one picture of the canvas's size, on as many threads as torch uses in this process."""
    sample = torch.zeros((1, 3, *canvas), dtype=torch.uint8)
    with warnings.catch_warnings():  # OpenVINO traces; torch.export does the same in twice the time
        warnings.filterwarnings("ignore", "`torch.jit.trace", FutureWarning)
        model = openvino.convert_model(net, example_input=sample, input=[sample.shape])
    settings = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": "f32",  # the same picture on every CPU
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # segmentation and pose share the cores with whatever else runs
    }
    return openvino.Core().compile_model(model, "CPU", settings)
