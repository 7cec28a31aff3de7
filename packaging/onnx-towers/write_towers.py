"""Write the ONNX graphs of a checkpoint's two towers into its folder `towers`.

The build of the package does this for the embedded model (setup.py).

usage: write_towers.py CHECKPOINT
"""

from __future__ import annotations

import sys
from pathlib import Path

from image_tower import write_image_tower
from text_tower import write_text_tower

FILES = ("towers/image.onnx", "towers/text.onnx")


def write_towers(checkpoint: Path, target: Path) -> None:
    """Write FILES into `target`, from the checkpoint."""
    image, text = (target / name for name in FILES)
    image.parent.mkdir(parents=True, exist_ok=True)
    write_image_tower(checkpoint, image)
    write_text_tower(checkpoint, text)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write_towers(folder, folder)
