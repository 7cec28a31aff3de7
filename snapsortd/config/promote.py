"""Takes a rule out of shadow mode in the configuration's own text: one word is changed, all else stays."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import replace

from snapsortd.config.load import load_config
from snapsortd.config.settings import Config
from snapsortd.config.yaml_tree import Position, read_tree
from snapsortd.errors import ConfigError, SnapsortError
from snapsortd.nearest import suggestion

_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Where YAML begins a new line."""
_SHADOW = re.compile(r"""(?P<quote>["']?)shadow(?P=quote)(?![\w-])""")


def promote(path: str, name: str, env: Mapping[str, str]) -> None:
    """Make the rule `name` live in the file at `path`. Raises ConfigError, and SnapsortError where that can't be."""
    config = load_config(path, env)
    rule = next((rule for rule in config.rules if rule.name == name), None)
    if rule is None:
        raise SnapsortError(f"there is no rule '{name}'{suggestion(name, [each.name for each in config.rules])}")
    if not rule.shadow:
        raise SnapsortError(f"the rule '{name}' is not in shadow mode", "it acts already")
    real = os.path.realpath(path)
    before = os.stat(real)
    with open(real, "rb") as file:
        data = file.read()
    _replace(real, _promoted(data.decode("utf-8-sig"), name, path), data, before, config, env, name)


def _promoted(text: str, name: str, path: str) -> str:
    """The text with the rule's `mode: shadow` made `live`."""
    rules = read_tree(text)[0].child("rules")
    entries = rules.value if rules is not None and isinstance(rules.value, list) else []
    for entry in entries:
        named, mode = entry.child("name"), entry.child("mode")
        if named is not None and mode is not None and str(named.value).strip("\n") == name:
            start = offset(text, mode.position)
            if found := _SHADOW.match(text, start):
                quote = found["quote"]
                return f"{text[:start]}{quote}live{quote}{text[found.end() :]}"
            raise _by_hand(name, f"{path}:{mode.position}")
    raise _by_hand(name, path)


def _by_hand(name: str, place: str) -> SnapsortError:
    return SnapsortError(
        f"the mode of the rule '{name}' is written in a form that is not edited here: {place}",
        "write `mode: live` there yourself, then `snapsortctl reload`",
    )


def offset(text: str, position: Position) -> int:
    """Where a line and column of YAML (both from 1) is in the text."""
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    return starts[position.line - 1] + position.column - 1


def _replace(
    real: str, text: str, data: bytes, before: os.stat_result, config: Config, env: Mapping[str, str], name: str
) -> None:
    """Put the text in the place of the file, if it means just what is wanted and nobody wrote there meanwhile."""
    mark = b"\xef\xbb\xbf"
    new = (mark if data.startswith(mark) else b"") + text.encode()
    temporary = f"{real}.snapsort-new"
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        hint = "remove it if no other snapsortctl is at work" if isinstance(error, FileExistsError) else ""
        raise SnapsortError(f"{temporary} cannot be written: {error.strerror}", hint) from None
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(new)
            file.flush()
            if (os.geteuid(), os.getegid()) != (before.st_uid, before.st_gid):
                os.chown(fd, before.st_uid, before.st_gid)
            os.chmod(fd, stat.S_IMODE(before.st_mode))
            os.fsync(fd)
        wanted = tuple(replace(each, shadow=False) if each.name == name else each for each in config.rules)
        if load_config(temporary, env).rules != wanted:
            raise _by_hand(name, real)
        now = os.stat(real)
        if (now.st_ino, now.st_size, now.st_mtime_ns) != (before.st_ino, before.st_size, before.st_mtime_ns):
            raise SnapsortError(f"{real} was changed meanwhile", "try again")
        os.rename(temporary, real)
    except OSError as error:
        raise SnapsortError(f"{real} cannot be replaced: {error.strerror}") from None
    except ConfigError:
        raise _by_hand(name, real) from None
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
