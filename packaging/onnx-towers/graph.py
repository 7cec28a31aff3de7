"""Build an ONNX graph whose weights stay in the checkpoint's safetensors file, as external data.

Both formats store a tensor as its plain bytes, so a graph refers to the place of each tensor in the file. It takes a
few kilobytes, and no weight is stored twice. It fits one layout of the file only, whose digest is in its metadata.
Numbers that were computed from weights are in the graph itself, which then fits their values only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from snapsortd.vision.child.engines.made_for import PLACES, VALUES, digest_weights

OPSET = 20
"""The first version with Gelu as one operator (github.com/onnx/onnx, Changelog.md)."""
IR_VERSION = 9
"""The version of the file format that came with this opset (github.com/onnx/onnx, Versioning.md)."""
WEIGHTS = "model.safetensors"

_TYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}
_NUMBERS = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}


class Graph:
    """The nodes and weights of one tower. Methods add to them, and return the name of what they have added."""

    def __init__(self, checkpoint: Path) -> None:
        """Read the places of the weights in the folder of a checkpoint."""
        self.settings: dict[str, Any] = json.loads((checkpoint / "config.json").read_bytes())
        self._file = checkpoint / WEIGHTS
        with self._file.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")  # github.com/huggingface/safetensors, "Format"
            self._places: dict[str, Any] = json.loads(file.read(length))
        self._start = 8 + length
        self._computed = False
        self._nodes: list[NodeProto] = []
        self._weights: dict[str, TensorProto] = {}

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a weight, empty if the checkpoint has none of this name."""
        return tuple(self._places[name]["shape"]) if name in self._places else ()

    def weight(self, name: str) -> str:
        """Add a weight of the checkpoint in single precision."""
        self.stored(name)
        return self.node("Cast", name, to=TensorProto.FLOAT)

    def stored(self, name: str) -> str:
        """Add a weight of the checkpoint in the precision in which it is stored."""
        place = self._places[name]
        begin, end = place["data_offsets"]
        found = TensorProto(name=name, data_type=_TYPES[place["dtype"]], dims=place["shape"])
        found.data_location = TensorProto.EXTERNAL
        for key, value in (("location", WEIGHTS), ("offset", self._start + begin), ("length", end - begin)):
            found.external_data.add(key=key, value=str(value))
        self._weights[name] = found
        return name

    def values(self, name: str) -> npt.NDArray[np.float64]:
        """Return a weight of the checkpoint, to compute with it."""
        self._computed = True
        place = self._places[name]
        begin, end = place["data_offsets"]
        with self._file.open("rb") as file:
            file.seek(self._start + begin)
            stored = np.frombuffer(file.read(end - begin), _NUMBERS[place["dtype"]])
        return stored.reshape(place["shape"]).astype(np.float64)

    def constant(self, values: Any, dtype: type[np.generic] = np.float32) -> str:
        """Add numbers that are not in the checkpoint."""
        name = f"constant_{len(self._weights)}"
        self._weights[name] = numpy_helper.from_array(np.asarray(values, dtype), name)
        return name

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add an operator; `name` is that of its result."""
        name = name or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def linear(self, inputs: str, name: str) -> str:
        """Add a layer that multiplies rows by a matrix, and adds a bias if the checkpoint has one."""
        bias = [self.weight(f"{name}.bias")] if self.shape(f"{name}.bias") else []
        return self.node("Gemm", inputs, self.weight(f"{name}.weight"), *bias, transB=1)

    def write(self, path: Path, inputs: dict[str, tuple[int, Sequence[str | int]]], output: str, dim: int) -> None:
        """Write the graph; `inputs` maps names to type and shape, and the output has `dim` columns."""
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", dim])
        given = [helper.make_tensor_value_info(name, *each) for name, each in inputs.items()]
        graph = helper.make_graph(self._nodes, path.stem, given, [result], list(self._weights.values()))
        model: ModelProto = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="snapsortd"
        )
        key = VALUES if self._computed else PLACES
        helper.set_model_props(model, {key: digest_weights(str(self._file), key)})
        path.write_bytes(model.SerializeToString(deterministic=True))
