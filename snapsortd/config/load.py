"""Load a configuration file: the result is a `Config`, or one error with all faults of the file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from importlib.resources import files

from snapsortd.config.settings import MAX_BYTES, Config
from snapsortd.config.yaml_tree import Fault, Node, Position, YamlFault, read_tree
from snapsortd.domain.errors import ConfigError

VERSION = 1
MAX_SHOWN = 50
"""Faults that one error lists at most."""


def load_config(path: str, env: Mapping[str, str]) -> Config:
    """Return the configuration in a file; `env` expands `~` and `$VAR`. Raises ConfigError with every fault."""
    from pydantic import ValidationError  # with the schema, it takes half the time of most commands to import

    from snapsortd.config.build import build
    from snapsortd.config.faults import faults_of
    from snapsortd.config.schema.context import ValidationContext
    from snapsortd.config.schema.document import Document

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
    """Return the path of the configuration that a new user starts with."""
    return os.path.join(os.path.dirname(__file__), "default.yaml")


def default_config_text() -> str:
    """Return the commented configuration that a new user starts with."""
    return files("snapsortd.config").joinpath("default.yaml").read_text("utf-8")


def read_file(path: str) -> tuple[Node, list[Fault]]:
    """Return the tree of a YAML file, and the faults that did not stop the parser. Raises ConfigError."""
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
        # Checked first, and opened without blocking: a named pipe would block forever.
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


def _escape(message: str) -> str:
    """Return the message on one line, escaped: it may quote any character of the file."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in message)


def refusal(path: str, faults: list[Fault]) -> ConfigError:
    """Return the error that lists the faults of a file."""
    ordered = sorted(dict.fromkeys(faults), key=lambda fault: (fault.position.line, fault.position.column))
    problems = [f"{path}:{fault.position}: {_escape(fault.message)}" for fault in ordered[:MAX_SHOWN]]
    if len(ordered) > MAX_SHOWN:
        problems.append(f"{path}: and {len(ordered) - MAX_SHOWN} more")
    count = "one problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    return ConfigError(f"the configuration {path} has {count}", "", tuple(problems))
