"""Say why a file is not ready to be filed: the one place that knows the names, control files and writers of files
that programs have not finished."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator

from snapsortd.domain.file import Stat
from snapsortd.domain.names import IMAGE_SUFFIXES, suffix_of
from snapsortd.files.folders import Folder, PathInFolder, close, lstat, open_place
from snapsortd.files.remove import is_being_written, is_empty

PARTIAL_SUFFIXES = (
    *(".crdownload", ".crswap", ".part", ".partial", ".download", ".wkdownload", ".opdownload"),  # browsers
    *(".filepart", ".lftp", ".aria2", ".aria2__temp", ".ytdl", ".st"),  # WinSCP, lftp, aria2, yt-dlp, axel
    *(".fdmdownload", ".dtapart", ".downloading", ".incomplete", ".inprogress", ".unfinished", ".mega"),
    *(".!ut", ".!qb", ".!bt", ".bt!", ".!sync", ".bc!", ".az!", ".bts", ".td", ".xltd", ".jc!", ".ob!", ".dctmp"),
    *(".part.met", ".getright", ".qqdownload", ".cyberducksegment"),
    *(".tmp", ".temp", ".~tmp~", ".partial~", ".lftp-pget-status"),
)
"""Suffixes of files that downloading and copying programs have not finished."""

BACKUP_SUFFIXES = ("~", ".bak", ".swp", ".swo", ".swx")
"""Suffixes of the backups and notes of editors."""

BACKUP_TAILS = (".old", ".orig", ".original", ".save", ".saved", ".backup", ".bkp", ".bk")
"""Suffixes of backups when they stand behind the suffix of an image."""

MARKS = (
    *("_original", "_exiftool_tmp"),  # exiftool
    *(f"{sign}{word}" for sign in "_-" for word in ("tmp", "temp", "part", "bak", "backup", "old")),
)
"""Endings that programs append to an image's name for its backup and while they write."""

TEMPORARY_PREFIXES = ("~$", "~syncthing~")
"""Prefixes of notes of Microsoft Office and of files that Syncthing receives; all others are hidden."""

CONTROL_SUFFIXES = (
    ".aria2",
    ".aria2__temp",
    ".!ut",
    ".st",
    ".lftp-pget-status",
    ".ytdl",
    ".bts",
    ".td.cfg",
    ".xltd.cfg",
)
"""Suffixes, behind the name of a file, of the notes that a program keeps beside it until it has downloaded all of it:
aria2, µTorrent, axel, lftp, yt-dlp, BitSpirit, Xunlei."""

NOTES = (".aria2", ".aria2__temp", ".st", ".lftp-pget-status", ".ytdl", ".part.met")
"""Those notes that never hold the content itself."""

EMPTY_CONTROL = ".part"
"""Suffix of a note that says so only while it is empty: with content it is another, unfinished file."""

TEMPORARY_S = 3600.0
"""Time without a change after which a file with an unknown suffix behind that of an image (`x.jpg.K3J9QZ`) is filed:
most are temporary names, but some pages give their pictures such names for good."""

OTHER_KINDS = frozenset(
    {
        *("xmp", "aae", "json", "pp3", "dop", "txt", "md", "html", "htm", "xml", "yaml", "yml", "csv", "log", "ini"),
        *("url", "webloc", "lnk", "torrent", "md5", "sha1", "sha256", "asc", "sig", "mp4", "mov", "mp3", "wav"),
        *("zip", "gz", "xz", "7z", "psd", "xcf", "kra", "svg", "ai", "eps", "ico"),
    }
)
"""Suffixes of companions and other files that are named after an image, and of formats that may be read elsewhere."""

_SUFFIXES = "|".join(sorted(IMAGE_SUFFIXES))
_PENDING = re.compile(r"\.pending-\d+-(?P<name>.+)")
"""The name that Android gives to a file until it is complete."""
_NUMBER = re.compile(r"\.\d+$")
"""What makes a name free, such as that of a further copy (`x.jpg.1`), or the process that writes (`x.jpg.tmp.4711`)."""
_COPY_DIGITS = 4
_BEHIND_IMAGE = re.compile(rf"\.(?:{_SUFFIXES})(?P<tail>\.[^.]+)+$")

AS_IT_IS = "`snapsortctl sort FILE` files it as it is"


