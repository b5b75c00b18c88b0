"""The moving parts of a supervised fit: optimiser, one-cycle schedule, averaged weights, best checkpoint, resume."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from training.run import Run

FASTER = 6.0


@torch.no_grad()
def _average(means: list[Tensor], values: list[Tensor], count: Tensor | int) -> None:
    """Exponential mean, in place, with a short memory at first, so that the random start is soon forgotten."""
    if not means[0].is_floating_point():
        torch._foreach_copy_(means, values)
        return
    keep = min(0.995, (1 + int(count)) / (10 + int(count)))
    torch._foreach_lerp_(means, values, 1 - keep)


class Fit:
    """A net under training. `model` is what the loop calls; `average` is what is validated and kept.

    The average (decay 0.995, Polyak) is smoother than the last step and costs nothing at inference. Parameters whose
    names begin with `fresh` learn FASTER times as fast: they start from nothing in a net that knows much.
    """

    def __init__(self, run: Run, net: nn.Module, steps: int, fresh: str | tuple[str, ...] = "-") -> None:
        config = run.config
        self.run, self.net = run, net
        self.model = run.parallel(net)
        self.average = AveragedModel(net, multi_avg_fn=_average, use_buffers=True)
        new, known = (
            [v for k, v in net.named_parameters() if k.startswith(fresh) == is_new] for is_new in (True, False)
        )
        rates = [config.rate, FASTER * config.rate]
        groups = [{"params": part, "lr": rate} for part, rate in zip((known, new), rates, strict=True)]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, rates, config.epochs * steps + 1, pct_start=0.08
        )
        self.first, self.best = 0, float("-inf")
        if state := run.load_state():
            for name, part in self._parts().items():
                part.load_state_dict(state[name])
            self.first, self.best = state["epoch"] + 1, state["best"]

    def _parts(self) -> dict[str, Any]:
        return {"net": self.net, "average": self.average, "optimiser": self.optimiser, "schedule": self.schedule}

    def epochs(self) -> range:
        """Those still to do."""
        return range(self.first, self.run.config.epochs)

    def epoch(self, batches: Iterator[Any], loss_of: Callable[[nn.Module, Any], Tensor]) -> float:
        """One pass over a progress bar of batches; the mean loss."""
        self.model.train()
        total, step = 0.0, 0
        for step, batch in enumerate(batches, 1):
            with self.run.autocast():
                loss = loss_of(self.model, batch)
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            self.schedule.step()
            self.average.update_parameters(self.net)
            total += loss.item()
            if hasattr(batches, "set_postfix"):
                batches.set_postfix(loss=f"{total / step:.4f}")
        return total / max(1, step)

    def finish(
        self, epoch: int, loss: float, figures: dict[str, float], score: float, name: str, keep: Callable[[Path], None]
    ) -> None:
        """End an epoch: log, `keep` the averaged net as last.safetensors and, if it is the best so far, as `name`, save
        the state to resume from."""
        self.run.scalars(epoch, loss=loss, **{f"val__{name}": value for name, value in figures.items()})
        if self.run.rank == 0:
            last = self.run.config.out / "last.safetensors"
            keep(last)
            if score > self.best:
                self.best = score
                shutil.copyfile(last, last.with_suffix(".tmp"))
                last.with_suffix(".tmp").replace(last.with_name(name))
        states = {name: part.state_dict() for name, part in self._parts().items()}
        self.run.save_state(**states, epoch=epoch, best=self.best)
        if self.run.rank == 0:  # last: who reads it may stop the run
            print(f"epoch {epoch + 1}: loss {loss:.4f}", {k: round(v, 4) for k, v in figures.items()}, flush=True)
