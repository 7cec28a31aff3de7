"""The errors of snapsortd: one small tree, each with what a person needs to act.

Exit codes live here as numbers and are used only at the edge (`ctl`, `daemon`).
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_REFUSED = 1
"""Something was asked for and not done: a refused undo, an image that could not be read."""
EXIT_USAGE = 2
"""The command line was wrong (click's own)."""
EXIT_CONFIG = 3
"""The configuration is missing or wrong."""
EXIT_UNAVAILABLE = 4
"""No daemon answers, or another process holds the journal."""
EXIT_JOURNAL = 5
"""The journal is damaged or from a newer version: nothing is filed."""
EXIT_MODEL = 6
"""The model cannot be loaded."""


class SnapsortError(Exception):
    """Anything that a person is told. `hint` says what to do next."""

    exit_code = EXIT_REFUSED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(SnapsortError):
    """The configuration cannot be used; `problems` holds every fault, one line each, with file:line:column."""

    exit_code = EXIT_CONFIG

    def __init__(self, message: str, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.problems = problems


class TemplateError(SnapsortError):
    """A template cannot be parsed or filled; the file stays where it is."""


class JournalError(SnapsortError):
    """The journal is damaged, gone, locked up or from a newer version; nothing is filed."""

    exit_code = EXIT_JOURNAL


class JournalBlocked(JournalError):
    """The journal is sound, but can't be written now: its disk is full, or another program holds it."""


class Busy(SnapsortError):
    """Another process holds the journal's lock."""

    exit_code = EXIT_UNAVAILABLE


class Unavailable(SnapsortError):
    """No daemon answers on the control socket."""

    exit_code = EXIT_UNAVAILABLE


class ModelError(SnapsortError):
    """The model is missing or cannot be used; nothing is moved until it is."""

    exit_code = EXIT_MODEL


class ImageError(SnapsortError):
    """This image cannot be read (truncated, too large, no image at all); trying again will not help."""


class ClassifierDied(SnapsortError):
    """The classifier process ended or was stopped over this image; the image is tried again."""


class NotKnown(SnapsortError):
    """Nothing is known of a path."""


class NoSuchTag(SnapsortError):
    """No rule has the tag that was asked for."""

    exit_code = EXIT_USAGE


class Interrupted(SnapsortError):
    """Waiting ended because snapsortd was asked to stop; nothing was done and nothing is to blame."""


class FileChanged(SnapsortError):
    """The file is not the one that was looked at (changed, replaced, gone); it is queued anew."""


class MoveRefused(SnapsortError):
    """A move that would lose or overwrite something, or that the file system does not allow now."""


class LeftAlone(SnapsortError):
    """The file stays where it is, on purpose: it lies in its destination already, or the name is taken and
    the action says `on_conflict: skip`."""


class CommandFailed(SnapsortError):
    """A command that a rule runs did not do its work; the image stays where it is until it changes."""


class DurabilityError(SnapsortError):
    """The file system did not confirm a write (fsync failed): moving on that file system stops.

    `device`: its number, where it is known which one it was.
    """

    def __init__(self, message: str, hint: str = "", device: int | None = None) -> None:
        super().__init__(message, hint)
        self.device = device


class UndoRefused(SnapsortError):
    """One item that cannot be taken back now, and why; it stays undoable."""


class NameTaken(UndoRefused):
    """Another file has the name that one would go back to."""
