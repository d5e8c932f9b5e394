"""Optimisers by name: AdamW, the study guide's Adam, SGD, and Muon, which learns most in a few minutes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

# Kernels with fewer outputs than this gain nothing from being orthogonal; the output layer must not be at all.
_MUON_MIN_OUTPUTS = 16
# AdamW's rate for parameters that are not kernels, as a share of Muon's rate.
_ADAMW_SHARE = 0.15


@dataclass(frozen=True)
class PretrainedWeights:
    """Weights that have learnt already, and how they go on.

    Attributes:
        parameters: the weights.
        rate_share: their rate, as a share of the rate of the others.
        frozen_at_first: the share of training during which they are frozen: an untrained decoder's guesses would undo
            what they have learnt.
    """

    parameters: Collection[nn.Parameter] = ()
    rate_share: float = 0.1
    frozen_at_first: float = 0.2


DEFAULT_RATES = {"muon": 0.02, "adamw": 3e-3, "adam": 1e-4, "sgd": 0.05}


def build_optimizer(
    name: str,
    model: nn.Module,
    lr: float,
    weight_decay: float,
    pretrained: PretrainedWeights | None = None,
) -> Optimizer:
    """Build an optimiser whose parameter groups remember their ``base_lr`` for the schedule.

    Call it when the model is on its device and in its memory format: Muon keeps views of the kernels.

    Raises:
        ValueError: the name is unknown.
    """
    if name == "muon":
        optimizer: Optimizer = MuonAdamW(model, lr, weight_decay, pretrained)
    elif name == "adamw":
        optimizer = torch.optim.AdamW(_parted(_decayed_and_not(model, weight_decay), lr, pretrained), lr=lr)
    elif name == "adam":
        optimizer = torch.optim.Adam(_parted([{"params": list(model.parameters())}], lr, pretrained), lr=lr)
    elif name == "sgd":
        groups = _parted(_decayed_and_not(model, weight_decay), lr, pretrained)
        optimizer = torch.optim.SGD(groups, lr=lr, momentum=0.9, nesterov=True)
    else:
        raise ValueError(f"unknown optimizer {name!r}: choose one of {', '.join(DEFAULT_RATES)}.")
    for group in optimizer.param_groups:
        group["base_lr"] = group["lr"]
    return optimizer


class MuonAdamW(Optimizer):
    """Muon (Jordan et al., 2024) for convolution kernels, AdamW for everything else.

    Muon replaces the momentum of a weight matrix by the nearest orthogonal matrix, so that every direction of the
    matrix learns at the same speed. torch's own Muon takes only matrices; a kernel (out, in, k, k) is one once
    its last axes are flattened, so it is handed flat views that share the kernels' memory.

    Args:
        model: in the memory format that it will be trained in.
        lr: Muon's rate; AdamW's is a fixed share of it.
        weight_decay: weight decay of the kernels.
        pretrained: see :func:`build_optimizer`.
    """

    def __init__(
        self,
        model: nn.Module,
        lr: float,
        weight_decay: float,
        pretrained: PretrainedWeights | None = None,
    ) -> None:
        kernels = [p for p in model.parameters() if p.ndim == 4 and len(p) >= _MUON_MIN_OUTPUTS]
        chosen = {id(kernel) for kernel in kernels}
        others = [p for p in model.parameters() if id(p) not in chosen]
        kernel_groups = _parted([{"params": kernels}], lr, pretrained)
        other_groups = _parted([{"params": others}], _ADAMW_SHARE * lr, pretrained)
        self._kernels = [kernel for group in kernel_groups for kernel in group["params"]]
        self._views = [nn.Parameter(_as_matrix(kernel.detach(), kernel)) for kernel in self._kernels]
        views = iter(self._views)
        view_groups = [{"params": [next(views) for _ in group["params"]]} for group in kernel_groups]
        self._muon = torch.optim.Muon(view_groups, lr=lr, weight_decay=weight_decay)
        self._adamw = torch.optim.AdamW([dict(group) for group in other_groups], lr=lr, weight_decay=0.0)
        super().__init__([*kernel_groups, *other_groups], {})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Let the views use the kernels' gradients, and step both optimisers."""
        inner_groups = [*self._muon.param_groups, *self._adamw.param_groups]
        for group, inner in zip(self.param_groups, inner_groups, strict=True):
            inner["lr"] = group["lr"]
        for kernel, view in zip(self._kernels, self._views, strict=True):
            view.grad = None if kernel.grad is None else _as_matrix(kernel.grad, kernel)
        self._muon.step()
        self._adamw.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of both optimisers."""
        base_lrs = [group["base_lr"] for group in self.param_groups]
        return {"muon": self._muon.state_dict(), "adamw": self._adamw.state_dict(), "base_lrs": base_lrs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what :meth:`state_dict` returned."""
        self._muon.load_state_dict(state_dict["muon"])
        self._adamw.load_state_dict(state_dict["adamw"])
        for group, base_lr in zip(self.param_groups, state_dict["base_lrs"], strict=True):
            group["base_lr"] = base_lr


def _as_matrix(tensor: Tensor, kernel: Tensor) -> Tensor:
    """Flatten (out, in, k, k) to a matrix (out, in·k·k), its columns in the order of ``kernel`` in memory."""
    if kernel.is_contiguous():
        return tensor.flatten(1)
    return tensor.permute(0, 2, 3, 1).flatten(1)


def _parted(
    groups: list[dict[str, Any]], lr: float, pretrained: PretrainedWeights | None
) -> list[dict[str, Any]]:
    """Give every group its rate, and move pretrained weights into separate groups."""
    pretrained = pretrained or PretrainedWeights()
    chosen = {id(parameter) for parameter in pretrained.parameters}
    parted = []
    for group in groups:
        new = [p for p in group["params"] if id(p) not in chosen]
        old = [p for p in group["params"] if id(p) in chosen]
        parted += [group | {"params": new, "lr": lr, "starts_at": 0.0}] if new else []
        slow = {"lr": pretrained.rate_share * lr, "starts_at": pretrained.frozen_at_first}
        parted += [group | {"params": old} | slow] if old else []
    return parted


def _decayed_and_not(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Group parameters: kernels decay, biases and normalisation do not."""
    return [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
