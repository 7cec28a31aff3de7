"""The graph of the image tower: EfficientNet-Lite0, as transformers' EfficientNetModel has it.

All squeeze-and-excite factors are 1 (`packaging/embedded-model/port.py`), so that the graph is without them.
"""

from __future__ import annotations

from pathlib import Path

from graph import Graph
from onnx import TensorProto

BLOCKS = "vision_model.encoder.blocks"
TOP = "vision_model.encoder.top"
STEM = "vision_model.embeddings"


def write_image_tower(checkpoint: Path, path: Path) -> None:
    """Write the graph that maps `pixels` (n, 3, height, width) to normalised `vectors` (n, dim)."""
    graph = Graph(checkpoint)
    settings = graph.settings["vision_config"]
    x = _limited(graph, _convolved(graph, "pixels", f"{STEM}.convolution", f"{STEM}.batchnorm", stride=2))
    number = 0
    for stride, repeats in zip(settings["strides"], settings["num_block_repeats"], strict=True):
        for repeat in range(repeats):
            x = _block(graph, x, f"{BLOCKS}.{number}", stride=1 if repeat else stride, adds=repeat > 0)
            number += 1
    x = _limited(graph, _convolved(graph, x, f"{TOP}_conv", f"{TOP}_bn"))
    x = graph.linear(graph.node("Flatten", graph.node("GlobalAveragePool", x)), "visual_projection")
    graph.node("LpNormalization", x, name="vectors", axis=-1, p=2)
    pixels = (TensorProto.FLOAT, ("batch", settings["num_channels"], "height", "width"))
    graph.write(path, {"pixels": pixels}, "vectors", graph.settings["projection_dim"])


def _block(graph: Graph, inputs: str, name: str, *, stride: int, adds: bool) -> str:
    """Add a block that expands, convolves each channel and projects; `adds`: the result is added to the input."""
    expand, depthwise, project = f"{name}.expansion.expand", f"{name}.depthwise_conv.depthwise", f"{name}.projection"
    x = inputs
    if graph.shape(f"{expand}_conv.weight"):
        x = _limited(graph, _convolved(graph, x, f"{expand}_conv", f"{expand}_bn"))
    margin = graph.shape(f"{depthwise}_conv.weight")[-1] // 2
    before = margin - 1 if stride == 2 else margin  # TensorFlow pads the far side more
    x = _convolved(graph, x, f"{depthwise}_conv", f"{depthwise}_norm", stride=stride, before=before, depthwise=True)
    x = _convolved(graph, _limited(graph, x), f"{project}.project_conv", f"{project}.project_bn")
    return graph.node("Add", x, inputs) if adds else x


def _limited(graph: Graph, inputs: str) -> str:
    """Add a ReLU6."""
    return graph.node("Clip", inputs, graph.constant(0), graph.constant(6))


def _convolved(
    graph: Graph, inputs: str, kernel: str, norm: str, *, stride: int = 1, before: int = 0, depthwise: bool = False
) -> str:
    """Add a convolution with its batch norm; `before`: zeros above and to the left, on each side for `stride` 1."""
    outputs, _, *sides = graph.shape(f"{kernel}.weight")
    after = sides[0] // 2
    x = graph.node(
        "Conv",
        inputs,
        graph.weight(f"{kernel}.weight"),
        group=outputs if depthwise else 1,
        kernel_shape=sides,
        pads=[before, before, after, after],
        strides=[stride, stride],
    )
    parts = [graph.weight(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
    return graph.node("BatchNormalization", x, *parts, epsilon=graph.settings["vision_config"]["batch_norm_eps"])
