"""Write a part of a torch model as an ONNX graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import torch

_OPSET = 17
"""The first version with LayerNormalization as one operator (github.com/onnx/onnx, Changelog.md)."""


class _Part(torch.nn.Module):
    def __init__(self, model: torch.nn.Module, run: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.model = model  # so that its weights are this module's
        self.run = run

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.run(*inputs)


def write_graph(
    model: torch.nn.Module,
    run: Callable[..., torch.Tensor],
    inputs: Mapping[str, torch.Tensor],
    output: str,
    sizes: Mapping[int, str],
    path: str,
) -> None:
    """Write the graph of `run`, a function of `model` whose arguments are `inputs`, for batches of any size.

    The values of `inputs` are examples; `sizes` names their other axes, from 1 on, that may have any size.
    """
    with warnings.catch_warnings():
        # The newer exporter creates the same graph in twice the time and needs another package.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Part(model, run).eval(),
            tuple(inputs.values()),
            path,
            dynamo=False,
            input_names=list(inputs),
            output_names=[output],
            dynamic_axes={name: {0: "batch", **sizes} for name in inputs} | {output: {0: "batch"}},
            opset_version=_OPSET,
        )
