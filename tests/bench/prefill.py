"""Fill an instance: a journal that knows many images, and folders that hold them.

A few images are filed normally; their rows in the journal are then duplicated many times, for files of other names.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from instance import Instance

Row = dict[str, Any]
LEFT = "left"
"""Prefix of the names that the rule leaves alone."""

CONFIG = """\
version: 1
existing: file
model:
  name: {model}
labels: {{photo: [a photo of a real-world scene]}}
watch:
  - path: {inbox}
    settle: 100ms
rules:
  - name: Most
    filters: [not name: "left*"]
    actions: [move: "{filed}/"]
"""


def prefill(instance: Instance, image: Path, count: int) -> None:
    """File one `image`, leave one alone, stop, and make the journal know `count` times as many of each.

    `image` is the content of each of the files. The instance must not be running; its own two files stay.
    """
    left = instance.inbox / f"{LEFT}{image.suffix}"
    left.write_bytes(image.read_bytes())
    with instance:
        instance.drop(image)
        instance.wait_until_idle()
    with closing(sqlite3.connect(instance.journal)) as connection:
        connection.row_factory = sqlite3.Row
        entry, likeness = last(connection, "entries"), last(connection, "likenesses")
        known = {row["path"]: dict(row) for row in connection.execute("SELECT * FROM images")}
        passed, taken = known.pop(os.fsencode(left)), next(iter(known.values()), None)
        decision = last(connection, "decisions")
        with connection:
            for number, (old, kept) in enumerate(_files(instance, image, count), start=1000):
                old_is, kept_is = identity(old), identity(kept)
                hashed = number.to_bytes(32, "little")
                insert(connection, "decisions", decision | {"id": number, "path": os.fsencode(old)})
                row = entry | {f"target_{name}": value for name, value in old_is.items()} | old_is
                names = {"source": os.fsencode(instance.inbox / old.name), "target": os.fsencode(old)}
                names |= {"wanted": names["target"]}
                same = {"id": number, "batch": number, "sha256": hashed, "decision": number}
                insert(connection, "entries", row | names | same)
                if likeness:
                    insert(connection, "likenesses", likeness | {"entry": number, "sketch": number})
                if taken:
                    insert(connection, "images", taken | old_is | {"path": os.fsencode(old), "decision": number})
                insert(connection, "images", passed | kept_is | {"path": os.fsencode(kept)})


def _files(instance: Instance, image: Path, count: int) -> Iterator[tuple[Path, Path]]:
    """Return a new file among those that were filed, and one in the inbox that was left alone."""
    data = image.read_bytes()
    for number in range(count):
        pair = (
            instance.filed / f"old-{number:06}{image.suffix}",
            instance.inbox / f"{LEFT}-{number:06}{image.suffix}",
        )
        for path in pair:
            path.write_bytes(data)
        yield pair


def identity(path: Path) -> Row:
    found = path.stat()
    return {"dev": found.st_dev, "ino": found.st_ino, "size": found.st_size, "mtime_ns": found.st_mtime_ns}


def last(connection: sqlite3.Connection, table: str) -> Row:
    row = connection.execute(f"SELECT * FROM {table} ORDER BY rowid DESC LIMIT 1").fetchone()
    return dict(row) if row else {}


def insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    columns = ", ".join(row)
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))
