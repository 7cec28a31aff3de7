"""What learns besides the image tower."""

from __future__ import annotations

import port
import torch
from torch import nn
from torch.nn import functional as F


class Heads(nn.Module):
    """The text pooler and both projections, as the checkpoint holds them; and the scales of the losses.

    `mean`: the average feature of photos (1280,), which says nothing about any of them.
    """

    def __init__(self, mean: torch.Tensor) -> None:
        super().__init__()
        self.pooler = nn.Linear(384, 384)
        self.text = nn.Linear(384, port.JOINT_SIZE, bias=False)
        self.image = nn.Linear(1280, port.JOINT_SIZE, bias=False)
        self.scales = nn.Parameter(torch.full((4,), 3.0))  # logarithms: phrases, class names, captions, label sets
        direction = F.normalize(mean, dim=0)
        with torch.no_grad():
            self.pooler.weight.copy_(port.POOLER_GAIN * torch.eye(384))
            self.pooler.bias.zero_()
            self.image.weight.sub_(self.image.weight @ direction[:, None] @ direction[None])  # the mean says nothing

    def texts(self, embeddings: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.text(torch.tanh(self.pooler(embeddings))), dim=-1)

    def images(self, features: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.image(features), dim=-1)
