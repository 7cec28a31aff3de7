"""The graph of the image tower: EfficientNet-Lite0, as transformers' EfficientNetModel has it.

All squeeze-and-excite factors are 1 (`packaging/embedded-model/port.py`), so that the graph is without them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph import Graph
from onnx import TensorProto

BLOCKS = "vision_model.encoder.blocks"
TOP = "vision_model.encoder.top"
STEM = "vision_model.embeddings"
PROJECTION = "visual_projection"
PIXELS = "pixels"


class ImageTower:
    """The tower in single precision, layer by layer; `image_tower_8bit` has these layers in 8 bits."""

    def __init__(self, checkpoint: Path) -> None:
        """Begin the graph of a checkpoint."""
        self.graph = Graph(checkpoint)

    def write(self, path: Path) -> None:
        """Write the graph that maps `pixels` (n, 3, height, width) to normalised `vectors` (n, dim)."""
        settings = self.graph.settings["vision_config"]
        x = self.convolved(PIXELS, f"{STEM}.convolution", f"{STEM}.batchnorm", stride=2)
        number = 0
        for stride, repeats in zip(settings["strides"], settings["num_block_repeats"], strict=True):
            for repeat in range(repeats):
                x = self._block(x, f"{BLOCKS}.{number}", stride=1 if repeat else stride, adds=repeat > 0)
                number += 1
        x = self.projected(self.convolved(x, f"{TOP}_conv", f"{TOP}_bn"))
        self.graph.node("LpNormalization", x, name="vectors", axis=-1, p=2)
        pixels = (TensorProto.FLOAT, ("batch", settings["num_channels"], "height", "width"))
        self.graph.write(path, {PIXELS: pixels}, "vectors", self.graph.settings["projection_dim"])

    def convolved(self, inputs: str, kernel: str, norm: str, *, stride: int = 1, limited: bool = True) -> str:
        """Add a convolution with its batch norm and, if `limited`, a ReLU6."""
        x = self.graph.node("Conv", inputs, self.graph.weight(f"{kernel}.weight"), **self.window(kernel, stride))
        parts = [self.graph.weight(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        x = self.graph.node("BatchNormalization", x, *parts, epsilon=self.epsilon)
        return self.limited(x) if limited else x

    def added(self, x: str, y: str) -> str:
        """Add the sum of a block's output and its input."""
        return self.graph.node("Add", x, y)

    def projected(self, inputs: str) -> str:
        """Add the mean of all places and the layer after it."""
        return self.graph.linear(self.graph.node("Flatten", self.graph.node("GlobalAveragePool", inputs)), PROJECTION)

    def limited(self, inputs: str) -> str:
        """Add a ReLU6."""
        return self.graph.node("Clip", inputs, self.graph.constant(0), self.graph.constant(6))

    def window(self, kernel: str, stride: int) -> dict[str, Any]:
        """Return the attributes of a convolution; one with a single input channel per group takes each by itself."""
        outputs, inputs, *sides = self.graph.shape(f"{kernel}.weight")
        after = sides[0] // 2
        before = after - 1 if stride == 2 else after  # TensorFlow pads the far side more
        return {
            "group": outputs if inputs == 1 else 1,
            "kernel_shape": sides,
            "pads": [before, before, after, after],
            "strides": [stride, stride],
        }

    @property
    def epsilon(self) -> float:
        """What the batch norms add to variances."""
        return float(self.graph.settings["vision_config"]["batch_norm_eps"])

    def _block(self, inputs: str, name: str, *, stride: int, adds: bool) -> str:
        """Add a block that expands, convolves each channel and projects; `adds`: its input is added to the result."""
        expand, depthwise, project = (
            f"{name}.expansion.expand",
            f"{name}.depthwise_conv.depthwise",
            f"{name}.projection",
        )
        x = inputs
        if self.graph.shape(f"{expand}_conv.weight"):
            x = self.convolved(x, f"{expand}_conv", f"{expand}_bn")
        x = self.convolved(x, f"{depthwise}_conv", f"{depthwise}_norm", stride=stride)
        x = self.convolved(x, f"{project}.project_conv", f"{project}.project_bn", limited=False)
        return self.added(x, inputs) if adds else x
