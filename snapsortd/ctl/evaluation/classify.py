"""Classification of many images by a classifier process, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from snapsortd.config import Label
from snapsortd.domain.errors import ClassifierDied, ImageError
from snapsortd.domain.image import Classification
from snapsortd.domain.names import suffix_of
from snapsortd.files.locations import Locations
from snapsortd.vision.classifier import Classifier
from snapsortd.vision.formats import HEAD_BYTES, sniff


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An image that could not be classified, and the reason."""

    path: str
    reason: str


@contextmanager
def open_classifier(model: str, labels: Iterable[Label], here: Locations) -> Iterator[Classifier]:
    """Yield a classifier process that has loaded the model, and stop it at the end of the block. Raises ModelError."""
    prompts = {label.name: label.prompts for label in labels}
    classifier = Classifier(model=model, labels=prompts, cache_dir=here.cache_dir, state_dir=here.state_dir)
    try:
        classifier.wait_ready(_never)
        yield classifier
    finally:
        classifier.stop()


def classify_all(paths: Iterable[str], classifier: Classifier) -> Iterator[Classification | Unreadable]:
    """Yield the classification of each image, in order. Raises ModelError."""
    for path in paths:
        try:
            yield _classify(path, classifier)
        except (ImageError, ClassifierDied) as error:
            yield Unreadable(path, str(error))
        except OSError as error:
            yield Unreadable(path, os.strerror(error.errno or 0).lower())


def _classify(path: str, classifier: Classifier) -> Classification:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # opening a named pipe would block forever
    try:
        image_format = sniff(os.pread(fd, HEAD_BYTES, 0), suffix_of(path))
        if image_format is None:
            raise ImageError("it is not an image of a supported format")
        return classifier.classify(fd, _never, image_format)
    finally:
        os.close(fd)


def _never() -> bool:
    return False
