"""The graph of the image tower in 8 bits: half the time where the processor multiplies 8-bit integers, and a cosine of
at least 0.99 to the one in single precision.

Weights are signed numbers with a scale for each output channel, values between layers unsigned ones with one scale. The
ranges of these, and the means by which biases make up for rounded weights, follow from the batch norms, so that no
images are needed (Nagel et al. 2019, arXiv:1906.04721). Ranges and means seen on images gave no higher cosine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from image_tower import BLOCKS, STEM, ImageTower

Numbers = npt.NDArray[np.float64]

DEVIATIONS = 5.0
"""From a channel's mean to the ends of its range, if no ReLU6 limits it; 4 to 6 give much the same."""
IN_FLOAT = (f"{STEM}.convolution", f"{BLOCKS}.0.depthwise_conv.depthwise_conv")
"""The first layers: no slower in single precision, and the only ones by whose rounding the vectors suffer. Nor is the
last one rounded, which takes next to no time. No later one can be here: there, a ReLU6 is a part of rounding."""
MAX_WEIGHT = 127
"""Weights are from the negative of it to it."""


@dataclass(frozen=True)
class Channels:
    """What is expected of the channels of a tensor, over all images."""

    mean: Numbers
    deviation: Numbers
    limited: bool

    def range(self) -> tuple[float, float]:
        """Return the least and the greatest number that the tensor's 8 bits can stand for."""
        if self.limited:
            return 0.0, 6.0
        spread = DEVIATIONS * self.deviation
        return min(0.0, float((self.mean - spread).min())), max(0.0, float((self.mean + spread).max()))


@dataclass(frozen=True)
class Rounded:
    """A tensor in 8 bits: the names of it, its scale and its zero in the graph, and the scale itself."""

    names: tuple[str, str, str]
    scale: np.float32


class ImageTower8Bit(ImageTower):
    """The tower with values and weights that are converted from 8 bits before each layer: ONNX Runtime then computes in
    integers, and converts nothing."""

    def __init__(self, checkpoint: Path) -> None:
        """Begin the graph of a checkpoint."""
        super().__init__(checkpoint)
        self._expected: dict[str, Channels] = {}
        self._rounded: dict[str, Rounded] = {}

    def convolved(self, inputs: str, kernel: str, norm: str, *, stride: int = 1, limited: bool = True) -> str:
        """Add a convolution whose ReLU6 is the range of its result."""
        if kernel in IN_FLOAT:
            x = super().convolved(inputs, kernel, norm, stride=stride, limited=limited)
        else:
            parts = self._inputs(inputs), *self._weights(inputs, kernel, norm)
            x = self.graph.node("Conv", *parts, **self.window(kernel, stride))
        mean, deviation = self.graph.values(f"{norm}.bias"), abs(self.graph.values(f"{norm}.weight"))
        self._expected[x] = Channels(_mean_of_limited(mean, deviation) if limited else mean, deviation, limited)
        return x

    def added(self, x: str, y: str) -> str:
        """Add the sum of a block's output and its input, as if they were independent."""
        total = super().added(self._inputs(x), self._inputs(y))
        of_x, of_y = self._expected[x], self._expected[y]
        deviation = np.hypot(of_x.deviation, of_y.deviation)
        self._expected[total] = Channels(of_x.mean + of_y.mean, deviation, limited=False)
        return total

    def projected(self, inputs: str) -> str:
        """Add the mean of all places and the layer after it."""
        return super().projected(self._inputs(inputs))

    def _inputs(self, name: str) -> str:
        """Round a tensor to 8 bits, unless it is; add the conversion back that each layer has of its own."""
        if name not in self._rounded:
            low, high = self._expected[name].range()
            scale = np.float32((high - low) / 255)
            steps = self.graph.constant(scale), self.graph.constant(round(-low / scale), np.uint8)
            self._rounded[name] = Rounded((self.graph.node("QuantizeLinear", name, *steps), *steps), scale)
        return self.graph.node("DequantizeLinear", *self._rounded[name].names)

    def _weights(self, inputs: str, kernel: str, norm: str) -> tuple[str, str]:
        """Add the weights and the biases of a convolution with its batch norm: in 8 and 32 bits."""
        factor, bias, mean, variance = (
            self.graph.values(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor /= np.sqrt(variance + self.epsilon)
        weights, bias = self.graph.values(f"{kernel}.weight") * factor[:, None, None, None], bias - mean * factor
        step = self._rounded[inputs].scale
        scale = abs(weights).max((1, 2, 3)) / MAX_WEIGHT
        scale = np.maximum(scale, abs(bias) / (float(step) * 2**30)).astype(np.float32)  # else the bias would not fit
        rounded = np.round(weights / scale[:, None, None, None].astype(np.float64)).clip(-MAX_WEIGHT, MAX_WEIGHT)
        error = (rounded * scale[:, None, None, None] - weights).sum((2, 3))  # for each output and input
        bias -= (error * self._expected[inputs].mean.reshape(-1, weights.shape[1])).sum(1)
        numbers = np.round(bias / (scale * step))
        return self._converted(rounded, np.int8, scale), self._converted(numbers, np.int32, scale * step)

    def _converted(self, numbers: Numbers, kind: type[np.generic], scale: npt.NDArray[np.float32]) -> str:
        """Add integers with a scale for each row, and their conversion to single precision."""
        return self.graph.node(
            "DequantizeLinear", self.graph.constant(numbers, kind), self.graph.constant(scale), axis=0
        )


def _mean_of_limited(mean: Numbers, deviation: Numbers) -> Numbers:
    """Return the mean of normally distributed numbers after a ReLU6."""
    spread = np.maximum(deviation, 1e-6)
    low, high = -mean / spread, (6 - mean) / spread
    below = _normal_below(high) - _normal_below(low)
    return 6 * (1 - _normal_below(high)) + mean * below + spread * (_normal(low) - _normal(high))


def _normal(x: Numbers) -> Numbers:
    """Return the density of the standard normal distribution."""
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _normal_below(x: Numbers) -> Numbers:
    """Return the share of the standard normal distribution below x."""
    return np.array([(1 + math.erf(each / math.sqrt(2))) / 2 for each in x])
