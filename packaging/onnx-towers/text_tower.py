"""The graph of the text tower: transformers' BertModel with its pooler, and the projection."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from graph import Graph
from onnx import TensorProto

EMBEDDINGS = "text_model.embeddings"
MASKED = -1e9
"""Added to the attention to padding."""


def write_text_tower(checkpoint: Path, path: Path) -> None:
    """Write the graph that maps `input_ids` and `attention_mask` (n, tokens) to normalised `vectors` (n, dim)."""
    graph = Graph(checkpoint)
    settings = graph.settings["text_config"]
    ids = "input_ids"
    count, tokens = (graph.node("Shape", ids, start=axis, end=axis + 1) for axis in (0, 1))
    x = _embedded(graph, ids, tokens)
    for number in range(settings["num_hidden_layers"]):
        x = _layer(graph, x, f"text_model.encoder.layer.{number}", count, tokens)
    whole = graph.node("Concat", count, tokens, graph.constant([settings["hidden_size"]], np.int64), axis=0)
    first = graph.node("Gather", graph.node("Reshape", x, whole), graph.constant(0, np.int64), axis=1)
    x = graph.linear(graph.node("Tanh", graph.linear(first, "text_model.pooler.dense")), "text_projection")
    graph.node("LpNormalization", x, name="vectors", axis=-1, p=2)
    given = (TensorProto.INT64, ("batch", "tokens"))
    graph.write(path, {ids: given, "attention_mask": given}, "vectors", graph.settings["projection_dim"])


def _embedded(graph: Graph, ids: str, tokens: str) -> str:
    """Add the sum of each token's word, position and type, normalised: (n · tokens, width)."""
    words, positions, types = (f"{EMBEDDINGS}.{part}_embeddings.weight" for part in ("word", "position", "token_type"))
    word = graph.node("Cast", graph.node("Gather", graph.stored(words), ids), to=TensorProto.FLOAT)
    place = graph.node("Slice", graph.weight(positions), graph.constant([0], np.int64), tokens)
    kind = graph.node("Gather", graph.weight(types), graph.constant(0, np.int64))
    x = _normed(graph, graph.node("Add", word, graph.node("Add", place, kind)), f"{EMBEDDINGS}.LayerNorm")
    return graph.node("Reshape", x, graph.constant([-1, graph.settings["text_config"]["hidden_size"]], np.int64))


def _layer(graph: Graph, inputs: str, name: str, count: str, tokens: str) -> str:
    """Add attention and the feed-forward part, to rows of shape (n · tokens, width)."""
    heads = _attention(graph, inputs, f"{name}.attention.self", count, tokens)
    attended = graph.linear(heads, f"{name}.attention.output.dense")
    x = _normed(graph, graph.node("Add", attended, inputs), f"{name}.attention.output.LayerNorm")
    wide = graph.node("Gelu", graph.linear(x, f"{name}.intermediate.dense"))
    narrow = graph.linear(wide, f"{name}.output.dense")
    return _normed(graph, graph.node("Add", narrow, x), f"{name}.output.LayerNorm")


def _attention(graph: Graph, inputs: str, name: str, count: str, tokens: str) -> str:
    """Add the heads that attend to the tokens of their text, (n · tokens, width)."""
    settings = graph.settings["text_config"]
    heads, width = settings["num_attention_heads"], settings["hidden_size"]
    split = graph.node("Concat", count, tokens, graph.constant([heads, width // heads], np.int64), axis=0)

    def head(part: str, order: list[int]) -> str:
        return graph.node("Transpose", graph.node("Reshape", graph.linear(inputs, f"{name}.{part}"), split), perm=order)

    query, key, value = head("query", [0, 2, 1, 3]), head("key", [0, 2, 3, 1]), head("value", [0, 2, 1, 3])
    scale = graph.constant((width // heads) ** -0.5)
    likeness = graph.node("Add", graph.node("Mul", graph.node("MatMul", query, key), scale), _mask(graph))
    found = graph.node("MatMul", graph.node("Softmax", likeness, axis=-1), value)
    joined = graph.node("Transpose", found, perm=[0, 2, 1, 3])
    return graph.node("Reshape", joined, graph.constant([-1, width], np.int64))


def _mask(graph: Graph) -> str:
    """Add the mask of padding, (n, 1, 1, tokens)."""
    present = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    masked = graph.node("Mul", graph.node("Sub", graph.constant(1), present), graph.constant(MASKED))
    return graph.node("Unsqueeze", masked, graph.constant([1, 2], np.int64))


def _normed(graph: Graph, inputs: str, name: str) -> str:
    """Add a layer norm."""
    parts = graph.weight(f"{name}.weight"), graph.weight(f"{name}.bias")
    return graph.node("LayerNormalization", inputs, *parts, epsilon=graph.settings["text_config"]["layer_norm_eps"])
