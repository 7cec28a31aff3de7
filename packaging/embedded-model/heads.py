"""The trainable parts besides the image tower."""

from __future__ import annotations

import port
import torch
from torch import nn
from torch.nn import functional as F


class Heads(nn.Module):
    """The text pooler and both projections, as the checkpoint holds them; and the scales of the losses.

    `wide` and `narrow` are the feed-forward part of the averaging layer, which has no effect until `vocabulary.py`
    trains it.

    `mean`: the average feature of photos (1280,), which carries no information about any of them.
    """

    def __init__(self, mean: torch.Tensor) -> None:
        super().__init__()
        self.pooler = nn.Linear(384, 384)
        self.text = nn.Linear(384, port.JOINT_SIZE, bias=False)
        self.image = nn.Linear(1280, port.JOINT_SIZE, bias=False)
        self.scales = nn.Parameter(torch.full((4,), 3.0))  # logarithms: phrases, class names, captions, label sets
        self.wide = nn.Linear(384, port.UNITS).requires_grad_(False)
        self.narrow = nn.Linear(port.UNITS, 384).requires_grad_(False)
        direction = F.normalize(mean, dim=0)
        with torch.no_grad():
            self.narrow.weight.zero_()
            self.narrow.bias.zero_()
            self.pooler.weight.copy_(port.POOLER_GAIN * torch.eye(384))
            self.pooler.bias.zero_()
            self.image.weight.sub_(self.image.weight @ direction[:, None] @ direction[None])  # removes the mean

    def texts(self, embeddings: torch.Tensor) -> torch.Tensor:
        return self.projected(F.layer_norm(embeddings + self.narrow(F.gelu(self.wide(embeddings))), (384,)))

    def projected(self, averaged: torch.Tensor) -> torch.Tensor:
        """Return the pooled text without the feed-forward part."""
        return F.normalize(self.text(torch.tanh(self.pooler(averaged))), dim=-1)

    def images(self, features: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.image(features), dim=-1)
