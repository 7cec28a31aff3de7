"""Write the ONNX graphs of a checkpoint's two towers, that of images also in 8 bits, into a folder's `towers`.

The build of the package does this for the embedded model (packaging/build_hook.py).

usage: write_towers.py CHECKPOINT FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from image_tower import ImageTower
from image_tower_8bit import ImageTower8Bit
from text_tower import write_text_tower


def write_towers(checkpoint: Path, folder: Path) -> None:
    """Write the graphs below `folder`, which may be the checkpoint itself."""
    towers = folder / "towers"
    towers.mkdir(parents=True, exist_ok=True)
    ImageTower(checkpoint).write(towers / "image.onnx")
    ImageTower8Bit(checkpoint).write(towers / "image-8bit.onnx")
    write_text_tower(checkpoint, towers / "text.onnx")


if __name__ == "__main__":
    write_towers(Path(sys.argv[1]), Path(sys.argv[2]))
