"""Compute the kinds of a model from labelled embeddings; as a process, read them from stdin and write a file of kinds.

Started by `vision.fit_kinds` as `python -m snapsortd.vision.child.engines.fit_kinds`.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F

from snapsortd.vision.child.engines.engine import Array, normalised
from snapsortd.vision.child.engines.kinds import Kinds, kinds_to_bytes

DECAY = 1e-4
"""Weight of the squared weights in the loss."""
_STEPS = 200


def fit_kinds(images: Array, names: Sequence[str], counts: Sequence[float] | None = None) -> Kinds:
    """Return the kinds `names` of normalised vectors (n, dim): multinomial logistic regression, all kinds weighted
    equally however many images they have, and the mean of each. `counts` is how much each image counts."""
    order = sorted(set(names))
    kind = torch.tensor([order.index(name) for name in names])
    inputs = torch.from_numpy(images.astype(np.float32))
    weights = torch.zeros(len(order), images.shape[1], requires_grad=True)
    biases = torch.zeros(len(order), requires_grad=True)
    counted = torch.ones(len(kind)) if counts is None else torch.tensor(counts, dtype=torch.float32)
    shares = counted / torch.bincount(kind, counted)[kind] / len(order)
    optimiser = torch.optim.LBFGS([weights, biases], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        each = F.cross_entropy(inputs @ weights.T + biases, kind, reduction="none")
        total = (each * shares).sum() + DECAY * weights.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    means = torch.zeros_like(weights).index_add(0, kind, shares[:, None] * inputs)
    return Kinds(weights.detach().numpy(), biases.detach().numpy(), normalised(means.detach().numpy()))


def main() -> int:
    """Read {"kinds": [name …], "embeddings": [float16 in Base64 …]}; write the file's bytes."""
    given = json.load(sys.stdin)
    images = np.stack([np.frombuffer(b64decode(each), "<f2") for each in given["embeddings"]]).astype(np.float32)
    sys.stdout.buffer.write(kinds_to_bytes(fit_kinds(images, given["kinds"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
