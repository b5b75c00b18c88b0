"""One photo through each net on each CPU runtime, on one thread: `python -m benchmarks.runtimes [--runs 15]`.

Prints process CPU milliseconds (the least of the runs: other work on the machine only adds) and how far the output is
from eager PyTorch in single precision. ONNX Runtime is measured if `onnxruntime` and `onnx` are installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from tryon import archives, cyclegan, images, int8, pose, runtime, segmentation, threads
from tryon.trunk import on_canvas

Run = Callable[[], np.ndarray]
WEIGHTS = archives.ROOT / "weights"


def nets() -> Iterator[tuple[str, nn.Module, Tensor, int8.Ranges | None]]:
    """Name, net, a sample input and eight-bit ranges of each of the three nets, at their serving sizes."""
    torch.manual_seed(0)
    photo = images.decode((archives.ROOT / "samples/bride.jpg").read_bytes())
    for name, part in (("segmentation", segmentation), ("pose", pose)):
        config, net, ranges = part.restore(WEIGHTS / f"{name}.safetensors")
        yield name, net, on_canvas([photo], (config.height, config.width))[0], ranges
    config, generator = cyclegan.restore(WEIGHTS / "cyclegan.safetensors")
    yield "generator", cyclegan.Gain(generator), torch.rand((1, 3, config.height, config.width)) * 2 - 1, None


def runtimes(net: nn.Module, sample: Tensor, ranges: int8.Ranges | None) -> Iterator[tuple[str, Run]]:
    """Name and call of each runtime."""
    yield "PyTorch", lambda: net(sample).numpy()
    wide = sample.contiguous(memory_format=torch.channels_last)
    net = net.to(memory_format=torch.channels_last)
    yield "PyTorch channels_last", lambda: net(wide).numpy()
    with torch.autocast("cpu", torch.bfloat16):
        yield "PyTorch channels_last bf16", lambda: net(wide).float().numpy()
    if all(importlib.util.find_spec(name) for name in ("onnxruntime", "onnx")):
        yield "ONNX Runtime", _onnx(net, sample)
    for precision in ("f32", "bf16"):
        yield f"OpenVINO {precision}", _openvino(net, sample, precision)
    if ranges:
        yield "OpenVINO int8", _openvino(int8.quantised(net, ranges), sample, "f32")


def _onnx(net: nn.Module, sample: Tensor) -> Run:
    import onnxruntime

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that needs no further package is the old one
        torch.onnx.export(net, (sample,), file, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: sample.numpy()})[0]


def _openvino(net: nn.Module, sample: Tensor, precision: str) -> Run:
    request = runtime.compiled(net, sample, precision).create_infer_request()

    def run() -> np.ndarray:
        request.infer([sample.numpy()])
        return np.array(request.get_output_tensor(0).data)

    return run


def measured(run: Run, runs: int) -> tuple[float, np.ndarray]:
    """Least CPU milliseconds, and the output."""
    out, times = run(), []
    for _ in range(runs):
        start = time.process_time()
        run()
        times.append(1000 * (time.process_time() - start))
    return min(times), out


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="measured runs of each")
    runs = parser.parse_args().runs
    threads.use(1)
    table = Table("net", "runtime", "CPU ms", "times as fast", "largest difference", box=None)
    for name, net, sample, ranges in nets():
        eager = None
        for title, run in runtimes(net, sample, ranges):
            milliseconds, out = measured(run, runs)
            eager = eager or (milliseconds, out)
            away = np.abs(out - eager[1]).max()
            table.add_row(name, title, f"{milliseconds:.0f}", f"{eager[0] / milliseconds:.2f}", f"{away:.1e}")
    Console().print(table)


if __name__ == "__main__":
    main()
