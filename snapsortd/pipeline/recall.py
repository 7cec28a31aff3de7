"""Find out whether an image was processed before, under this name or another one: its content decides.

It is asked only if the numbers do not suffice and an image of the same size was processed before, so that a scan over
known images reads none of them, and a new image seldom waits for its hash.
"""

from __future__ import annotations

import os

from snapsortd.domain.entry import EntryKind
from snapsortd.domain.result import Known, Outcome
from snapsortd.files.answering import Answering
from snapsortd.files.folders import open_folder, open_place
from snapsortd.files.identity import existing_folder, has_version, is_on_disk
from snapsortd.files.metadata import could_be_same_time
from snapsortd.files.open_file import OpenFile
from snapsortd.journal import Journal
from snapsortd.pipeline.by_hand import MOVED_BY_HAND

MAX_PLACES = 100
"""Images with the same content whose places are inspected."""


def recall_by_content(
    journal: Journal, image: OpenFile, fingerprint: str, answering: Answering
) -> tuple[OpenFile, Known | None]:
    """Return an image that its numbers do not identify, hashed if need be, and its outcome if it is still valid.

    It is recorded with its path and numbers of now, so that the next scan does not read it again. An image that a
    person has moved here is left alone; a further copy of one that is still in its place is a new image.
    Raise NotAnswering if that place does not answer.
    """
    if not journal.may_recall(image.stat.st_size):
        return image, None
    image = image.hashed()
    known = journal.recall(image.path, image.identity, fingerprint, image.sha256)
    if known is not None:
        return image, journal.found_again(known, image.path, image.identity, known.reason)
    return image, _moved_here(journal, image, answering)


def _moved_here(journal: Journal, image: OpenFile, answering: Answering) -> Known | None:
    for known in journal.with_content(image.identity.size, image.sha256, MAX_PLACES):
        if known.path != image.path and _seems_moved(journal, known, image):
            answering.check(known.path)
            if _is_gone(journal, known):
                return journal.found_again(known, image.path, image.identity, _why_left(known))
    return None


def _why_left(known: Known) -> str:
    if known.outcome in (Outcome.QUARANTINED, Outcome.INCOMPLETE):
        return known.reason
    return f"{MOVED_BY_HAND} from {known.path}, so it is left alone; `snapsortctl sort` files it after all"


def _seems_moved(journal: Journal, known: Known, image: OpenFile) -> bool:
    """True if more than the content speaks for the known image: its time, or the path that it was filed from.

    An inode number does not: that of a deleted file is soon given to another one.
    """
    if could_be_same_time(known.identity.mtime_ns, image.identity.mtime_ns):
        return True
    entry = journal.entry_that_made(known.path, image.sha256)
    return entry is not None and entry.intent.source == image.path and entry.intent.action is not EntryKind.TRASH


def _is_gone(journal: Journal, known: Known) -> bool:
    """True if the known image certainly was taken from its path by others: a disk that is absent proves nothing."""
    if journal.open_entry_at(known.path) is not None:  # we are moving it, or were interrupted
        return False
    try:
        with open_place(known.path) as place:
            if (found := place.look()) is not None:
                return not has_version(place, found, known.identity, known.sha256)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return _is_on_its_disk(journal, known)


def _is_on_its_disk(journal: Journal, known: Known) -> bool:
    """True if the nearest folder above a known path is on the disk that the image was on."""
    entry = journal.entry_that_made(known.path, known.sha256)
    try:
        with open_folder(existing_folder(os.path.dirname(known.path))) as folder:
            return is_on_disk(folder, known.identity.dev, entry.intent.target_disk if entry is not None else "")
    except OSError:
        return False
