"""Reads a configuration file: all of its faults at once, or a `Config`."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from importlib.resources import files

from pydantic import ValidationError

from snapsortd.config.build import build
from snapsortd.config.faults import faults_of
from snapsortd.config.schema.document import Document
from snapsortd.config.schema.values import ValidationContext
from snapsortd.config.settings import MAX_BYTES, Config
from snapsortd.config.yaml_tree import Fault, Node, Position, YamlFault, read_tree
from snapsortd.domain.errors import ConfigError

VERSION = 1
MAX_SHOWN = 50
"""Faults reported at once."""


def load_config(path: str, env: Mapping[str, str]) -> Config:
    """The configuration in a file, `~` and `$VAR` taken from `env`. Raises ConfigError with every fault."""
    root, faults = read_file(path)
    version = root.child("version")
    if version is not None and type(version.value) is int and version.value > VERSION:
        message = f"version {version.value} is for a newer snapsortd; this one reads version {VERSION}"
        raise refusal(path, [Fault(version.position, message)])
    labels = root.child("labels")
    names = tuple(labels.value) if labels is not None and isinstance(labels.value, dict) else None
    try:
        document = Document.model_validate(root.plain(), context=ValidationContext(env, names))
    except ValidationError as error:
        raise refusal(path, [*faults, *faults_of(error.errors(include_url=False), root)]) from None
    if faults:
        raise refusal(path, faults)
    return build(path, document, root)


def default_config_path() -> str:
    """Where the configuration lies that a new user starts from."""
    return os.path.join(os.path.dirname(__file__), "default.yaml")


def default_config_text() -> str:
    """The commented configuration that a new user starts from."""
    return files("snapsortd.config").joinpath("default.yaml").read_text("utf-8")


def read_file(path: str) -> tuple[Node, list[Fault]]:
    """The tree of a YAML file, and the faults that did not stop the reading. Raises ConfigError."""
    data = _read(path)
    try:
        root, faults = read_tree(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[: error.start].rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        fault = Fault(Position(line, column), "the file is not UTF-8; save it as UTF-8")
        raise refusal(path, [fault]) from None
    except YamlFault as error:
        raise refusal(path, [error.fault]) from None
    if root.value is None and not faults:
        raise refusal(path, [Fault(Position(), "the file is empty; `snapsortctl init` writes one to start from")])
    return root, faults


def _read(path: str) -> bytes:
    try:
        # Asked first, and opened without waiting: a named pipe would hold us for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            kind = "a folder" if os.path.isdir(path) else "not a regular file"
            raise _unreadable(path, f"it is {kind}", "give the path of a YAML file")
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise _unreadable(path, "there is no such file", "`snapsortctl init` writes one to start from") from None
    except OSError as error:
        reason = os.strerror(error.errno or errno.EIO).lower()
        raise _unreadable(path, reason, "check its permissions") from None
    if len(data) > MAX_BYTES:
        raise _unreadable(path, f"it is larger than {MAX_BYTES >> 20} MiB", "is this the right file?")
    return data


def _unreadable(path: str, reason: str, hint: str) -> ConfigError:
    return ConfigError(f"the configuration {path} cannot be read: {reason}", hint, (f"{path}: {reason}",))


def _printable(message: str) -> str:
    """The message on one line: it may quote what stands in the file, which may be anything."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in message)


def refusal(path: str, faults: list[Fault]) -> ConfigError:
    """The error that tells all faults of a file."""
    ordered = sorted(set(faults), key=lambda fault: (fault.position.line, fault.position.column, fault.message))
    problems = [f"{path}:{fault.position}: {_printable(fault.message)}" for fault in ordered[:MAX_SHOWN]]
    if len(ordered) > MAX_SHOWN:
        problems.append(f"{path}: and {len(ordered) - MAX_SHOWN} more")
    count = "one problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    return ConfigError(f"the configuration {path} has {count}", "", tuple(problems))
