#!/usr/bin/env python3
"""Train a checkpoint further with images of new sources: the late blocks of its tower, and the heads.

Cheap enough for a busy computer: the early blocks are run only once, on a few random views of each image, and their
output is kept in `WORK`. The newer real images (`more/`) are split by source into two halves; a run leaves one out, on
which `choose.py` measures it, so that two runs measure both. Test images, and what looks like one, are never used.

usage: finetune.py CORPUS START WORK --wordnet DATA_NOUN --rendered FOLDER... --without 0|1 [--seed N] [--steps N]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import data
import numpy as np
import numpy.typing as npt
import port
import torch
import train
import wordnet
from export import read
from heads import Heads
from torch import nn
from torch.nn import functional as F
from tower import Tower

KEPT = 8  # of the 16 blocks, not trained: down to a sixteenth of the pixels in each dimension
VIEWS = (1, 3, 2)  # of each image of the first corpus, of more/, and rendered
DETAIL = 320  # pixels; images are decoded to this square before they are cropped
SIDE = 224  # pixels of views
CHUNK = 64  # images per file of features
BATCH, SAMPLE_BATCH = 28, 6
RATE, HEADS_RATE = 1.2e-4, 2e-4
AVERAGE = 0.99  # decay of the weights' moving average
TEXTS: dict[str, Any] = {"compound": 1500, "sets": 800, "about": train.NAMES[:2]}  # fewer than from scratch
SHARES = (0.4, 0.3, 0.3)  # of a batch: the first corpus, more/, rendered
PER_CLASS, SAMPLE = 40, 1000  # images of each class of the first corpus, and its photos of the ImageNet sample


Views = npt.NDArray[np.float16]  # (views, channels, height, width)
Drawn = Callable[[], tuple[torch.Tensor, torch.Tensor]]


def early(tower: Tower, images: torch.Tensor) -> torch.Tensor:
    """Return the output of the blocks that are not trained, (n, 80, side / 16, side / 16)."""
    with torch.no_grad():
        x = F.relu6(tower.stem(F.pad(images, (0, 1, 0, 1))))
        for block in list(tower.blocks)[:KEPT]:
            x = block(x)
    return x


def late(tower: Tower, x: torch.Tensor) -> torch.Tensor:
    """Return the features (n, 1280) of what `early` returned."""
    for block in list(tower.blocks)[KEPT:]:
        x = block(x)
    return F.relu6(tower.top(x)).mean((2, 3))


def views(item: data.Item, number: int, count: int) -> data.Pixels:
    """Return that many views of an image, (count, SIDE, SIDE, 3)."""
    pixels, flip = data.decode(item.path, DETAIL), item.coarse in data.FLIPPABLE
    return np.stack([data.augment(pixels, SIDE, flip, np.random.default_rng((number, k))) for k in range(count)])


def digest(items: list[data.Item]) -> str:
    """Return a name for a list of images."""
    return hashlib.sha256("".join(str(item.path) for item in items).encode()).hexdigest()[:16]


def early_features(tower: Tower, items: list[data.Item], count: int, work: Path) -> list[Views]:
    """Return each image's views after the early blocks, (count, 80, 14, 14); computed once, resumes if stopped."""
    found: list[Views] = []
    for start in range(0, len(items), CHUNK):
        part = items[start : start + CHUNK]
        file = work / f"views{KEPT}-{count}-{digest(part)}.npy"
        if not file.exists():
            rows = []
            for number, item in enumerate(part, start):
                images = train.normalised(views(item, number, count))
                rows.append(early(tower, images).half().numpy())
            np.save(file.with_suffix(".part.npy"), np.stack(rows))
            file.with_suffix(".part.npy").rename(file)
            print(f"{start + len(part)} of {len(items)} images read", flush=True)
        found += list(np.load(file, mmap_mode="r"))
    return found


