"""Nets as they serve: OpenVINO on a CPU, PyTorch on a GPU, the same call.

OpenVINO in single precision halves the U-Net's time on a CPU and answers what eager PyTorch answers, to 1e-4 of a
logit; in eight bits (`tryon.int8`) it halves it again, and so does bfloat16 the generator's, on a CPU that is fast at
it (`python -m benchmarks.runtimes`; the other runtimes and precisions stand there beside it).
"""

from __future__ import annotations

import sys
import warnings
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.jit import TracerWarning  # type: ignore[attr-defined]

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # a photo server tells nobody what it does
import openvino  # noqa: E402

from tryon import cpu, int8  # noqa: E402

Config = TypeVar("Config")
CPU = torch.device("cpu")


class Ready(Generic[Config]):
    """A net ready to infer on one device. Called with a batch in memory, like `sample` but for its length; answers
    with the net's one output, float32 in memory."""

    def __init__(
        self,
        net: nn.Module,
        config: Config,
        sample: Tensor,
        device: torch.device = CPU,
        *,
        eager: bool = False,
        ranges: int8.Ranges | None = None,
        rough: bool = False,
    ) -> None:
        """`sample` is a batch of one. `eager` keeps PyTorch on a CPU too: OpenVINO's threads do not survive a fork.
        OpenVINO computes in eight bits with `ranges`, on a CPU that is exact at it, and in bfloat16 if it may be
        `rough`, on one that is fast at it."""
        self.config, self.device = config, device
        self.canvas: tuple[int, int] = (sample.shape[2], sample.shape[3])
        self.net = net.to(device) if eager or device.type != "cpu" else None
        if not self.net:
            net = int8.quantised(net, ranges) if ranges and cpu.exact_int8() else net
            self.request = compiled(net, sample, "bf16" if rough and cpu.fast_bf16() else "f32").create_infer_request()

    @torch.inference_mode()
    def __call__(self, batch: Tensor) -> Tensor:
        if self.net is not None:
            out: Tensor = self.net(batch.to(self.device)).float().cpu()
            return out
        # one at a time: a batch is no faster on a CPU, and its buffers are twice as large
        outs = [self._infer(batch[i : i + 1]) for i in range(len(batch))]
        return torch.from_numpy(np.concatenate(outs))

    def _infer(self, one: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        self.request.infer([one.contiguous().numpy()])
        return np.array(self.request.get_output_tensor(0).data)


def pictures(height: int, width: int) -> Tensor:
    """A sample for nets that take pictures: 1x3xHxW uint8."""
    return torch.zeros((1, 3, height, width), dtype=torch.uint8)


def compiled(net: nn.Module, sample: Tensor, precision: str = "f32") -> openvino.CompiledModel:
    """The net for one sample, on as many threads as torch uses in this process.

    In single precision what is not rounded is the same on every CPU.
    """
    with warnings.catch_warnings():  # OpenVINO traces; torch.export does the same in twice the time
        warnings.filterwarnings("ignore", "`torch.jit.trace", FutureWarning)
        warnings.simplefilter("ignore", TracerWarning)  # shapes are fixed: what depends on them may be too
        with torch.inference_mode():  # OpenVINO would trace four times, to compare
            traced = torch.jit.trace(net, sample, check_trace=False)  # type: ignore[no-untyped-call]
        model = openvino.convert_model(traced, example_input=sample, input=[sample.shape])
    settings = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # segmentation and pose share the cores with whatever else runs
    }
    return openvino.Core().compile_model(model, "CPU", settings)
