#!/usr/bin/env python3
"""Embed the nouns of `nouns.txt` with a checkpoint, so that photos can be named by them.

Writes `nouns/nouns.safetensors` into the checkpoint's folder; takes a few minutes. Run it once more after the
checkpoint was trained again and its graphs were written: a test compares a noun with its text tower.

usage: nouns.py CHECKPOINT CORPUS
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import data
import numpy as np

from snapsortd.vision.child.decoding.decode import decode
from snapsortd.vision.child.engines import towers
from snapsortd.vision.child.engines.engine import Array, normalised
from snapsortd.vision.child.engines.fit_kinds import fit_kinds
from snapsortd.vision.child.engines.nouns import NAME, Noun, nouns_to_bytes
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.views import encode_views, prepare_views
from snapsortd.vision.cores import default_threads

SENTENCES = ("{noun}", "a photo of {article} {noun}")
OTHERS = 4  # one of so many training images that are no photos is looked at


def read_nouns(lines: list[str]) -> Iterator[Noun]:
    """Yield the nouns, each after the wider one that it belongs to; the first one is everything."""
    places = {"thing": 0}
    yield Noun("thing", -1, said=False)
    for line in lines:
        if line.startswith("#"):
            continue
        wider, _, below = line.strip().partition(": ")
        for word in below.split(", "):
            name = word.strip("[]")
            if name in places:
                raise ValueError(f"{name} is there twice")
            places[name] = len(places)
            yield Noun(name, places[wider.strip("[]")], said=name == word)


def sentences(noun: str) -> list[str]:
    article = "an" if noun[0].lower() in "aeiou" else "a"
    return [each.format(noun=noun, article=article) for each in SENTENCES]


def training_items(corpus: Path) -> list[data.Item]:
    """Return the training images: all photos, and some of the others."""
    items = [each for each in (*data.read_items(corpus), *data.read_more(corpus)) if each.split == "train"]
    photos = [each for each in items if each.coarse == "photo"]
    return photos + [each for each in items if each.coarse != "photo"][::OTHERS]


def embedded(folder: Path, items: list[data.Item]) -> Array:
    """Return the normalised vectors of images, (n, d), as snapsortd sees them."""
    engine, _ = towers.open_image_tower(str(folder), default_threads())
    processor = Preprocessor.load(str(folder))
    assert processor is not None
    vectors = []
    for item in items:
        with item.path.open("rb") as file:
            image, _ = decode(file, processor.side)
        vectors.append(encode_views(engine, [prepare_views(image, processor, any_size=engine.any_size)])[0])
    return np.stack(vectors)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("corpus", type=Path, help="folder with corpus/, more/ and imagenet-sample/")
    args = parser.parse_args()
    nouns = list(read_nouns(Path(__file__).with_name("nouns.txt").read_text("utf-8").splitlines()))
    said = [noun.name for noun in nouns if noun.said]
    texts = [text for name in said for text in sentences(name)]
    by_noun = towers.embed_texts(str(args.checkpoint), texts, default_threads()).reshape(len(said), len(SENTENCES), -1)
    items = training_items(args.corpus)
    images, is_photo = embedded(args.checkpoint, items), np.array([item.coarse == "photo" for item in items])
    kinds = fit_kinds(images, ["photo" if each else "other" for each in is_photo])
    path = args.checkpoint / NAME
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(nouns_to_bytes(nouns, normalised(by_noun.mean(axis=1)), images[is_photo].mean(axis=0), kinds))
    print(f"{len(said)} nouns, centred by {is_photo.sum()} photos of {len(items)} images")


if __name__ == "__main__":
    main()
