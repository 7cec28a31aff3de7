"""The process that learns: read what was told from stdin (JSON), write the layer to the file that is named.

Started by `vision.learner` as `python -m snapsortd.vision.child.learning.main FILE`.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from snapsortd.domain.errors import ModelError
from snapsortd.files.atomic_write import write_atomically
from snapsortd.vision.child.engines.kinds import read_kinds
from snapsortd.vision.child.engines.labels import embed_prompts
from snapsortd.vision.child.engines.scoring import label_scorer
from snapsortd.vision.child.learning.fit import ANCHOR_WEIGHT, Lessons, Matrix, softmax, wanted_scores
from snapsortd.vision.child.learning.gate import IN_FORCE, Learnt, learn
from snapsortd.vision.child.learning.layer import LEAST, Layer, layer_to_json, zero_shot_logits
from snapsortd.vision.child.learning.prototypes import Prototype, prototype
from snapsortd.vision.embed_texts import embed_texts
from snapsortd.vision.layer_file import layer_to_bytes

Told = Mapping[str, Any]


def main(path: str) -> int:
    """Learn and return the exit code: 1, with the reason on stderr, if the labels cannot be embedded or
    the file cannot be written."""
    told = json.load(sys.stdin)
    try:
        write_atomically(path, layer_to_bytes({**told["about"], **learn_from(told)}))
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"what was learnt cannot be stored: {error.strerror}\n")
        return 1
    return 0


def learn_from(told: Told) -> dict[str, Any]:
    """Return the layer and how it was found, JSON-ready; `told` is as in `vision.learner.Told`."""
    names = list(told["labels"])
    embeddings = _vectors([text for _, _, text in told["examples"]], told["dim"])
    anchors = _vectors(told["anchors"], told["dim"])
    labels = np.array([label for label, _, _ in told["examples"]], np.intp)
    denied = np.array([is_not for _, is_not, _ in told["examples"]], bool)
    prompted = [place for place, name in enumerate(names) if told["labels"][name]]
    prototypes = _prototypes(embeddings, anchors, labels, denied, set(range(len(names))) - set(prompted))

    def offsets(vectors: Matrix) -> Matrix:
        logits = np.log(np.maximum(zero_shot_scores(told, vectors), LEAST))
        return zero_shot_logits(logits, vectors, prompted, len(names), prototypes)

    mine, theirs = offsets(embeddings), offsets(anchors)
    found = learn(
        Lessons(embeddings, mine, wanted_scores(mine, labels, denied), np.ones(len(labels))),
        Lessons(anchors, theirs, softmax(theirs), np.full(len(anchors), ANCHOR_WEIGHT)),
        labels,
        denied,
        np.array([not told["labels"][name] for name in names]),
    )
    shift = found.shift if IN_FORCE in found.verdicts else None
    return layer_to_json(Layer(shift, prototypes)) | {"report": _report(names, labels, denied, found)}


def zero_shot_scores(told: Told, vectors: Matrix) -> Matrix:
    """Return the zero-shot scores of embeddings (n, d) for the labels with prompts."""
    prompts = embed_prompts(
        {name: texts for name, texts in told["labels"].items() if texts},
        told["checkpoint"],
        told["cache_dir"],
        lambda texts: np.asarray(embed_texts(told["folder"], texts), np.float32),
    )
    kinds = read_kinds(told["folder"], told["checkpoint"], told["state_dir"])
    return label_scorer(prompts, told["logit_scale"], kinds).scores(vectors.astype(np.float32))


def _prototypes(
    embeddings: Matrix, anchors: Matrix, labels: np.ndarray[Any, Any], denied: np.ndarray[Any, Any], without: set[int]
) -> dict[int, Prototype]:
    """Return the prototypes of the labels `without` prompts that have examples."""
    found = {}
    for place in sorted(without):
        own = (labels == place) & ~denied
        if own.any():
            found[place] = prototype(embeddings[own], np.vstack([embeddings[~own], anchors]))
    return found


def _report(
    names: Sequence[str], labels: np.ndarray[Any, Any], denied: np.ndarray[Any, Any], found: Learnt
) -> dict[str, Any]:
    """Return what `snapsortctl learned` shows: each label's verdict, and how many held-out examples were right."""
    checked = found.validated

    def counts(rows: np.ndarray[Any, Any]) -> dict[str, int]:
        return {
            "examples": int(rows.sum()),
            "before": int(checked.right_before[rows].sum()),
            "after": int(checked.right_after[rows].sum()),
        }

    return {
        "labels": {
            name: {"verdict": found.verdicts[place], **counts((labels == place) & ~denied)}
            for place, name in enumerate(names)
        },
        "all": counts(np.ones(len(labels), bool)),
    }


def _vectors(texts: Sequence[str], dim: int) -> Matrix:
    """Return embeddings, (n, d), from base64 of half precision, scaled to length 1."""
    if not texts:
        return np.empty((0, dim))
    rows = np.stack([np.frombuffer(base64.b64decode(text), "<f2") for text in texts]).astype(np.float64)
    scaled: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
