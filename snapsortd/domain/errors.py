"""The errors of snapsortd: one small tree; each error carries what a person needs to act.

Exit codes are defined here as numbers and are used only at the edge (`ctl`, `daemon`).
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_REFUSED = 1
"""A request was not fulfilled: an undo was refused, or an image could not be read."""
EXIT_USAGE = 2
"""The command line was invalid (click's own code)."""
EXIT_CONFIG = 3
"""The configuration is missing or invalid."""
EXIT_UNAVAILABLE = 4
"""No daemon responds, or another process holds the journal."""
EXIT_JOURNAL = 5
"""The journal is damaged or from a newer version: nothing is filed."""
EXIT_MODEL = 6
"""The model cannot be loaded."""


class SnapsortError(Exception):
    """Any error that is reported to a person. `hint` says what to do next."""

    exit_code = EXIT_REFUSED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(SnapsortError):
    """The configuration cannot be used; `problems` lists every fault, one line each, with file:line:column."""

    exit_code = EXIT_CONFIG

    def __init__(self, message: str, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.problems = problems


class TemplateError(SnapsortError):
    """A template cannot be parsed or filled; the file stays where it is. `others`: further faults of the template."""

    def __init__(self, message: str, hint: str = "", others: tuple[TemplateError, ...] = ()) -> None:
        super().__init__(message, hint)
        self.others = others


class JournalError(SnapsortError):
    """The journal is damaged, missing, inaccessible or from a newer version; nothing is filed."""

    exit_code = EXIT_JOURNAL


class JournalBlocked(JournalError):
    """The journal is intact but can't be written now: its disk is full, or another program has locked it."""


class Busy(SnapsortError):
    """Another process holds the journal's lock."""

    exit_code = EXIT_UNAVAILABLE


class Unavailable(SnapsortError):
    """No daemon responds on the control socket."""

    exit_code = EXIT_UNAVAILABLE


class ModelError(SnapsortError):
    """The model is missing or cannot be used; nothing is moved until that is fixed."""

    exit_code = EXIT_MODEL


class ImageError(SnapsortError):
    """This image cannot be read (it is truncated, too large or not an image); trying again will not help."""


class Postponed(SnapsortError):
    """The image is slow or unreadable, and enough such images wait for the classifier; it is tried again later."""


class ClassifierDied(SnapsortError):
    """The classifier process ended or was stopped because of this image; the image is tried again."""


class TextUnavailable(SnapsortError):
    """The text of images cannot be read at present; the image is tried again."""


class NotKnown(SnapsortError):
    """The journal knows nothing about a path."""


class NoSuchTag(SnapsortError):
    """No rule has the requested tag."""

    exit_code = EXIT_USAGE


class Interrupted(SnapsortError):
    """Waiting ended because snapsortd was asked to stop; nothing was done, and nothing is at fault."""


class FileChanged(SnapsortError):
    """The file is not the one that was classified (it was changed, replaced or removed); it is requeued."""


class MoveRefused(SnapsortError):
    """The move would lose or overwrite something, or the file system does not allow it now."""


class LeftAside(MoveRefused):
    """Another file has taken the name of a file that is in a private folder of ours: it waits there, and its entry
    stays open."""


class LeftAlone(SnapsortError):
    """The file deliberately stays where it is: it is already at its destination, or the name is taken and the action
    says `on_conflict: skip`."""


class CommandFailed(SnapsortError):
    """A command that a rule runs failed; the image stays where it is until it changes."""


class DurabilityError(SnapsortError):
    """The file system did not confirm a write (fsync failed): nothing more is moved on that file system.

    `device` is its number, if it is known which file system it was.
    """

    def __init__(self, message: str, hint: str = "", device: int | None = None) -> None:
        super().__init__(message, hint)
        self.device = device


class UndoRefused(SnapsortError):
    """One item cannot be undone now, for the reason in the message; it stays undoable."""


class NameTaken(UndoRefused):
    """Another file has the name that the file would return to."""
