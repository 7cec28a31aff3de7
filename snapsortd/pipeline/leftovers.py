"""Remove what failed changes have left behind: copies that could not be deleted then, and empty private folders."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import suppress

from snapsortd.domain.entry import OPEN_STATES, Entry, mark
from snapsortd.domain.errors import DurabilityError, MoveRefused
from snapsortd.files.copy import hash_file
from snapsortd.files.folders import Folder, PathInFolder, open_folder, open_place
from snapsortd.files.leftovers import Leftover, leftovers
from snapsortd.files.os_errors import in_words
from snapsortd.files.private import remove_private
from snapsortd.files.sync import sync_folder
from snapsortd.journal import Journal

MAX_COMPARED = 20
"""Files with the same content that are looked for, to show that a copy is not the last one."""


class Leftovers:
    """Cleans the folders in which changes have failed, as far as the journal proves that nothing is lost.

    What belongs to an open entry is left to recovery, and what belongs to another journal is never touched. Safe to use
    from any thread.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._inspected = 0
        """The newest entry that was considered."""
        self._folders: set[str] = set()
        """Folders that are not clean yet, or could not be read."""
        self._lock = threading.Lock()

    def clean(self) -> list[str]:
        """Remove what can be removed now; return a sentence for everything else, which is tried again next time."""
        sentences = []
        for path in sorted(self._to_clean()):
            with suppress(OSError):
                found = self._clean(path)
                sentences += [sentence for sentence, _ in found]
        return sentences

    def check(self, path: str) -> None:
        """Raise MoveRefused if a copy that was left in the folder `path` can't be removed: each try would leave one."""
        if path not in self._to_clean():
            return
        with suppress(OSError):
            for sentence, is_refused in self._clean(path):
                if is_refused:
                    raise MoveRefused(sentence, f"allow that files in {path} are deleted")

    def _to_clean(self) -> frozenset[str]:
        with self._lock:
            for number, source, target in self._journal.unsuccessful(self._inspected):
                self._inspected = max(self._inspected, number)
                self._folders |= {os.path.dirname(source), os.path.dirname(target)}
            return frozenset(self._folders)

    def _clean(self, path: str) -> list[tuple[str, bool]]:
        """Return a sentence for everything that stays in a folder, and whether the system refused to remove it."""
        with open_folder(path) as folder:
            found = list(self._clean_folder(folder))
        if not found:
            with self._lock:
                self._folders.discard(path)
        return found

    def _clean_folder(self, folder: Folder) -> Iterator[tuple[str, bool]]:
        for leftover in leftovers(folder):
            entry = self._journal.entry(leftover.entry)
            if entry is None or mark(entry.id, entry.intent.sha256) != leftover.mark or entry.state in OPEN_STATES:
                continue
            is_refused = False
            try:
                reason = self._remove(PathInFolder(folder, leftover.name), leftover, entry)
            except DurabilityError as error:
                reason = error.message
            except OSError as error:
                reason, is_refused = in_words(error), True
            if reason:
                path = os.path.join(folder.path, leftover.name)
                yield f"{path} is left from entry {entry.id} and stays: {reason}", is_refused

    def _remove(self, place: PathInFolder, leftover: Leftover, entry: Entry) -> str:
        """Remove one leftover; return an empty text, or the reason why it stays. Raise OSError if that is refused."""
        if leftover.is_copy:
            if self._may_be_the_last(place, entry):
                return "it may be the only copy of the file; look at it, then move or delete it"
            place.remove()
            sync_folder(place.folder.fd)
            return ""
        try:
            remove_private(place.folder, leftover.name)
        except NotADirectoryError:
            return "it is a file whose removal was interrupted; look at it, then rename or delete it"
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return "it holds a file whose removal was interrupted; look at it, then move or delete it"
        return ""

    def _may_be_the_last(self, place: PathInFolder, entry: Entry) -> bool:
        """True if the copy is complete or unreadable, and its content is at neither place of its entry, nor filed."""
        done = entry.intent
        found = place.look()
        if found is None or not found.is_regular or found.identity.size != done.identity.size:
            return found is not None and not found.is_regular
        if hash_file(place) not in (None, done.sha256):
            return False
        filed = self._journal.similar_images.same_content(done.sha256, MAX_COMPARED)
        others = [(done.source, done.source_root), (done.target, done.target_root)]
        others += [(each.intent.target, each.intent.target_root) for each in filed]
        return not any(_has_content(path, root, done.sha256) for path, root in others)


def _has_content(path: str, root: str, sha256: bytes) -> bool:
    with suppress(OSError), open_place(path, root) as place:
        return hash_file(place) == sha256
    return False
