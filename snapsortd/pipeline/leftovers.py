"""Remove what failed changes have left behind: copies that could not be deleted then, and empty private folders."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress

from snapsortd.domain.entry import OPEN_STATES, Entry, mark
from snapsortd.files.copy import hash_file
from snapsortd.files.folders import Folder, PathInFolder, open_folder, open_place
from snapsortd.files.leftovers import Leftover, leftovers
from snapsortd.files.os_errors import in_words
from snapsortd.files.remove import remove_private
from snapsortd.files.sync import sync_folder
from snapsortd.journal import Journal

MAX_COMPARED = 20
"""Files with the same content that are looked for, to show that a copy is not the last one."""


class Leftovers:
    """Cleans the folders in which changes have failed, as far as the journal proves that nothing is lost.

    What belongs to an open entry is left to recovery, and what belongs to another journal is never touched.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._inspected = 0
        """The newest entry that was considered."""
        self._folders: set[str] = set()
        """Folders that are not clean yet, or could not be read."""

    def clean(self) -> list[str]:
        """Remove what can be removed now; return a sentence for everything else, which is tried again next time."""
        for number, source, target in self._journal.unsuccessful(self._inspected):
            self._inspected = max(self._inspected, number)
            self._folders |= {os.path.dirname(source), os.path.dirname(target)}
        sentences = []
        for path in sorted(self._folders):
            with suppress(OSError), open_folder(path) as folder:
                found = list(self._clean(folder))
                sentences += found
                if not found:
                    self._folders.discard(path)
        return sentences

    def _clean(self, folder: Folder) -> Iterator[str]:
        for leftover in leftovers(folder):
            entry = self._journal.entry(leftover.entry)
            if entry is None or mark(entry.id, entry.intent.sha256) != leftover.mark or entry.state in OPEN_STATES:
                continue
            if reason := self._remove(PathInFolder(folder, leftover.name), leftover, entry):
                yield f"{os.path.join(folder.path, leftover.name)} is left from entry {entry.id} and stays: {reason}"

    def _remove(self, place: PathInFolder, leftover: Leftover, entry: Entry) -> str:
        """Remove one leftover; return an empty text, or the reason why it stays."""
        try:
            if not leftover.is_copy:
                remove_private(place.folder, leftover.name)
            elif self._may_be_the_last(place, entry):
                return "it may be the only copy of the file; look at it, then move or delete it"
            else:
                place.remove()
        except NotADirectoryError:
            return "it is a file whose removal was interrupted; look at it, then rename or delete it"
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return "it holds a file whose removal was interrupted; look at it, then move or delete it"
            return in_words(error)
        sync_folder(place.folder.fd)
        return ""

    def _may_be_the_last(self, place: PathInFolder, entry: Entry) -> bool:
        """True if the copy is complete, and the same content is neither at its old nor its new place, nor filed."""
        done = entry.intent
        found = place.look()
        if found is None or not found.is_regular or found.identity.size != done.identity.size:
            return found is not None and not found.is_regular
        if hash_file(place) != done.sha256:
            return False
        filed = self._journal.similar_images.same_content(done.sha256, MAX_COMPARED)
        others = [(done.source, done.source_root), (done.target, done.target_root)]
        others += [(each.intent.target, each.intent.target_root) for each in filed]
        return not any(_has_content(path, root, done.sha256) for path, root in others)


def _has_content(path: str, root: str, sha256: bytes) -> bool:
    with suppress(OSError), open_place(path, root) as place:
        return hash_file(place) == sha256
    return False
