"""Transfer knowledge about classes with photos to names without photos whose texts are similar.

Kernel ridge regression from the texts of the classes with photos to the positions of these photos predicts other names
better than the heads, which are linear except for the pooler's tanh. It is too large to ship: the feed-forward part of
the averaging layer, 0 until then, is trained to add its predictions for WordNet's nouns, and to leave everything else
unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import wordnet
from heads import Heads
from torch.nn import functional as F

# Things that can be photographed: wholes (including artifacts), organisms, food, substances, matter, geological
# formations
ROOTS = frozenset({"n00003553", "n00004258", "n00021265", "n00019613", "n00020827", "n09287968"})
MAX_LENGTH = 25  # characters; longer names are rare
WIDTH = 2.0  # of the kernel exp(-WIDTH * squared distance), by cross-validation over the classes
RIDGE = 0.3
SLOPE, BEGIN = 4.0, 0.2  # of a unit's output, by the cosine to its own text; and where it starts
STEPS, RATE = 3000, 3e-3
TEXTS = 512  # per step, and as many that are left unchanged
ALONE = 6.0  # weight of these


def things(nouns: wordnet.Nouns, without: Iterable[str]) -> list[str]:
    """Return the first names of all synsets that can be photographed, except for `without` (lower case), in order."""
    first = {names[0] for synset, names in nouns.names.items() if nouns.above(synset) & ROOTS}
    return sorted(name for name in first - set(without) if name.islower() and len(name) < MAX_LENGTH)


class Teacher:
    """Directions of names in the joint space: regression from the classes' texts (c, 384) to their `places` (c, d)."""

    def __init__(self, texts: torch.Tensor, places: torch.Tensor) -> None:
        self.mean = texts.mean(0)
        self.texts = self.centred(texts)
        self.weights = torch.linalg.solve(self.kernel(self.texts) + RIDGE * torch.eye(len(texts)), places)

    def centred(self, texts: torch.Tensor) -> torch.Tensor:
        return F.normalize(texts - self.mean, dim=1)

    def kernel(self, centred: torch.Tensor) -> torch.Tensor:
        return torch.exp(-WIDTH * (2 - 2 * centred @ self.texts.T))

    def __call__(self, texts: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.kernel(self.centred(texts)) @ self.weights, dim=1)


def places(heads: Heads, features: torch.Tensor, classifier: torch.Tensor) -> torch.Tensor:
    """Return the position of each class's photos in the joint space, (c, d).

    Over photos with these features (n, 1280), products with it come closest to the output of the `classifier` (c,
    1280).
    """
    spread = features - features.mean(0)
    covariance = spread.T @ spread / len(spread)
    covariance += 1e-3 * covariance.diagonal().mean() * torch.eye(len(covariance))
    towards = F.normalize(classifier - classifier.mean(0), dim=1)
    down = heads.image.weight.detach()
    return F.normalize(torch.linalg.solve(down @ covariance @ down.T, down @ covariance @ towards.T).T, dim=1)


def teach(
    heads: Heads,
    classes: torch.Tensor,
    known: torch.Tensor,
    nouns: torch.Tensor,
    others: torch.Tensor,
    generator: torch.Generator,
) -> None:
    """Train the feed-forward part of `heads`.

    classes: MiniLM embeddings of the classes with photos, (sentence, c, 384); known: their positions (c, d);
    nouns: embeddings of nouns in the same sentences, (sentence, n, 384); others: of texts that must not change.
    """
    texts = torch.cat([classes, nouns], 1)
    teacher = Teacher(classes.mean(0), known)
    wide = heads.wide.requires_grad_(True)
    narrow = heads.narrow.requires_grad_(True)
    with torch.no_grad():
        middle = texts.mean(0)
        directions = teacher(middle)
        right = torch.stack([F.normalize(heads.projected(each) + directions, dim=1) for each in texts])
        some = torch.randperm(nouns.shape[1], generator=generator)[: wide.out_features - classes.shape[1]]
        own = teacher.centred(torch.cat([middle[: classes.shape[1]], nouns.mean(0)[some]]))  # a text for each unit
        wide.weight.copy_(SLOPE * own / (texts - teacher.mean).norm(dim=2).mean())
        wide.bias.copy_(-(wide.weight @ teacher.mean) - SLOPE * BEGIN)
    groups = [{"params": narrow.parameters(), "lr": RATE}, {"params": wide.parameters(), "lr": RATE / 3}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        sentence = step % len(texts)
        rows = torch.randint(texts.shape[1], (TEXTS,), generator=generator)
        wrong = 1 - (heads.texts(texts[sentence, rows]) * right[sentence, rows]).sum(1).mean()
        drawn = others[torch.randint(len(others), (TEXTS,), generator=generator)]
        between = torch.lerp(drawn, drawn.roll(1, 0), 0.5 * torch.rand(TEXTS, 1, generator=generator))
        between = F.layer_norm(between, (384,))
        moved = 1 - (heads.texts(between) * heads.projected(between).detach()).sum(1).mean()
        optimizer.zero_grad()
        (wrong + ALONE * moved).backward()
        optimizer.step()
        schedule.step()
