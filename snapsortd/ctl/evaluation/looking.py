"""Has the classifier process look at many images, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from snapsortd.config import Label
from snapsortd.domain.errors import ClassifierDied, ImageError
from snapsortd.domain.image import Classification
from snapsortd.domain.names import suffix_of
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.formats import HEAD_BYTES, sniff


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An image that could not be looked at, and why."""

    path: str
    reason: str


@contextmanager
def open_classifier(model: str, labels: Iterable[Label], cache_dir: str) -> Iterator[Classifier]:
    """A classifier process with the model loaded, ended with the block. Raises ModelError."""
    prompts = {label.name: label.prompts for label in labels}
    classifier = Classifier(model=model, labels=prompts, cache_dir=cache_dir)
    try:
        classifier.wait_ready(_never)
        yield classifier
    finally:
        classifier.stop()


def look_at(paths: Iterable[str], classifier: Classifier) -> Iterator[Classification | Unreadable]:
    """What the model sees in each image, in order. Raises ModelError."""
    for path in paths:
        try:
            yield _look(path, classifier)
        except (ImageError, ClassifierDied) as error:
            yield Unreadable(path, str(error))
        except OSError as error:
            yield Unreadable(path, os.strerror(error.errno or 0).lower())


def _look(path: str, classifier: Classifier) -> Classification:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a named pipe would hold us for ever
    try:
        image_format = sniff(os.pread(fd, HEAD_BYTES, 0), suffix_of(path))
        if image_format is None:
            raise ImageError("it is no image of a known kind")
        return classifier.classify(fd, _never, image_format)
    finally:
        os.close(fd)


def _never() -> bool:
    return False
