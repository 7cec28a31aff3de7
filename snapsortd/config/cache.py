"""Cache the validated configuration: validation takes as long as everything else at start."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from hashlib import sha256
from types import ModuleType
from typing import Any

from snapsortd.config import settings
from snapsortd.config.settings import MAX_BYTES, Config
from snapsortd.domain import decision
from snapsortd.files.atomic_write import write_atomically
from snapsortd.files.installed import can_read_text
from snapsortd.rules import filters, placeholders, rule, template

_KIND = "="
_OF_SHELL = "_"
"""The variable with the path of the command itself, which shells set: it differs between the daemon and its client."""


def load_config(path: str, env: Mapping[str, str], cache: str = "") -> Config:
    """Return the configuration in a file; `env` expands `~` and `$VAR`. Raises ConfigError with every fault.

    `cache` is the cache file, in a private folder: its content is used as long as nothing that it depends on changed.
    """
    key = _key(path, env) if cache else ""
    config = read(cache, key) if key else None
    if config is None:
        from snapsortd.config import load

        config = load.load_config(path, env)
        if key and key == _key(path, env):
            write(cache, key, config)
    return config


def _key(path: str, env: Mapping[str, str]) -> str:
    """Return a hash (hex) of the file, the variables it names, the code that reads it, and what is installed; "" if
    there is no file."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ""
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            data = file.read(MAX_BYTES + 1)
        code = sorted(_code())
    except OSError:
        return ""
    named = sorted(
        (name, value)
        for name, value in env.items()
        if name == "HOME" or (os.fsencode(name) in data and name != _OF_SHELL)
    )
    return sha256(repr((path, data, named, code, can_read_text())).encode()).hexdigest()


def read(file: str, key: str) -> Config | None:
    """Return the configuration that is cached under this key; None if there is none, or it is damaged."""
    try:
        with open(file, encoding="ascii") as lines:
            known, digest, body = lines.read().split("\n")
        if (known, digest) == (key, sha256(body.encode()).hexdigest()):
            config = _value(json.loads(body), _classes())
            return config if isinstance(config, Config) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # it is only a cache
        pass
    return None


def write(file: str, key: str, config: Config) -> None:
    """Cache a configuration for the next start; one that can't be cached is validated again."""
    body = json.dumps(_plain(config))
    if repr(_value(json.loads(body), _classes())) != repr(config):  # a kind of value that _plain does not distinguish
        return
    with suppress(OSError):
        write_atomically(file, f"{key}\n{sha256(body.encode()).hexdigest()}\n{body}".encode("ascii"))


def _code() -> Iterator[tuple[str, int, int]]:
    """Yield path, size and modification time of each file of the rooms whose code affects a configuration."""
    package = os.path.dirname(os.path.dirname(settings.__file__))
    for room in ("domain", "rules", "config"):
        for folder, _, names in os.walk(os.path.join(package, room)):
            for name in sorted(names):
                if name.endswith((".py", ".csv")):
                    path = os.path.join(folder, name)
                    found = os.stat(path)
                    yield path, found.st_size, found.st_mtime_ns


def _classes() -> dict[str, type]:
    """Return the classes that a configuration may contain, by name."""
    modules: tuple[ModuleType, ...] = (decision, filters, placeholders, rule, template, settings)
    return {"datetime": datetime} | {
        name: each
        for module in modules
        for name, each in vars(module).items()
        if isinstance(each, type) and (is_dataclass(each) or issubclass(each, Enum))
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return {_KIND: type(value).__name__, "": value.value}
    if isinstance(value, datetime):
        return {_KIND: "datetime", "": value.isoformat()}
    if is_dataclass(value):
        return {_KIND: type(value).__name__, **{each.name: _plain(getattr(value, each.name)) for each in fields(value)}}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _value(plain: Any, classes: Mapping[str, type]) -> Any:
    if isinstance(plain, list):
        return tuple(_value(each, classes) for each in plain)
    if not isinstance(plain, dict):
        return plain
    made = classes[plain[_KIND]]
    if "" in plain:
        return datetime.fromisoformat(plain[""]) if made is datetime else made(plain[""])
    return made(**{name: _value(each, classes) for name, each in plain.items() if name != _KIND})
