"""Locations of all files of one instance: configuration, journal, cache, socket, log."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import platformdirs

from snapsortd.domain.errors import SnapsortError

APP = "snapsortd"
MAX_SOCKET_PATH_BYTES = 103
"""sun_path has 108 bytes on Linux and 104 on macOS, including the terminating NUL."""

_ELSEWHERE = "set XDG_STATE_HOME / XDG_CACHE_HOME / XDG_RUNTIME_DIR to folders of your own"


@dataclass(frozen=True, slots=True)
class Locations:
    """The folders and files of one instance; instances with different folders do not affect each other."""

    config_file: str
    state_dir: str
    cache_dir: str
    runtime_dir: str
    log_dir: str
    trash_dir: str = ""
    """The home trash; empty if there is none."""
    claims_dir: str = ""
    """The one place of this user, whatever the instance, where daemons claim the folders that they watch; empty if
    none is claimed."""

    @property
    def journal(self) -> str:
        return os.path.join(self.state_dir, "journal.sqlite3")

    @property
    def config_cache(self) -> str:
        """Return the path of the cached result of reading the configuration."""
        return os.path.join(self.cache_dir, "config")

    @property
    def previews(self) -> str:
        """Return the folder of the pictures that the review page has shown."""
        return os.path.join(self.cache_dir, "previews")

    @property
    def lock(self) -> str:
        return os.path.join(self.state_dir, "lock")

    @property
    def socket(self) -> str:
        return os.path.join(self.runtime_dir, "control.sock")

    def make_private(self) -> None:
        """Create the private folders of the journal, the cache and the socket; see `make_private`."""
        for folder in (self.state_dir, self.cache_dir, self.runtime_dir):
            make_private(folder)


@contextmanager
def socket_address(path: str) -> Iterator[str]:
    """Yield the address to bind or connect to for the socket at `path`; on Linux, a long path is shortened by way of
    its open folder.

    Raise SnapsortError if the path is too long on another system, OSError if its folder can't be opened.
    """
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
        yield path
        return
    if sys.platform != "linux":
        raise SnapsortError(
            f"the control socket's path is too long for the system: {path}", "set XDG_RUNTIME_DIR to a shorter folder"
        )
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{os.path.basename(path)}"
    finally:
        os.close(folder)


def make_private(folder: str) -> None:
    """Create a folder, and missing ones above it, for this user only (0700).

    Raise SnapsortError if it can't be created, or if another user owns it, owns something in it, or could replace it.
    """
    try:
        _make(folder)
        _check_owner(folder, (os.getuid(),))
        if os.stat(folder).st_mode & 0o077:
            os.chmod(folder, 0o700)
        for name in os.listdir(folder):  # it may have been writable by others until now
            _check_owner(os.path.join(folder, name), (os.getuid(), 0), follow=False)
        above = os.path.dirname(folder)
        _check_owner(above, (os.getuid(), 0))
        if os.stat(above).st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
            raise SnapsortError(f"every user can replace files in {above}", _ELSEWHERE)
    except OSError as error:
        raise SnapsortError(f"{folder} cannot be used: {error.strerror}", _ELSEWHERE) from error


def _make(folder: str) -> None:
    if os.path.isdir(folder):
        return
    try:
        os.mkdir(folder, 0o700)
    except FileNotFoundError:
        _make(os.path.dirname(folder))
        os.mkdir(folder, 0o700)


def _check_owner(path: str, owners: tuple[int, ...], *, follow: bool = True) -> None:
    """Raise SnapsortError if another user owns it: the owner of a folder can replace anything in it."""
    for found in (os.lstat(path), *([os.stat(path)] if follow else [])):
        if found.st_uid not in owners:
            raise SnapsortError(f"{path} belongs to user {found.st_uid}, not to you", _ELSEWHERE)


def find_locations(env: Mapping[str, str]) -> Locations:
    """Return the locations for this environment: `$SNAPSORTD_CONFIG`, then the XDG variables, then the system's
    defaults."""

    def place(variable: str, default: Callable[[str], str]) -> str:
        base = env.get(variable, "")
        return os.path.join(base, APP) if os.path.isabs(base) else default(APP)

    state_dir = place("XDG_STATE_HOME", platformdirs.user_state_dir)
    config_file = env.get("SNAPSORTD_CONFIG") or os.path.join(
        place("XDG_CONFIG_HOME", platformdirs.user_config_dir), "config.yaml"
    )
    return Locations(
        config_file=os.path.abspath(os.path.expanduser(config_file)),
        state_dir=state_dir,
        cache_dir=place("XDG_CACHE_HOME", platformdirs.user_cache_dir),
        runtime_dir=place("XDG_RUNTIME_DIR", lambda _: _default_runtime_dir(state_dir)),
        log_dir=os.path.join(state_dir, "log") if env.get("XDG_STATE_HOME") else platformdirs.user_log_dir(APP),
        trash_dir=_trash_dir(env),
        claims_dir=_claims_dir(env),
    )


def _home(env: Mapping[str, str]) -> str:
    home = env.get("HOME", "")
    return home if os.path.isabs(home) else os.path.expanduser("~")


def _trash_dir(env: Mapping[str, str]) -> str:
    """Return the Finder's trash, or that of freedesktop.org's "Trash specification" 1.0."""
    home = _home(env)
    if sys.platform == "darwin":
        return os.path.join(home, ".Trash")
    data = env.get("XDG_DATA_HOME", "")
    return os.path.join(data if os.path.isabs(data) else os.path.join(home, ".local", "share"), "Trash")


def _claims_dir(env: Mapping[str, str]) -> str:
    """Return the folder of claims, which no XDG variable moves: instances with different ones must meet there."""
    above = ("Library", "Application Support") if sys.platform == "darwin" else (".local", "state")
    return os.path.join(_home(env), *above, APP, "claims")


def _default_runtime_dir(state_dir: str) -> str:
    """Return a folder in the one that the system made for this user, or else in the state folder.

    Never one in /tmp, which another user could have made first.
    """
    if sys.platform == "darwin":
        return platformdirs.user_runtime_dir(APP)
    made = f"/run/user/{os.getuid()}"
    try:
        found = os.lstat(made)
    except OSError:
        return os.path.join(state_dir, "run")
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return os.path.join(made, APP) if is_ours else os.path.join(state_dir, "run")
