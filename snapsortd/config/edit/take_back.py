"""Take back what was written into a configuration file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from snapsortd.config.edit.rewrite import rewrite
from snapsortd.domain.errors import SnapsortError


def edited(path: str, edit: Callable[[], None], env: Mapping[str, str]) -> Callable[[], None]:
    """Edit the file by calling `edit`; return what restores its text.

    That raises SnapsortError if the file was changed again since.
    """
    before = _text_of(path)
    edit()
    after = _text_of(path)

    def restore() -> None:
        refusal = SnapsortError(
            f"{path} was changed since, so nothing in it is taken back", "`snapsortctl edit` opens it in your editor"
        )
        if _text_of(path) != after:
            raise refusal
        rewrite(path, lambda _: before, env, lambda _: True, refusal)

    return restore


def _text_of(path: str) -> str:
    """Return the text with its own ends of lines."""
    return Path(path).read_bytes().decode("utf-8-sig")