def usable(corpus: Path, rendered: list[Path], work: Path) -> list[list[data.Item]]:
    """Return the images of training: of the first corpus, of more/, of each rendered folder.

    What looks like a test image, and what shows or names a class that is left out, is dropped.
    """
    old = data.read_items(corpus)
    groups = [old, data.read_more(corpus), *(data.read_rendered(folder) for folder in rendered)]
    items = [item for group in groups for item in group]
    tests = [i for i, item in enumerate(items) if item.split == "test"]
    others = [i for i, item in enumerate(items) if item.split != "test"]
    cache = work / f"copies-{digest(items)}.npy"
    if not cache.exists():
        decoded = (data.load_pixels(each, work / f"pixels-{digest(each)}.npy") for each in groups)
        np.save(cache, sorted(data.near_copies(np.concatenate(list(decoded)), tests, others)))
    copies: list[int] = np.load(cache).tolist()
    print(f"{len(copies)} near copies of {len(tests)} test images dropped", flush=True)
    left_out, spoken = set().union(*data.left_out_classes(old)), names_left_out(old)
    dropped = {items[i].path for i in copies} | {item.path for item in items if item.split == "test"}
    dropped |= {i.path for i in items if i.wordnet_id in left_out or i.caption.lower() in spoken}
    return [[item for item in group if item.path not in dropped] for group in groups]


def rehearsed(items: list[data.Item]) -> list[data.Item]:
    """Return some images of each class, so that what was learned from them is not forgotten."""
    of_class: dict[str, list[data.Item]] = {}
    for item in items:
        of_class.setdefault(item.fine, []).append(item)
    chance = random.Random(0)
    return [
        item
        for fine, group in sorted(of_class.items())
        for item in chance.sample(group, min(len(group), PER_CLASS if fine else SAMPLE))
    ]


def names_left_out(items: list[data.Item]) -> set[str]:
    """Return the names of the ImageNet classes that training must not see, in lower case."""
    left_out = set().union(*data.left_out_classes(items))
    return {item.caption.lower() for item in items if item.split == "imagenet" and item.wordnet_id in left_out}


def starting_features(tower: Tower, items: list[data.Item], kept: list[Views]) -> torch.Tensor:
    """Return the features that photos have before training, (n, 1280), and 0 for the other images."""
    photos = [i for i, item in enumerate(items) if item.coarse == "photo"]
    result = torch.zeros(len(items), 1280)
    with torch.no_grad():
        for start in range(0, len(photos), 32):
            part = photos[start : start + 32]
            result[part] = late(tower, torch.from_numpy(np.stack([kept[i][0] for i in part])).float())
    return result


