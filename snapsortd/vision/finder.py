"""Have groups and similar images found in a separate process, which alone imports numpy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Any

from snapsortd.domain.errors import ModelError
from snapsortd.files.locations import Locations
from snapsortd.vision.spawn import spawn

CHUNK = 1000
"""Embeddings per write."""


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """Images that look alike."""

    kind: str
    """The kind of images that it is named after."""
    prompts: tuple[str, ...]
    rows: tuple[int, ...]
    """The places of its images in the embeddings that were given, the most typical first."""
    agreement: float
    """The share of its images that this kind describes best, 0 to 1."""


class Finder:
    """A process that answers one question about the embeddings of images; a context manager that ends it."""

    def __init__(self, model: str, here: Locations, text: str = "") -> None:
        """Start the process for a model, named as in the configuration. Raise ModelError if it is not there.

        `text` is what images are to be found by, if that is a text.
        """
        try:
            process = spawn("snapsortd.vision.child.finding.main", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise ModelError(f"the process that searches cannot be started: {error.strerror}") from error
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._to, self._from = process, process.stdin, process.stdout
        about = {"name": model, "cache_dir": here.cache_dir, "state_dir": here.state_dir}
        self._send({**about, "texts": [text] if text else []})
        self.checkpoint: str = self._receive()["checkpoint"]
        """The digest of the model, which names the embeddings made by it."""

    def groups(self, embeddings: Sequence[bytes], others: Sequence[bytes]) -> list[FoundGroup]:
        """Return the groups of images, the largest first; `others` are only compared with. Raise ModelError."""
        return [
            FoundGroup(each["kind"], tuple(each["prompts"]), tuple(each["rows"]), each["agreement"])
            for each in self._answer([*embeddings, *others], {"grouped": len(embeddings)})
        ]

    def scores(
        self, embeddings: Sequence[bytes], label_sets: Sequence[Mapping[str, Sequence[str]]]
    ) -> list[list[list[float]]]:
        """Return for each set of labels, with their prompts, the zero-shot scores of every image. Raise ModelError."""
        found: list[list[list[float]]] = self._answer(embeddings, {"label_sets": label_sets})
        return found

    def nearest(self, embeddings: Iterable[bytes], limit: int, like: bytes = b"") -> list[tuple[int, float]]:
        """Return place and cosine of the images that are most like the text, or else like the embedding `like`.

        Raise ModelError.
        """
        return [(row, cosine) for row, cosine in self._answer(embeddings, {"limit": limit, "like": like.hex()})]

    def _answer(self, embeddings: Iterable[bytes], asked: Mapping[str, Any]) -> Any:
        """Send what is asked and the embeddings (float16, little-endian), and return the answer.

        They are sent while they are read from the journal. One of another length than the first is like no image.
        """
        waiting = iter(embeddings)
        part = list(islice(waiting, CHUNK))
        length = len(part[0]) if part else 2
        with suppress(BrokenPipeError):  # the reason is in the answer
            self._send({**asked, "dim": length // 2})
            while part:
                self._to.write(b"".join(each if len(each) == length else bytes(length) for each in part))
                part = list(islice(waiting, CHUNK))
            self._to.close()
        return self._receive()["answer"]

    def _send(self, document: object) -> None:
        self._to.write(json.dumps(document).encode("ascii") + b"\n")
        self._to.flush()

    def _receive(self) -> dict[str, Any]:
        line = self._from.readline()
        if not line:
            raise ModelError("the process that searches has ended", "its own message is above")
        found: dict[str, Any] = json.loads(line)
        if "failed" in found:
            raise ModelError(found["failed"], found["hint"])
        return found

    def __enter__(self) -> Finder:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        with suppress(BrokenPipeError):
            self._to.close()
        self._from.close()
        self._process.kill()
        self._process.wait()
