"""Checks of a set of labels for mistakes that show before an image is classified. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from snapsortd.config.settings import Label

SAME_MEANING = 0.95
"""Cosine similarity from which the model can hardly tell two prompts apart."""


def lint_labels(labels: Sequence[Label]) -> Iterator[str]:
    """Yield a warning for each mistake that the words alone show."""
    if not any(label.negative for label in labels):
        yield (
            "no label is negative: every image gets one of these labels, whatever it shows; "
            "add one such as `other: {negative: true, prompts: [a photo]}`"
        )
    if len(labels) > 1 and all(label.negative for label in labels):
        yield "every label is negative: no image will ever be filed by its label"
    seen: dict[str, str] = {}
    for label in labels:
        for prompt in label.prompts:
            other = seen.setdefault(" ".join(prompt.casefold().split()), label.name)
            if other != label.name:
                yield f"'{label.name}' and '{other}' have a prompt in common: {prompt}"


def lint_prompts(labels: Sequence[Label], vectors: Sequence[Sequence[float]]) -> Iterator[str]:
    """Yield a warning for the closest prompts of any two labels.

    `vectors`: the embedding of every prompt, normalised, label by label.
    """
    prompts = [(label.name, prompt) for label in labels for prompt in label.prompts]
    closest: dict[tuple[str, str], tuple[float, str, str]] = {}
    for ((name, prompt), vector), ((other, second), far) in combinations(zip(prompts, vectors, strict=True), 2):
        if name != other and prompt.casefold() != second.casefold():
            cosine = sum(a * b for a, b in zip(vector, far, strict=True))
            closest[name, other] = max(closest.get((name, other), (SAME_MEANING, "", "")), (cosine, prompt, second))
    for (name, other), (cosine, prompt, second) in closest.items():
        if prompt:
            yield (
                f"to the model, '{prompt}' ({name}) and '{second}' ({other}) are nearly the same "
                f"(cosine {cosine:.2f}); describe what distinguishes them"
            )


def lint_answers(labels: Sequence[Label], predicted: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each label that no image got. `predicted`: the labels of the images of a sample."""
    got = Counter(predicted)
    for label in labels:
        if not got[label.name]:
            yield f"none of {len(predicted)} images was classified as '{label.name}'; are its prompts right?"