def unready_name(name: str) -> str:
    """Return why a file of this name is not a complete image, whatever it contains; empty if it may be one."""
    if name.startswith("."):
        return "its name is hidden, as that of a file that is not finished or was deleted; it waits for a visible name"
    lower = _NUMBER.sub("", name.lower())
    if ending := next((each for each in PARTIAL_SUFFIXES if lower.endswith(each)), ""):
        return f"its name ends in {ending}, as that of an unfinished download or copy; it waits for its real name"
    is_backup = lower.endswith((*BACKUP_SUFFIXES, *_behind_images(MARKS))) or (
        lower.endswith(BACKUP_TAILS) and _tail(lower)
    )
    if is_backup or lower.startswith(TEMPORARY_PREFIXES) or (len(lower) > 1 and lower[0] == lower[-1] == "#"):
        return f"its name is that of a backup or temporary file; {AS_IT_IS}"
    return ""


def is_unfinished_image(name: str) -> bool:
    """Return True if this is the name of an unfinished download or copy of an image, such as `x.jpg.part`.

    A note beside one, such as `x.jpg.aria2`, is none.
    """
    lower = name.lower()
    if lower.endswith(NOTES):
        return False
    if pending := _PENDING.fullmatch(lower):
        return suffix_of(pending["name"]) in IMAGE_SUFFIXES
    whole = next((lower.removesuffix(each) for each in PARTIAL_SUFFIXES if lower.endswith(each)), "")
    return suffix_of(whole) in IMAGE_SUFFIXES and not unready_name(whole)


def unready(path: str, root: str) -> str:
    """Return why the file at `path` is not ready though it has not changed for a while; empty if it is.

    Symlinks are followed up to the watched folder `root`, and not below it. A file that can't be read counts as ready:
    opening it reports why.
    """
    try:
        with open_place(path, root) as place:
            found = place.look()
            if found is None or not found.is_regular:  # a pipe must not be opened
                return ""
            return _temporary(place, found) or _controlled(place) or _written(place)
    except OSError:
        return ""


def _behind_images(endings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f".{suffix}{ending}" for suffix in IMAGE_SUFFIXES for ending in endings)


def _tail(lower: str) -> str:
    """Return the unknown suffix behind that of an image: `.k3j9qz` of `x.jpg.k3j9qz`.

    A number of a few digits is that of a further copy.
    """
    found = _BEHIND_IMAGE.search(lower)
    if found is None or suffix_of(lower) in IMAGE_SUFFIXES | OTHER_KINDS:
        return ""
    tail = found["tail"]
    return "" if tail[1:].isdecimal() and len(tail) <= _COPY_DIGITS + 1 else tail


def _temporary(place: PathInFolder, found: Stat) -> str:
    tail = _tail(place.name.lower())
    if not tail or abs(time.time() - found.identity.ctime_ns / 1e9) > TEMPORARY_S:
        return ""
    return f"its name ends in {tail}, as that of a temporary file; it is filed if it has not changed for an hour"


def _controlled(place: PathInFolder) -> str:
    controls = [PathInFolder(place.folder, place.name + suffix) for suffix in (*CONTROL_SUFFIXES, EMPTY_CONTROL)]
    found = next((each.name for each in controls if _is_control(each)), "")
    found = found or next(
        (os.path.basename(each) for each in _above(place.folder) if lstat(each, place.folder.root)), ""
    )
    return f"its download is not finished: {found} is still there; {AS_IT_IS}" if found else ""


def _above(folder: Folder) -> Iterator[str]:
    """Yield the control files that a download of several files may have beside the outermost of its folders."""
    path = folder.path
    while path.startswith(folder.root.rstrip("/") + "/"):
        yield f"{path}.aria2"
        path = os.path.dirname(path)


def _is_control(place: PathInFolder) -> bool:
    try:
        found = place.look()
    except OSError:  # with its suffix, the name is too long to exist
        return False
    return found is not None and (not place.name.endswith(EMPTY_CONTROL) or is_empty(place))


def _written(place: PathInFolder) -> str:
    fd = place.open()
    try:
        written = is_being_written(fd)
    finally:
        close(fd)
    return f"another program has it open for writing; it is filed when that ends, or {AS_IT_IS}" if written else ""
