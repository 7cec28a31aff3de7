"""`snapsortctl find` among 10² to 10⁵ images that are known: by what they show, and by their text."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from instance import Instance
from PIL import Image
from prefill import insert
from world import World

SIDE = 64
WORDS = [f"{first}{second}{third}" for first in "bdfgk" for second in ("al", "en", "or", "ist") for third in "aeiou"]
WORDS_PER_IMAGE = 12


def measure(world: World) -> dict[str, Any]:
    """Return `finding`: a list of sizes with the seconds of the whole command, medians; all sizes alternate.

    `finding_cost_cpu_s` is by how much more processor time the largest takes than the smallest: the search itself, in
    two processes that work at the same time.
    """
    image = world.folder / "known.png"
    Image.effect_noise((SIDE, SIDE), 50).convert("RGB").save(image)
    instances = {}
    for size in world.amounts.known:
        instances[size] = Instance(world.folder / f"finding-{size}", world.embedded, world.cache)
        fill(instances[size], image, size)
    asked = {"find": ("red car at night",), "text": ("--text", " ".join(random.Random(0).sample(WORDS, 3)))}
    taken: dict[int, dict[str, list[float]]] = {size: defaultdict(list) for size in instances}
    for _ in range(world.amounts.starts):
        for size, instance in instances.items():
            for name, words in asked.items():
                began, used = time.perf_counter(), cpu_of_children()
                instance.ctl("find", *words, "--json")
                taken[size][f"{name}_s"].append(time.perf_counter() - began)
                taken[size][f"{name}_cpu_s"].append(cpu_of_children() - used)
    found = [
        {"images": size, **{name: statistics.median(each) for name, each in times.items()}}
        for size, times in taken.items()
    ]
    return {"finding": found, "finding_cost_cpu_s": found[-1]["find_cpu_s"] - found[0]["find_cpu_s"]}


def cpu_of_children() -> float:
    """Return the processor time of all processes that were started and have ended, and of those that they started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fill(instance: Instance, image: Path, count: int) -> None:
    """Make the journal know many images, each with a random embedding and a text; one is really taken in."""
    instance.ctl("index", str(image))
    chance = random.Random(count)
    with closing(sqlite3.connect(instance.journal)) as connection, connection:
        connection.row_factory = sqlite3.Row
        embedding = dict(connection.execute("SELECT * FROM embeddings").fetchone())
        length = len(embedding["embedding"])
        for number, path in enumerate(files(instance.filed, count - 1)):
            found = path.stat()
            content = number.to_bytes(32, "little")
            own = {"sha256": content, "embedding": random_embedding(chance, length)}
            insert(connection, "embeddings", embedding | own)
            place = {"path": os.fsencode(path), "size": found.st_size, "mtime_ns": found.st_mtime_ns}
            insert(connection, "indexed", place | {"sha256": content})
            text = " ".join(chance.choices(WORDS, k=WORDS_PER_IMAGE))
            insert(connection, "texts", {"sha256": content, "lines": f'[["{text}", 20]]', "folded": text, "at": 0.0})
        connection.execute("INSERT INTO texts_index (texts_index) VALUES ('rebuild')")


def random_embedding(chance: random.Random, length: int) -> bytes:
    """Return random half-precision numbers between 1 and 2 in magnitude: the exponent's bits are fixed."""
    numbers = bytearray(chance.randbytes(length))
    numbers[1::2] = bytes(0x3C | byte & 0x83 for byte in numbers[1::2])
    return bytes(numbers)


def files(folder: Path, count: int) -> Iterator[Path]:
    """Yield new files, which are empty: only where they are and whether they have changed is looked at."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        path = folder / f"{number:06}.png"
        path.touch()
        yield path
