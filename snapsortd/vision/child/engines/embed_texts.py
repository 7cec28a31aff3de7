"""The process that embeds texts: read a JSON list of texts from stdin, write a JSON list of vectors to stdout.

Started by `vision.embed_texts` as `python -m snapsortd.vision.child.engines.embed_texts FOLDER`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from snapsortd.domain.errors import ModelError
from snapsortd.vision.child import sandbox
from snapsortd.vision.child.engines import towers
from snapsortd.vision.child.engines.engine import Array
from snapsortd.vision.cores import default_threads
from snapsortd.vision.extras import CLIP
from snapsortd.vision.onnx_towers import find_towers


def main(folder: str) -> int:
    """Return the exit code: 1, with the reason on stderr, if the model cannot be loaded."""
    sandbox.refuse_network()
    try:
        vectors = _embedded(folder, json.load(sys.stdin))
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    json.dump(vectors.tolist(), sys.stdout)
    return 0


def _embedded(folder: str, texts: Sequence[str]) -> Array:
    if find_towers(folder):
        return towers.embed_texts(folder, texts, default_threads())
    CLIP.require(f"the model {folder}")
    from snapsortd.vision.child.engines.torch_engine import TorchEngine

    return TorchEngine(folder).encode_texts(texts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
