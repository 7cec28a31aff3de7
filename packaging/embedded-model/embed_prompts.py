#!/usr/bin/env python3
"""Compute the vectors of the prompts in the starter configuration and in the recipes, which ship with a checkpoint.

Run it once more after the checkpoint was trained again, or a prompt was changed.

usage: embed_prompts.py CHECKPOINT FILE
"""

from __future__ import annotations

import sys
from pathlib import Path

from snapsortd.config.labels_file import load_labels
from snapsortd.config.load import default_config_path
from snapsortd.vision.child.engines.shipped_texts import shipped_to_bytes
from snapsortd.vision.child.engines.towers import embed_texts


def prompts() -> list[str]:
    """Return every prompt of the configurations that ship, each once."""
    starter = Path(default_config_path())
    files = (starter, *sorted(starter.with_name("recipes").glob("*.yaml")))
    return list(dict.fromkeys(text for file in files for label in load_labels(str(file)) for text in label.prompts))


def main(checkpoint: Path, file: Path) -> None:
    texts = prompts()
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(shipped_to_bytes(texts, embed_texts(str(checkpoint), texts, 1)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
