#!/usr/bin/env python3
"""Write the checkpoint folder of trained weights.

`train.py` does this at its end; this program does it for weights saved during training.

usage: export.py WORK/latest.pt OUT --scale SCALE
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import port
import torch
from heads import Heads
from torch import nn
from tower import Tower
from transformers import AutoModel


def export(tower: Tower, heads: Heads, scale: float, out: Path) -> None:
    """Return the transformers checkpoint; cosines are multiplied by `scale` before the softmax."""
    model = port.dual_encoder()
    vision_model: Any = model.vision_model
    text_model: Any = model.text_model
    tower.write_to(vision_model)
    averaging = text_model.encoder.layer[-1]
    with torch.no_grad():
        averaging.intermediate.dense.load_state_dict(heads.wide.state_dict())
        averaging.output.dense.load_state_dict(heads.narrow.state_dict())
        text_model.pooler.dense.load_state_dict(heads.pooler.state_dict())
        model.text_projection.load_state_dict(heads.text.state_dict())
        model.visual_projection.load_state_dict(heads.image.state_dict())
        model.logit_scale.fill_(math.log(scale))
    port.save(model, out)


def read(folder: Path) -> tuple[Tower, Heads]:
    """Return the trainable parts of a checkpoint folder that `export` wrote."""
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    tower, heads, averaging = Tower(model.vision_model), Heads(torch.ones(1280)), model.text_model.encoder.layer[-1]
    heads.wide.load_state_dict(averaging.intermediate.dense.state_dict())
    heads.narrow.load_state_dict(averaging.output.dense.state_dict())
    heads.pooler.load_state_dict(model.text_model.pooler.dense.state_dict())
    heads.text.load_state_dict(model.text_projection.state_dict())
    heads.image.load_state_dict(model.visual_projection.state_dict())
    return tower, heads


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", type=float, required=True)
    args = parser.parse_args()
    tower, heads = Tower(port.image_tower()), Heads(torch.ones(1280))
    nn.ModuleList([tower, heads]).load_state_dict(torch.load(args.weights, weights_only=True))
    export(tower, heads, args.scale, args.out)


if __name__ == "__main__":
    main()