class Lessons:
    """The losses of train.py over images: built once for a run."""

    def __init__(
        self, corpus: Path, items: list[data.Item], before: torch.Tensor, heads: Heads, nouns: Path, work: Path
    ) -> None:
        """`before`: what `starting_features` returned for the items."""
        old = data.read_items(corpus)
        ids = sorted({item.wordnet_id for item in old if item.split == "imagenet"})
        left_out = set().union(*data.left_out_classes(old))
        named = {item.wordnet_id: item.caption for item in old if item.split == "imagenet"}
        classes = dict(sorted({item.fine: item.coarse for item in items if item.fine}.items()))
        fine_names = sorted(classes)
        captions = sorted({item.caption for item in items if item.caption})
        number_of = {caption: number for number, caption in enumerate(captions)}
        bank = train.make_bank(
            classes,
            {w: named[w] for w in ids if w not in left_out},
            names_left_out(old),
            captions,
            wordnet.Nouns(nouns),
            random.Random(0),
            work,
            **TEXTS,
        )
        self.before = before
        self.weight, self.bias = port.imagenet_head()
        self.photos = torch.tensor([item.coarse == "photo" for item in items])
        self.fines = torch.tensor([fine_names.index(item.fine) if item.fine else -1 for item in items])
        seen = torch.tensor([w not in left_out for w in ids])
        teacher = (before @ self.weight[seen].T + self.bias[seen]).softmax(1)
        own = before[self.photos]
        self.losses = train.Objective(
            heads,
            bank,
            self.fines,
            self.photos,
            teacher,
            train.made_up_classes(own, self.weight, seen),
            torch.tensor([number_of.get(item.caption, -1) for item in items]),
            torch.Generator().manual_seed(torch.initial_seed()),
        )

    def __call__(self, features: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        loss = self.losses(F.dropout(features, 0.1), rows)
        photo = self.photos[rows]  # Lite0's classifier still classifies photos as before
        predicted = (self.before[rows[photo]] @ self.weight.T + self.bias).softmax(1)
        kept = (predicted * (features[photo] @ self.weight.T + self.bias).log_softmax(1)).sum(1).mean()
        return loss - 0.5 * kept


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path, help="folder with corpus/, more/ and imagenet-sample/")
    parser.add_argument("start", type=Path, help="checkpoint folder to begin with")
    parser.add_argument("work", type=Path, help="folder for cached features and the resulting weights")
    parser.add_argument("--wordnet", type=Path, required=True, help="WordNet 3.0's data.noun")
    parser.add_argument("--rendered", type=Path, nargs="+", required=True, help="folders written by rendering/")
    parser.add_argument("--without", type=int, choices=(0, 1), required=True, help="the half of more/ to leave out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=600)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    tower, heads = read(args.start)
    tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    groups = usable(args.corpus, args.rendered, args.work)
    groups[0] = rehearsed(groups[0])
    items = [item for group in groups for item in group]
    kept = [
        each for k, group in enumerate(groups) for each in early_features(tower, group, VIEWS[min(k, 2)], args.work)
    ]
    half = data.halves([item for item in data.read_more(args.corpus) if item.split == "train"])[args.without]
    rows = torch.tensor([i for i, item in enumerate(items) if item.source not in half])
    before = starting_features(tower, items, kept)[rows]
    lessons = Lessons(args.corpus, [items[i] for i in rows], before, heads, args.wordnet, args.work)
    named = torch.where(lessons.fines >= 0)[0]
    samples = torch.where(lessons.fines < 0)[0]
    group_of = torch.tensor([min(k, 2) for k, group in enumerate(groups) for _ in group])[rows[named]]
    weights = train.balanced(lessons.fines[named])
    for k, share in enumerate(SHARES):
        weights[group_of == k] *= share / weights[group_of == k].sum()
    rng, generator = np.random.default_rng(args.seed), torch.Generator().manual_seed(args.seed)

    def drawn() -> tuple[torch.Tensor, torch.Tensor]:
        """Return a batch: random views after the early blocks, and the images' rows."""
        chosen = named[torch.multinomial(weights, BATCH, replacement=True, generator=generator)]
        extra = samples[torch.randint(len(samples), (SAMPLE_BATCH,), generator=generator)]
        chosen = torch.cat([chosen, extra])
        found = [kept[i][rng.integers(len(kept[i]))] for i in rows[chosen].tolist()]
        return torch.from_numpy(np.stack(found)).float().contiguous(memory_format=torch.channels_last), chosen

    trained = [*list(tower.blocks)[KEPT:], tower.top]
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for part in trained for p in part.parameters()], "lr": RATE, "weight_decay": 0.02},
            *lessons.losses.groups(HEADS_RATE),
        ],
        weight_decay=0.05,
    )
    fit_classifier(lessons, tower, drawn)
    schedule = train.cosine_schedule(optimizer, args.steps, 40)
    both = nn.ModuleList([tower, heads])
    average = torch.optim.swa_utils.AveragedModel(
        both, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    )
    out, begin = args.work / f"without{args.without}-seed{args.seed}.pt", time.monotonic()
    print(f"{len(rows)} images", flush=True)
    for step in range(args.steps):
        inputs, chosen = drawn()
        loss = lessons(late(tower, inputs), chosen)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(both.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        average.update_parameters(both)
        if step % 20 == 0 or step == args.steps - 1:
            print(f"step {step}/{args.steps} loss {loss.item():.3f} {time.monotonic() - begin:.0f} s", flush=True)
            torch.save(average.module.state_dict(), out)


def fit_classifier(lessons: Lessons, tower: Tower, drawn: Drawn, batches: int = 40, steps: int = 300) -> None:
    """Fit the classifier of the fine classes, which is not shipped, to the features that the tower has now."""
    with torch.no_grad():
        pairs = [(late(tower, inputs), lessons.fines[rows]) for inputs, rows in (drawn() for _ in range(batches))]
    features, fines = torch.cat([f for f, _ in pairs]), torch.cat([n for _, n in pairs])
    known = lessons.losses.known
    optimizer = torch.optim.AdamW(known.parameters(), lr=2e-3, weight_decay=0.05)
    for _ in range(steps):
        loss = F.cross_entropy(known(F.dropout(features[fines >= 0], 0.2)), fines[fines >= 0], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


if __name__ == "__main__":
    main()
