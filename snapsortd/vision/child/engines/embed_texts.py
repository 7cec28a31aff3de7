"""The process that embeds texts: read a JSON list of texts from stdin, write a JSON list of vectors to stdout.

Started by `vision.embed_texts` as `python -m snapsortd.vision.child.engines.embed_texts FOLDER`.
"""

from __future__ import annotations

import json
import sys

from snapsortd.domain.errors import ModelError


def main(folder: str) -> int:
    """Return the exit code: 1, with the reason on stderr, if the model cannot be loaded."""
    from snapsortd.vision.child.engines.torch_engine import TorchEngine

    try:
        vectors = TorchEngine(folder).encode_texts(json.load(sys.stdin))
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    json.dump(vectors.tolist(), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
