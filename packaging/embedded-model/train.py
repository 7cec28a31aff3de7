#!/usr/bin/env python3
"""Train the embedded model and write its checkpoint folder.

The projections are trained first, on cached features of the corpus, then the image tower with them, end to end. Sources
held out for model selection are evaluated after each epoch and included in the last ones.
The text tower stays as MiniLM made it; only its pooler and projection are trained. Deterministic for one torch build
and thread count.

usage: train.py CORPUS OUT --wordnet DATA_NOUN --work FOLDER --rendered FOLDER [--joined N]
    [--epochs N] [--stop-after N] [--seed N] [--weights FILE...]
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import math
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import data
import evaluate
import label_sets
import numpy as np
import port
import prompts
import torch
import vocabulary
import wordnet
from export import export
from heads import Heads
from torch import nn
from torch.nn import functional as F
from tower import Tower
from transformers import BertModel, PreTrainedTokenizerBase

SETS = 2500  # label sets generated in advance
SETS_A_STEP = 8
FIRST_STEPS = 200  # of the heads, before the tower is trained with them
LAST_STEPS = 600  # of the heads, on the features of the trained tower
COMPOUND = 6000  # lists and negations drawn into the phrase bank
NAMES = ("{}", "a photo of a {}", "a picture of the {}", "{} photo", "an image of {}")
BALANCE = 0.65  # a class with n images is drawn in proportion to n ** (1 - BALANCE)
SCALE = 15.0  # of the shipped logits: calibrates the default labels best on the validation sources
BATCH, SAMPLE_BATCH = 32, 8  # corpus images and ImageNet sample photos per step
NOISE = 0.05


@dataclass(frozen=True)
class LabelSets:
    """All generated label sets: their texts as MiniLM embeddings (n, 384), and each set's labels by row numbers."""

    texts: torch.Tensor
    sets: list[list[tuple[list[int], torch.Tensor]]]  # per label: rows of `texts`, and (fine classes,) bool


@dataclass
class Bank:
    """Texts as MiniLM embeddings (n, 384), with the classes that they are true of."""

    phrases: torch.Tensor
    covers: torch.Tensor  # (n, fine classes) bool
    names: torch.Tensor  # (sentence, class, 384) for the ImageNet classes in training
    wide: torch.Tensor  # (sentence, term, 384) for terms above them
    below: torch.Tensor  # (term, class) float
    captions: torch.Tensor
    label_sets: LabelSets


def embed(
    texts: list[str], tower: BertModel, tokens: PreTrainedTokenizerBase, work: Path | None = None
) -> torch.Tensor:
    """Return the averaging layer's output for each text, (n, 384); cached in the folder `work`."""
    cache = work / f"texts-{hashlib.sha256(chr(10).join(texts).encode()).hexdigest()[:16]}.pt" if work else None
    if cache is not None and cache.exists():
        kept: torch.Tensor = torch.load(cache, weights_only=True)
        return kept
    result = torch.empty(len(texts), 384)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    with torch.inference_mode():
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            encoded = tokens([texts[i] for i in rows], padding=True, truncation=True, return_tensors="pt")
            result[rows] = tower(**encoded).last_hidden_state[:, 0]
    if cache is not None:
        torch.save(result, cache)
    return result.clone()


def normalised(pixels: data.Pixels) -> torch.Tensor:
    """Convert (n, h, w, 3) bytes to the tower's (n, 3, h, w), channels last."""
    values = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
    return ((values - 127) / 128).contiguous(memory_format=torch.channels_last)


def frozen_features(tower: Tower, pixels: data.Pixels, rows: list[int], cache: Path | None = None) -> torch.Tensor:
    """Return features of the original images, resized to the tower's 224 pixels; zeros for rows not requested."""
    if cache is not None and cache.exists():
        kept: torch.Tensor = torch.load(cache, weights_only=True)
        return kept
    result = torch.zeros(len(pixels), 1280)
    with torch.inference_mode():
        for start in range(0, len(rows), 32):
            part = rows[start : start + 32]
            images = F.interpolate(normalised(np.asarray(pixels[part])), 224, mode="bicubic", antialias=True)
            result[part] = tower(images.contiguous(memory_format=torch.channels_last))
    if cache is not None:
        torch.save(result, cache)
    return result.clone()


