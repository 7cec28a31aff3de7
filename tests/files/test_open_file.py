"""Open a file: which errors of the system mean that it has changed, and which that it can't be opened now."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from snapsortd.domain.errors import MoveRefused
from snapsortd.files.open_file import open_file


def test_a_regular_file_that_the_file_system_refuses_to_open_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EINVAL of open(2) does not mean that it is not a regular file: the image would be queued again at once."""
    (tmp_path / "a.png").write_bytes(b"image")
    really_open = os.open

    def refuse(name: str, *rest: Any, **more: Any) -> int:
        if name == "a.png":
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)
        return really_open(name, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(MoveRefused, match="cannot be opened"), open_file(str(tmp_path / "a.png"), str(tmp_path)):
        pass
