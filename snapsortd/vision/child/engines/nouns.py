"""Name what a photo shows by a noun: the narrowest of a tree of nouns that is sure enough, or none.

A file of nouns belongs to one model, whose space its vectors are in; the embedded model has one. It lies in a folder of
its own, because it has no part in the embeddings, by which the files beside the weights are known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from snapsortd.vision.child.engines.engine import Array, Scores, normalised
from snapsortd.vision.child.engines.kinds import Kinds, softmax

NAME = os.path.join("nouns", "nouns.safetensors")
"""The file in a checkpoint's folder."""
SURE = 0.65
"""Probability from which a noun is said. Above one half, it is always among the likeliest at its level."""
PHOTO = 0.9
"""Probability of a photo from which it gets a noun; drawings and screenshots get none."""
SCALE = 40.0
"""Of the cosines, in the probabilities. With SURE and OWN, chosen by eye and by the names of ImageNet's classes."""
OWN = 0.2
"""Weight of a wider noun's own cosine; the rest is that of the best noun below it."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun, the place of the wider one that it belongs to (-1: it is the first), and whether it may be said."""

    name: str
    wider: int
    said: bool


class Nouns:
    """The nouns of one model: `vectors` (said nouns, dim), `middle` (dim,), the mean of photos, and what is a photo."""

    def __init__(self, nouns: Sequence[Noun], vectors: Array, middle: Array, kinds: Kinds) -> None:
        """`kinds` are two: other, photo."""
        self._nouns = nouns
        self._vectors = vectors
        self._middle = middle
        self._kinds = kinds
        self._said = [place for place, noun in enumerate(nouns) if noun.said]
        below: dict[int, list[int]] = {}
        for place, noun in enumerate(nouns[1:], 1):
            below.setdefault(noun.wider, []).append(place)
        self._below = {wider: np.array(places) for wider, places in sorted(below.items(), reverse=True)}

    def vector(self, name: str) -> Array:
        """Return the vector of a noun that is said."""
        vector: Array = self._vectors[[self._nouns[place].name for place in self._said].index(name)]
        return vector

    def of(self, images: Array) -> list[str]:
        """Return a noun for each of the normalised vectors (n, dim); empty if it is no photo, or nothing is sure."""
        photos = self._kinds.probabilities(images)[:, 1] >= PHOTO
        return [self._named(image) if photo else "" for image, photo in zip(images, photos, strict=True)]

    def _named(self, image: Array) -> str:
        evidence, place, name, probability = self._evidence(image), 0, "", 1.0
        while place in self._below:
            shares = softmax(SCALE * evidence[self._below[place]])
            place = int(self._below[place][shares.argmax()])
            probability *= float(shares.max())
            if probability < SURE:
                break
            if self._nouns[place].said:
                name = self._nouns[place].name
        return name

    def _evidence(self, image: Array) -> Scores:
        """Return how much speaks for each noun: its own cosine, and that of the best one below it."""
        evidence = np.zeros(len(self._nouns))
        evidence[self._said] = self._vectors @ (image - self._middle)
        for wider, places in self._below.items():  # the last first, so that each is known before the one above it
            evidence[wider] = OWN * evidence[wider] + (1 - OWN) * evidence[places].max()
        return evidence


def read_nouns(checkpoint: str) -> Nouns | None:
    """Return the nouns in a checkpoint's folder, or None if there are none."""
    try:
        with safe_open(os.path.join(checkpoint, NAME), framework="numpy") as file:
            nouns = [Noun(**each) for each in json.loads(file.metadata()["nouns"])]
            found = {name: file.get_tensor(name).astype(np.float32) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None
    kinds = Kinds(found["weights"], found["biases"], found["means"])
    return Nouns(nouns, normalised(found["vectors"]), found["middle"], kinds)


def nouns_to_bytes(nouns: Sequence[Noun], vectors: Array, middle: Array, kinds: Kinds) -> bytes:
    """Return the content of a file of nouns: their vectors in 8 bits, the rest in half precision."""
    parts = {"middle": middle, "weights": kinds.weights, "biases": kinds.biases, "means": kinds.means}
    tensors = {name: np.ascontiguousarray(each, np.float16) for name, each in parts.items()}
    tensors["vectors"] = np.round(vectors * (127 / np.abs(vectors).max())).astype(np.int8)
    data: bytes = save(tensors, {"nouns": json.dumps([asdict(each) for each in nouns])})
    return data
