"""The process that works on the embeddings of all known images.

Started by `vision.finder` as `python -m snapsortd.vision.child.finding.main`. It reads the name of the model (a line of
JSON), writes its checkpoint (a line), reads what is asked (a line) and embeddings by that checkpoint, and writes the
answer. It opens no image.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child.engines.digests import cached_digest
from snapsortd.vision.child.engines.engine import Array, normalised
from snapsortd.vision.child.engines.kinds import read_kinds
from snapsortd.vision.child.engines.labels import embed_prompts
from snapsortd.vision.child.engines.logit_scale import read_logit_scale
from snapsortd.vision.child.engines.scoring import label_scorer
from snapsortd.vision.child.finding.groups import find_groups
from snapsortd.vision.child.finding.nearest import ROWS, nearest
from snapsortd.vision.child.finding.phrases import KINDS
from snapsortd.vision.embed_texts import embed_texts


def main() -> int:
    """Return the exit code: 1 if the model cannot be loaded, which is written in place of the checkpoint or answer."""
    model = _line()
    try:
        folder = find_checkpoint(model["name"])
        digest = cached_digest(folder, model["cache_dir"])
        with ThreadPoolExecutor(1) as pool:
            texts = pool.submit(_embed, folder, model["texts"]) if model["texts"] else None
            _say({"checkpoint": digest})
            asked = _line()
            parts = _embeddings(asked["dim"])
            if "limit" in asked:
                like = np.frombuffer(bytes.fromhex(asked["like"]), "<f2").astype(np.float32)
                _say({"answer": nearest(parts, texts.result()[0] if texts else like, asked["limit"])})
                return 0
            images = np.concatenate([np.zeros((0, asked["dim"]), np.float16), *parts])
            kinds = read_kinds(folder, digest, model["state_dir"])

            def embedded(labels: Mapping[str, Sequence[str]]) -> list[Array]:
                return embed_prompts(labels, digest, model["cache_dir"], lambda texts: _embed(folder, texts))

            if "grouped" in asked:
                found = _groups(images, asked["grouped"], embedded(KINDS), kinds.means if kinds else None)
                _say({"answer": found})
            else:
                scale, vectors = read_logit_scale(folder), normalised(images.astype(np.float32))
                scorers = [label_scorer(embedded(each), scale, kinds) for each in asked["label_sets"]]
                _say({"answer": [each.scores(vectors).tolist() for each in scorers]})
    except ModelError as error:
        _say({"failed": error.message, "hint": error.hint})
        return 1
    return 0


def _embeddings(dim: int) -> Iterator[NDArray[np.float16]]:
    """Yield what is written to this process, (n, dim) each, until its end."""
    while data := sys.stdin.buffer.read(ROWS * dim * 2):
        yield np.frombuffer(data, "<f2").reshape(-1, dim)


def _groups(
    images: NDArray[np.float16], grouped: int, prompts: Sequence[Array], kinds: Array | None
) -> list[dict[str, Any]]:
    """Return the groups of the first images, JSON-ready; the others, and the model's own kinds, are compared with."""
    vectors = images.astype(np.float32)
    others = vectors[grouped:] if kinds is None else np.vstack([vectors[grouped:], kinds])
    found = find_groups(vectors[:grouped], dict(zip(KINDS, prompts, strict=True)), others)
    return [
        {"kind": each.kind, "prompts": KINDS[each.kind], "rows": each.rows, "agreement": each.agreement}
        for each in found
    ]


def _embed(folder: str, texts: Sequence[str]) -> Array:
    return np.asarray(embed_texts(folder, texts), np.float32)


def _line() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(sys.stdin.buffer.readline())
    return found


def _say(document: object) -> None:
    sys.stdout.write(f"{json.dumps(document)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