def positives_against_rest(
    logits: torch.Tensor, positive: torch.Tensor, negative: torch.Tensor, breadth: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the mean over positive pairs of -log(e^p / (e^p + sum of e^n over the row's negatives)).

    `breadth` (columns,) is how much a text covers: the wider, the less each of its pairs counts.
    """
    rest = torch.logsumexp(logits.masked_fill(~negative, -1e9), 1, keepdim=True)
    weight = positive / breadth if breadth is not None else positive.float()
    return (F.softplus(rest - logits) * weight).sum() / weight.sum().clamp(min=1e-6)


class Objective:
    """All losses on (features, image indexes): built once, called per step."""

    def __init__(
        self,
        heads: Heads,
        bank: Bank,
        fines: torch.Tensor,
        photos: torch.Tensor,
        teacher: torch.Tensor,
        pseudo: tuple[torch.Tensor, torch.Tensor],
        caption_of: torch.Tensor,
        generator: torch.Generator,
    ) -> None:
        self.heads, self.bank, self.fines, self.photos, self.teacher = heads, bank, fines, photos, teacher
        self.means, self.spread = pseudo
        self.caption_of, self.generator = caption_of, generator
        single = bank.covers.sum(1) == 1
        self.known = nn.Linear(1280, bank.covers.shape[1])  # keeps the features distinct; not shipped
        self.per_class = [torch.where(bank.covers[:, f] & single)[0] for f in range(bank.covers.shape[1])]

    def draw(self, count: int, high: int) -> torch.Tensor:
        return torch.randint(high, (count,), generator=self.generator)

    def __call__(self, features: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        heads, bank = self.heads, self.bank
        images = heads.images(features)
        scale = heads.scales.clamp(max=4.0).exp()

        known = self.fines[rows] >= 0  # phrases: a few per class, and any others
        chosen = torch.cat(
            [
                torch.stack([rows_of[self.draw(1, len(rows_of))[0]] for rows_of in self.per_class]),
                self.draw(160, len(bank.phrases)),
            ]
        )
        logits = scale[0] * images[known] @ heads.texts(bank.phrases[chosen]).T
        positive = bank.covers[chosen][:, self.fines[rows[known]]].T
        loss = positives_against_rest(logits, positive, ~positive, bank.covers[chosen].sum(1))

        known_features, fines = features[known], self.fines[rows[known]]
        loss = loss + 0.5 * F.cross_entropy(self.known(known_features), fines, label_smoothing=0.1)
        for number in self.draw(SETS_A_STEP, len(bank.label_sets.sets)).tolist():
            loss = loss + self.choice(images[known], fines, number, scale[3]) / SETS_A_STEP

        photo = self.photos[rows]  # class names: as predicted by Lite0's own classifier for the original photo
        names = heads.texts(bank.names[self.draw(1, len(bank.names))[0]])
        teacher = self.teacher[rows[photo]]
        loss = loss - (teacher * (scale[1] * images[photo] @ names.T).log_softmax(1)).sum(1).mean()

        wide = heads.texts(bank.wide[self.draw(1, len(bank.wide))[0]])
        held = teacher @ bank.below.T
        loss = loss + 0.3 * positives_against_rest(scale[1] * images[photo] @ wide.T, held > 0.5, held < 0.05)

        count = len(rows)  # the same for features that a class without photos here would have
        classes = self.draw(count, len(self.means))
        made = (self.means[classes] + 0.6 * self.spread[self.draw(count, len(self.spread))]).clamp(min=0)
        loss = loss + 0.5 * F.cross_entropy(scale[1] * heads.images(made) @ names.T, classes)

        captioned = self.caption_of[rows] >= 0
        if captioned.any():
            own = self.caption_of[rows[captioned]]
            others = torch.cat([own, self.draw(200, len(bank.captions))])
            logits = scale[2] * images[captioned] @ heads.texts(bank.captions[others]).T
            same = own[:, None] == others[None]
            loss = loss + 0.2 * positives_against_rest(logits, same, ~same)
        return loss

    def choice(self, images: torch.Tensor, fines: torch.Tensor, number: int, scale: torch.Tensor) -> torch.Tensor:
        """Return the cross-entropy of choosing each image's label in a label set, ignoring images that none covers."""
        labels = self.bank.label_sets.sets[number]
        rows = [row for prompts_, _ in labels for row in prompts_]
        texts = self.heads.texts(self.bank.label_sets.texts[rows]).split([len(prompts_) for prompts_, _ in labels])
        features = F.normalize(torch.stack([t.mean(0) for t in texts]), dim=1)
        right = torch.stack([covers[fines] for _, covers in labels], 1)
        covered = right.any(1)
        if not covered.any():
            return images.new_zeros(())
        return F.cross_entropy(scale * images[covered] @ features.T, right[covered].int().argmax(1))

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """Return the trainable parts besides the tower, for an optimiser."""
        heads = self.heads
        return [
            {"params": [heads.pooler.weight, heads.pooler.bias], "lr": 0.3 * rate},
            {"params": [heads.text.weight, heads.image.weight, *self.known.parameters()], "lr": rate},
            {"params": [heads.scales], "lr": rate, "weight_decay": 0.0},
        ]

    def fit_heads(self, features: torch.Tensor, images: list[int], samples: list[int], steps: int, rate: float) -> None:
        """Train the heads alone on features (n, 1280) of the corpus `images` and of the sample's photos."""
        optimizer = torch.optim.AdamW(self.groups(rate), weight_decay=0.05)
        schedule = cosine_schedule(optimizer, steps, 50)
        rows_of, photos = torch.tensor(images), torch.tensor(samples)
        weights = balanced(self.fines[rows_of])
        for _ in range(steps):
            rows = rows_of[torch.multinomial(weights, 224, replacement=True, generator=self.generator)]
            rows = torch.cat([rows, photos[self.draw(96, len(photos))]])
            noisy = features[rows] * (1 + NOISE * torch.randn(len(rows), 1280, generator=self.generator))
            loss = self(F.dropout(noisy, 0.2), rows)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def cosine_schedule(optimizer: torch.optim.Optimizer, steps: int, warm: int) -> torch.optim.lr_scheduler.LambdaLR:
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min(1.0, (s + 1) / warm) * (0.02 + 0.49 * (1 + math.cos(math.pi * min(s / steps, 1))))
    )


def balanced(fines: torch.Tensor) -> torch.Tensor:
    """Return a weight for each image by its class (n,), so that small classes are drawn more often."""
    weights: torch.Tensor = torch.bincount(fines).float()[fines] ** -BALANCE
    return weights


def batches(
    images: list[int], weights: torch.Tensor, samples: list[int], steps: int, generator: torch.Generator
) -> Iterator[list[int]]:
    """Yield class-balanced corpus images plus, in turn, the ImageNet sample's photos."""
    for step in range(steps):
        drawn = torch.multinomial(weights, BATCH, replacement=True, generator=generator).tolist()
        yield [images[i] for i in drawn] + [
            samples[(step * SAMPLE_BATCH + k) % len(samples)] for k in range(SAMPLE_BATCH)
        ]


def made_up_classes(
    photos: torch.Tensor, weight: torch.Tensor, seen: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features that photos of each class would have on average (classes, 1280), and how photos differ (n, 1280).

    A linear classifier's weights are the class means whitened by the features' covariance; this undoes it.
    """
    mean, spread = photos.mean(0), photos - photos.mean(0)
    towards = F.normalize((weight[seen] - weight.mean(0)) @ (spread.T @ spread / len(spread)), dim=1)
    return mean + 0.7 * spread.norm(dim=1).mean() * towards, spread


def make_bank(
    classes: dict[str, str],
    called: dict[str, str],
    spoken: set[str],
    captions: list[str],
    nouns: wordnet.Nouns,
    rng: random.Random,
    work: Path,
    *,
    compound: int = COMPOUND,
    sets: int = SETS,
    about: tuple[str, ...] = NAMES,
) -> Bank:
    """Return all texts of training, embedded.

    classes: fine to coarse; called: the name of each ImageNet class in training by its WordNet id; spoken: names that
    must not occur, in lower case;
    compound, sets, about: how many lists and label sets there are, and the sentences about names.
    """
    text_tower, tokens = port.text_tower(), port.tokenizer()
    fine_names = sorted(classes)
    phrases = prompts.phrases(classes, compound, rng)
    wider = nouns.wider_terms(list(called))

    def sentences(names: list[list[str]]) -> torch.Tensor:
        """Return each sentence about each thing, with its first and with any of its names."""
        texts = [
            s.format((n[0] if k == 0 else rng.choice(n)).replace("_", " "))
            for k in (0, 1)
            for s in about
            for n in names
        ]
        return embed(texts, text_tower, tokens, work).view(2 * len(about), len(names), 384)

    def allowed(names: list[str]) -> list[str]:
        return [n for n in names if n.lower() not in spoken]

    made_up = list(label_sets.Writer(classes, rng).sets(sets))
    prompts_ = sorted({p for labels in made_up for label in labels for p in label.prompts})
    row_of = {text: row for row, text in enumerate(prompts_)}
    return Bank(
        phrases=embed([p.text for p in phrases], text_tower, tokens, work),
        covers=torch.tensor([[f in p.covers for f in fine_names] for p in phrases]),
        names=sentences([[called[w], *allowed(nouns.names[w])] for w in called]),
        wide=sentences([allowed(nouns.names[w]) or ["thing"] for w in wider]),
        below=torch.tensor([[float(w in held) for w in called] for held in wider.values()]),
        captions=embed(captions, text_tower, tokens, work),
        label_sets=LabelSets(
            embed(prompts_, text_tower, tokens, work),
            [
                [
                    ([row_of[p] for p in label.prompts], torch.tensor([f in label.covers for f in fine_names]))
                    for label in labels
                ]
                for labels in made_up
            ],
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path, help="folder with corpus/ and imagenet-sample/")
    parser.add_argument("out", type=Path, help="checkpoint folder to write")
    parser.add_argument("--wordnet", type=Path, required=True, help="WordNet 3.0's data.noun")
    parser.add_argument("--work", type=Path, required=True, help="folder for decoded images and checkpoints")
    parser.add_argument(
        "--joined", type=int, default=2, help="number of last epochs that include the validation sources"
    )
    parser.add_argument("--epochs", type=int, default=5, help="number of end-to-end epochs")
    parser.add_argument("--stop-after", type=int, help="epochs of the schedule to run; all by default")
    parser.add_argument("--side", type=int, default=208, help="pixels of training crops")
    parser.add_argument("--rate", type=float, default=3e-4, help="highest learning rate of the tower")
    parser.add_argument("--rendered", type=Path, required=True, help="folder written by rendering/")
    parser.add_argument(
        "--weights", type=Path, nargs="+", help="weights of earlier runs to average; then only the heads are trained"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)  # runs of all seeds start with the same heads, so that their weights can be averaged
    generator = torch.Generator().manual_seed(args.seed)

    items = data.read_items(args.corpus)
    pixels = data.load_pixels(items, args.work / f"pixels{data.SIDE}.npy")
    tests = [i for i, item in enumerate(items) if item.split == "test"]
    others = [i for i, item in enumerate(items) if item.split != "test"]
    copies = data.near_copies(pixels, tests, others)
    kept_for_test, kept_for_choice = data.left_out_classes(items)
    left_out = kept_for_test | kept_for_choice
    spoken = {item.caption.lower() for item in items if item.wordnet_id in left_out and item.split == "imagenet"}
    usable = [
        i
        for i in others
        if i not in copies and items[i].wordnet_id not in left_out and items[i].caption.lower() not in spoken
    ]
    validation = [i for i in usable if data.in_validation(items[i])]
    train = sorted(set(usable) - set(validation))
    print(
        f"{len(train)} images to train on, {len(validation)} to choose by, {len(copies)} near copies dropped",
        flush=True,
    )

    source = port.image_tower()
    tower = Tower(source)
    tower.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    features = frozen_features(tower, pixels, list(range(len(items))), args.work / f"features{len(items)}.pt")
    extra = data.read_rendered(args.rendered)
    drawn = data.load_pixels(extra, args.work / f"rendered{len(extra)}.npy")
    start, items = len(items), items + extra
    pixels = np.concatenate([pixels, drawn])
    seen_already = data.near_copies(pixels, tests, list(range(start, len(items))))
    fresh = [i for i in range(start, len(items)) if i not in seen_already]
    train += fresh
    features = torch.cat([features, torch.zeros(len(extra), features.shape[1])])  # only those of photos are used later
    print(f"{len(fresh)} rendered images, {len(seen_already)} near-duplicates of test images dropped", flush=True)
    classes = {item.fine: item.coarse for item in items if item.fine}
    fine_names = sorted(classes)
    fines = torch.tensor([fine_names.index(item.fine) if item.fine else -1 for item in items])
    photos = torch.tensor([item.coarse == "photo" for item in items])

    rng = random.Random(args.seed)
    text_tower, tokens = port.text_tower(), port.tokenizer()
    all_ids = sorted({item.wordnet_id for item in items if item.split == "imagenet"})
    named = {item.wordnet_id: item.caption for item in items if item.split == "imagenet"}
    called = {w: named[w] for w in all_ids if w not in left_out}
    nouns = wordnet.Nouns(args.wordnet)
    captions = sorted({items[i].caption for i in train if items[i].caption})
    bank = make_bank(classes, called, spoken, captions, nouns, rng, args.work)
    number_of = {caption: number for number, caption in enumerate(captions)}
    caption_of = torch.tensor([number_of.get(item.caption, -1) for item in items])

    weight, bias = port.imagenet_head()
    seen = torch.tensor([w not in left_out for w in all_ids])
    teacher = (features @ weight[seen].T + bias[seen]).softmax(1)
    own = features[[i for i in train if photos[i]]]
    means, spread = made_up_classes(own, weight, seen)

    heads = Heads(own.mean(0))
    objective = Objective(heads, bank, fines, photos, teacher, (means, spread), caption_of, generator)
    torch.manual_seed(args.seed)
    corpus_rows = [i for i in train if items[i].fine]
    sample_rows = [i for i in train if items[i].split == "imagenet"]
    weights = balanced(fines[corpus_rows])

    def measured(tower_now: Tower | None) -> str:
        """Return figures on the held-out images, in one line."""
        rows = validation
        named = [i for i, item in enumerate(items) if item.split == "imagenet" and item.wordnet_id in kept_for_choice]
        current = features if tower_now is None else frozen_features(tower_now, pixels, rows + named)
        with torch.inference_mode():
            return evaluate.choosing_line(
                {i: heads.images(current[i]) for i in rows + named},
                items,
                rows,
                named,
                lambda texts: heads.texts(embed(texts, text_tower, tokens)),
            )

    if args.weights:
        runs = [torch.load(path, weights_only=True) for path in args.weights]
        nn.ModuleList([tower, heads]).load_state_dict({k: sum(run[k] for run in runs) / len(runs) for k in runs[0]})
    else:
        objective.fit_heads(features, [i for i in corpus_rows if i < start], sample_rows, FIRST_STEPS, 1e-3)
        print("projections", measured(None), flush=True)
        steps_each = len(corpus_rows) // BATCH
        steps = steps_each * args.epochs
        last = steps_each * (args.stop_after or args.epochs)
        optimizer = torch.optim.AdamW(
            [
                {"params": list(tower.parameters()), "lr": args.rate, "weight_decay": 0.02},
                *objective.groups(4e-4),
            ],
            weight_decay=0.05,
        )
        schedule = cosine_schedule(optimizer, steps, 100)
        both = nn.ModuleList([tower, heads])
        average = torch.optim.swa_utils.AveragedModel(
            both, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995)
        )
        flips = [item.coarse in data.FLIPPABLE for item in items]

        def loaded(rows: list[int], step: int) -> tuple[torch.Tensor, torch.Tensor]:
            rngs = (np.random.default_rng((args.seed, step, k)) for k in range(len(rows)))
            images = [
                data.augment(np.asarray(pixels[i]), args.side, flips[i], r) for i, r in zip(rows, rngs, strict=True)
            ]
            return normalised(np.stack(images)), torch.tensor(rows)

        begin = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            alone = steps_each * (args.epochs - args.joined)
            plan = list(batches(corpus_rows, weights, sample_rows, alone, generator))
            both_parts = corpus_rows + validation
            plan += batches(both_parts, balanced(fines[both_parts]), sample_rows, steps - alone, generator)
            waiting = pool.submit(loaded, plan[0], 0)
            for step in range(last):
                images, rows = waiting.result()
                if step + 1 < last:
                    waiting = pool.submit(loaded, plan[step + 1], step + 1)
                now = tower(images)
                loss = objective(F.dropout(now, 0.1), rows)
                photo = photos[rows]  # the classifier that came with the tower still classifies photos as before
                predicted = (features[rows[photo]] @ weight.T + bias).softmax(1)
                loss = loss - 0.5 * (predicted * (now[photo] @ weight.T + bias).log_softmax(1)).sum(1).mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(both.parameters(), 5.0)
                optimizer.step()
                schedule.step()
                average.update_parameters(both)
                if step % 25 == 0:
                    print(f"step {step}/{steps} loss {loss.item():.3f} {time.monotonic() - begin:.0f} s", flush=True)
                if (step + 1) % steps_each == 0:
                    state = copy.deepcopy(both.state_dict())
                    both.load_state_dict(average.module.state_dict())
                    print(f"epoch {(step + 1) // steps_each}", measured(tower), flush=True)
                    torch.save(both.state_dict(), args.work / "latest.pt")
                    both.load_state_dict(state)
        both.load_state_dict(average.module.state_dict())

    if args.weights:
        print("as read:", measured(tower), flush=True)
    images = corpus_rows + (validation if args.joined else [])
    features = frozen_features(tower, pixels, images + sample_rows)
    objective.fit_heads(features, images, sample_rows, LAST_STEPS, 5e-4)
    print("heads trained further:", measured(tower), flush=True)
    things = vocabulary.things(nouns, spoken | {n.lower() for w in left_out for n in nouns.names[w]})
    vocabulary.teach(
        heads,
        bank.names[:2],
        vocabulary.places(heads, features[sample_rows], weight[seen]),
        torch.stack([embed([s.format(t) for t in things], text_tower, tokens, args.work) for s in NAMES[:2]]),
        torch.cat([bank.phrases, bank.label_sets.texts, bank.captions]),
        generator,
    )
    print("nouns:", measured(tower), flush=True)
    torch.save(nn.ModuleList([tower, heads]).state_dict(), args.work / "latest.pt")
    export(tower, heads, SCALE, args.out)


if __name__ == "__main__":
    main()
