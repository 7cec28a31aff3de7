"""A hostile program that replaces, deletes, grows and symlink-swaps the files to be filed, and takes their names.

A number in every content that it writes identifies it, and it records which of them it may have destroyed itself. So at
the end it knows for each content whether it must still exist or may be gone. SNAPSORTD_ATTACK_SECONDS sets the duration
of the attack; the long form uses 60.
"""

from __future__ import annotations

import ctypes
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from snapsortd.domain.names import OWN_PREFIX

SECONDS = float(os.environ.get("SNAPSORTD_ATTACK_SECONDS", "6"))

_MARK = re.compile(rb"\nATTACK:(\d+);(\+*)\Z")
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # fcntl.h, linux/fs.h
NAMES = 6
"""Few enough that each of them is taken again and again."""


class Attack:
    """Attack the images in `inbox` and `inbox/sub`, and the names in `target`, within its block.

    `outside` is a folder with secrets, the target of symlinks; nothing in it may ever change. `image` returns the
    content with number n, without its mark. The attack lasts SECONDS; `rest` is the pause between two actions, in
    seconds, so that a file can settle.
    """

    def __init__(
        self,
        inbox: Path,
        target: Path,
        outside: Path,
        image: Callable[[int], bytes],
        *,
        rest: float = 0.0,
        seed: int = 1,
    ) -> None:
        self._rest = rest
        self._inbox, self._target, self._outside, self._image = inbox, target, outside, image
        self._random = random.Random(seed)
        self._aside = inbox.parent / "attacker"
        self._written = 0
        self._at: dict[Path, int] = {}
        self._risked: set[int] = set()
        self._planted: dict[Path, bytes] = {}
        self._end = 0.0
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="attack")
        for folder in (inbox / "sub", target, self._aside, outside):
            folder.mkdir(parents=True, exist_ok=True)
        for name in self._names():
            (outside / name).write_bytes(self._content())
        self._secrets = contents(outside)

    def __enter__(self) -> Attack:
        """Start the attack on a thread of its own."""
        self._end = time.monotonic() + SECONDS
        self._thread.start()
        return self

    @property
    def continues(self) -> bool:
        """Return whether the attack is still running."""
        return self._thread.is_alive()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for the end of the attack, when the real folders are back in place. Raise whatever went wrong in it."""
        if kind is not None:
            self._stop.set()
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def check(self, filed: Path, conflicts: int) -> None:
        """Check that nothing outside was touched, and nothing overwritten, torn, lost or duplicated.

        Only a conflict may leave a duplicate.
        """
        assert contents(self._outside) == self._secrets, "something outside the roots was touched"
        for path, content in self._planted.items():
            assert path.read_bytes() == content, f"{path} was overwritten"
        found = Counter[int]()
        for path, content in (contents(self._inbox) | contents(filed)).items():
            assert OWN_PREFIX not in path.name, f"{path} was left behind"
            match = _MARK.search(content)
            assert match, f"{path} is torn"
            number = int(match[1])
            assert content[: match.start()] == self._image(number), f"{path} is torn"
            found[number] += 1
        doubled = {number: count for number, count in found.items() if count > 1}
        assert len(doubled) <= conflicts, f"doubled: {doubled}, conflicts: {conflicts}"
        lost = set(range(NAMES * 2, self._written)) - self._risked - found.keys()
        assert not lost, f"lost: {lost}"

    def _run(self) -> None:
        ways = (self._create, self._create, self._create, self._replace, self._delete, self._grow, self._rewrite)
        ways += (self._link, self._plant, self._swap_source, self._swap_target)
        try:
            while time.monotonic() < self._end and not self._stop.wait(self._rest):
                with suppress(FileNotFoundError, FileExistsError):
                    self._random.choice(ways)()
        except BaseException as error:
            self._failure = error

    def _names(self) -> list[str]:
        return [name for number in range(NAMES) for name in (f"{number}.png", f"{number} 2.png")]

    def _content(self) -> bytes:
        number = self._written
        self._written += 1
        return self._image(number) + b"\nATTACK:%d;" % number

    def _place(self) -> Path:
        return self._random.choice((self._inbox, self._inbox / "sub")) / self._random.choice(self._names())

    def _risk(self, path: Path) -> None:
        """Record that the last content written at `path`, if it still exists, may be destroyed from now on."""
        if path in self._at:
            self._risked.add(self._at[path])

    def _create(self) -> None:
        path = self._place()
        with path.open("xb") as file:
            self._at[path] = self._written
            file.write(self._content())

    def _replace(self) -> None:
        path, new = self._place(), self._aside / "new"
        self._risk(path)
        self._at[path] = self._written
        new.write_bytes(self._content())
        os.replace(new, path)

    def _delete(self) -> None:
        path = self._place()
        self._risk(path)
        path.unlink()

    def _grow(self) -> None:
        fd = os.open(self._place(), os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
        with os.fdopen(fd, "ab", buffering=0) as file:
            for _ in range(self._random.randrange(1, 5)):
                file.write(b"+")

    def _rewrite(self) -> None:
        path = self._place()
        fd = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        with os.fdopen(fd, "wb", buffering=0) as file:
            self._risk(path)
            self._at[path] = self._written
            file.truncate()
            file.write(self._content())

    def _link(self) -> None:
        """Replace an image with a symlink to a secret for a moment."""
        path, link = self._place(), self._aside / "link"
        self._risk(path)
        link.symlink_to(self._outside / path.name)
        os.replace(link, path)
        self._tarry()
        path.unlink()

    def _plant(self) -> None:
        path = self._target / self._random.choice(self._names())
        with path.open("xb") as file:
            self._risked.add(self._written)
            self._planted[path] = self._content()
            file.write(self._planted[path])

    def _swap_source(self) -> None:
        self._swap(self._inbox / "sub")

    def _swap_target(self) -> None:
        self._swap(self._target)

    def _swap(self, folder: Path) -> None:
        """Replace a folder with a symlink to the secrets for a moment, without a gap."""
        link = folder.with_name(folder.name + " swapped")
        link.symlink_to(self._outside)
        exchange(link, folder)
        self._tarry()
        exchange(link, folder)
        link.unlink()

    def _tarry(self) -> None:
        """Pause the attack for a while, to let other programs proceed."""
        for _ in range(self._random.randrange(200)):
            os.listdir(self._outside)


def exchange(one: Path, other: Path) -> None:
    """Exchange two names in one step (renameat2(2), Linux only)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one))


def contents(folder: Path) -> dict[Path, bytes]:
    """Yield every regular file below `folder`, without following symlinks."""
    return {
        path: path.read_bytes()
        for root, _, names in os.walk(folder)
        for path in (Path(root) / name for name in names)
        if path.is_file() and not path.is_symlink()
    }
