"""What is wrong with a set of labels, as far as it can be told before an image is sorted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from snapsortd.config.settings import Label

CLOSE = 0.95
"""Cosine from which two prompts are one to the model."""


def lint_labels(labels: Sequence[Label]) -> Iterator[str]:
    """What can be told from the words alone."""
    if not any(label.negative for label in labels):
        yield (
            "no label is negative: every image gets one of these labels, whatever it shows; "
            "add one such as `other: {negative: true, prompts: [a photo]}`"
        )
    if len(labels) > 1 and all(label.negative for label in labels):
        yield "every label is negative: no image will ever be filed by its label"
    told: dict[str, str] = {}
    for label in labels:
        for prompt in label.prompts:
            other = told.setdefault(" ".join(prompt.casefold().split()), label.name)
            if other != label.name:
                yield f"'{label.name}' and '{other}' have a prompt in common: {prompt}"


def lint_prompts(labels: Sequence[Label], vectors: Sequence[Sequence[float]]) -> Iterator[str]:
    """`vectors`: one for every prompt, normalised, label by label. Tells the closest pair of two labels."""
    prompts = [(label.name, prompt) for label in labels for prompt in label.prompts]
    closest: dict[tuple[str, str], tuple[float, str, str]] = {}
    for ((name, prompt), vector), ((other, second), far) in combinations(zip(prompts, vectors, strict=True), 2):
        if name != other and prompt.casefold() != second.casefold():
            cosine = sum(a * b for a, b in zip(vector, far, strict=True))
            closest[name, other] = max(closest.get((name, other), (CLOSE, "", "")), (cosine, prompt, second))
    for (name, other), (cosine, prompt, second) in closest.items():
        if prompt:
            yield (
                f"to the model, '{prompt}' ({name}) and '{second}' ({other}) are nearly the same "
                f"(cosine {cosine:.2f}); say what tells them apart"
            )


def lint_answers(labels: Sequence[Label], answers: Sequence[str]) -> Iterator[str]:
    """`answers`: the labels that images of a sample got."""
    got = Counter(answers)
    for label in labels:
        if not got[label.name]:
            yield f"none of {len(answers)} images is a '{label.name}' to the model; are its prompts right?"
