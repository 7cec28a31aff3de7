"""Replace a configuration file atomically, and only if the new text has exactly the intended meaning."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping

from snapsortd.config.load import load_config
from snapsortd.config.settings import Config
from snapsortd.domain.errors import ConfigError, SnapsortError


def rewrite(
    path: str,
    change: Callable[[str], str],
    env: Mapping[str, str],
    is_wanted: Callable[[Config], bool],
    refusal: SnapsortError,
) -> None:
    """Replace the file by its changed text; mode, owner and byte order mark are kept.

    Raises `refusal` if the new text is not a valid configuration or not the wanted one, and SnapsortError if the file
    cannot be replaced or was changed by another program in the meantime.
    """
    real = os.path.realpath(path)
    before = os.stat(real)
    with open(real, "rb") as file:
        data = file.read()
    mark = b"\xef\xbb\xbf"
    new = (mark if data.startswith(mark) else b"") + change(data.decode("utf-8-sig")).encode()
    temporary = f"{real}.snapsort-new"
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        hint = "remove it if no other snapsortctl is running" if isinstance(error, FileExistsError) else ""
        raise SnapsortError(f"{temporary} cannot be written: {error.strerror}", hint) from None
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(new)
            file.flush()
            if (os.geteuid(), os.getegid()) != (before.st_uid, before.st_gid):
                os.chown(fd, before.st_uid, before.st_gid)
            os.chmod(fd, stat.S_IMODE(before.st_mode))
            os.fsync(fd)
        if not is_wanted(load_config(temporary, env)):
            raise refusal
        now = os.stat(real)
        if (now.st_ino, now.st_size, now.st_mtime_ns) != (before.st_ino, before.st_size, before.st_mtime_ns):
            raise SnapsortError(f"{real} was changed in the meantime", "try again")
        os.rename(temporary, real)
    except OSError as error:
        raise SnapsortError(f"{real} cannot be replaced: {error.strerror}") from None
    except ConfigError:
        raise refusal from None
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)
    _sync(os.path.dirname(real))


def _sync(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
