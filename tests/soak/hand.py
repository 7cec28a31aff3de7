"""What a person, their programs and their cables do: each operation keeps the ledger right."""

from __future__ import annotations

import io
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests.soak.ledger import Content, Ledger, listed
from tests.soak.world import VERBS, Disk, World

FORMATS = ("png", "jpeg", "bmp", "gif", "webp", "tiff")
BIG = 0.03
"""The part of images with megabytes."""
CROWD = 120
"""So many files, and the oldest are deleted."""
DAY_S = 86_400


class Hand:
    """One operation after the other, at random."""

    def __init__(self, world: World, ledger: Ledger, seed: int, log: Callable[[str], None]) -> None:
        self.world, self.ledger, self.random, self._log = world, ledger, random.Random(seed), log
        self._number = 0
        self._ways: dict[Callable[[], str | None], float] = {
            self.arrive: 10,
            self.edit: 3,
            self.save: 2,
            self.rename: 2,
            self.carry: 2,
            self.put_back: 2,
            self.delete: 1,
            self.undo: 1,
            self.redo: 0.7,
            self.kill: 0.4,
            self.stop: 0.2,
            self.set_clock: 0.3,
            self.unmount: 0.4,
            self.mount: 1,
            self.freeze: 0.2,
            self.thaw: 1,
        }

    def act(self) -> None:
        """Do something, if it is possible now."""
        (way,) = self.random.choices([*self._ways], [*self._ways.values()])
        try:
            done = way()
        except FileNotFoundError:  # the daemon was faster
            done = None
        if done:
            self._log(f"{way.__name__}: {done}")

    def settle(self) -> None:
        """Bring everything back: disks, and the daemon."""
        for disk in self.world.disks:
            if disk.frozen:
                disk.thaw()
            if disk.away:
                disk.mount()
        if self.world.process is None:
            self.world.start()

    def thin_out(self) -> None:
        """Delete the oldest files if there are too many."""
        for path in self._paths()[:-CROWD]:
            if content := self.ledger.known(path.read_bytes()):
                os.unlink(path)
                content.needed = False

    # Files

    def arrive(self) -> str:
        disk, verb = self._disk(), self.random.choice([*VERBS])
        self._number += 1
        kind = self.random.choice(FORMATS)
        goal = self.random.choice(self.world.disks).kind
        path = self._folder(disk) / f"{verb}-{goal}-{self._number}.{kind}"
        data = self._draw(kind)
        first = self.random.choice([path, path.with_name(f"{path.name}.part"), disk.top / "aside" / path.name])
        self.ledger.write(data, self._put(first, data), VERBS[verb], f"arrived as {path}")
        if first != path:
            os.rename(first, path)
        return str(path)

    def edit(self) -> str | None:
        """Change bytes in place, mostly with the time of before."""
        path, content = self._any()
        if path is None or content is None:
            return None
        with path.open("r+b") as file:
            data = bytearray(file.read())
            if self.ledger.known(bytes(data)) is not content:
                return None
            data[-4:] = self.random.randbytes(4)
            file.seek(0)
            file.write(data)
            file.flush()
            restored = self.random.random() < 0.7
            if restored:
                os.utime(file.fileno(), ns=(content.mtime_ns, content.mtime_ns))
            mtime = os.fstat(file.fileno()).st_mtime_ns
        new = self.ledger.write(bytes(data), mtime, content.at_most, f"edited at {path}, was: {content.story[-1]}")
        new.needed, content.needed = content.needed, False
        new.instead_of = content if path.parent.parts[-1] != "filed" and new.needed else None
        return f"{path}{' with its time' * restored}"

    def save(self) -> str | None:
        """Replace a file by renaming another over it, as editors do."""
        path, content = self._any()
        if path is None or content is None:
            return None
        data = self._draw(path.suffix[1:])
        new = path.with_name(f".{path.name}.saving")
        mtime = self._put(new, data)
        os.replace(new, path)
        self.ledger.write(data, mtime, content.at_most, f"saved over {path}")
        content.needed = False
        return str(path)

    def rename(self) -> str | None:
        path, content = self._any()
        if path is None or content is None:
            return None
        self._number += 1
        new = path.with_name(f"{'-'.join(path.stem.split('-')[:2])}-{self._number}{path.suffix}")
        os.rename(path, new)
        content.story.append(f"renamed to {new}")
        return f"{path} → {new}"

    def carry(self) -> str | None:
        """Move a file to any other place by hand."""
        return self._carry(*self._any(), lambda disk: self.random.choice([disk.inbox, disk.filed, disk.top / "aside"]))

    def put_back(self) -> str | None:
        """Move a filed image back to a watched folder."""
        return self._carry(*self._any(("filed",)), lambda disk: disk.inbox)

    def delete(self) -> str | None:
        path, content = self._any()
        if path is None or content is None:
            return None
        os.unlink(path)
        content.needed = False
        return str(path)

    # Programs and disks

    def undo(self) -> str | None:
        return self._ask("undo")

    def redo(self) -> str | None:
        return self._ask("redo")

    def kill(self) -> str | None:
        if self.world.process is None or self._is_any_frozen():
            return None
        self.world.kill()
        self.world.start()
        return "and started again"

    def stop(self) -> str | None:
        if self.world.process is None or self._is_any_frozen():
            return None
        assert self.world.end() == 0
        self.world.start()
        return "and started again"

    def set_clock(self) -> str:
        days = self.random.choice([0, -400, -1, 1, 400])
        self.world.clock.set(days * DAY_S)
        return f"{days:+} days"

    def unmount(self) -> str | None:
        served = [disk for disk in self.world.disks if disk.served and disk.answers]
        if not served or self._is_any_frozen():
            return None
        disk, torn = self.random.choice(served), self.random.random() < 0.3
        disk.unmount(torn=torn)
        return f"{disk.kind}{' torn off' * torn}"

    def mount(self) -> str | None:
        away = [disk for disk in self.world.disks if disk.away]
        if not away:
            return None
        away[0].mount()
        return away[0].kind

    def freeze(self) -> str | None:
        served = [disk for disk in self.world.disks if disk.served and disk.answers]
        if not served or self._is_any_frozen():
            return None
        disk = self.random.choice(served)
        disk.freeze()
        return disk.kind

    def thaw(self) -> str | None:
        frozen = [disk for disk in self.world.disks if disk.frozen]
        if not frozen:
            return None
        frozen[0].thaw()
        return frozen[0].kind

    # How

    def _ask(self, verb: str) -> str | None:
        if self._is_any_frozen():
            return None
        which = self.random.choice([("--last", "1"), ("--last", "3"), ("--last", "10"), ("--all",)])
        done = self.world.ctl(verb, *which, ok=(0, 1))
        assert "Traceback" not in done.stderr, done.stderr
        return " ".join(which)

    def _is_any_frozen(self) -> bool:
        return any(disk.frozen for disk in self.world.disks)

    def _disk(self) -> Disk:
        return self.random.choice([disk for disk in self.world.disks if disk.answers])

    def _folder(self, disk: Disk) -> Path:
        return disk.inbox / "sub" if self.random.random() < 0.3 else disk.inbox

    def _any(self, names: tuple[str, ...] = ("inbox", "filed", "aside")) -> tuple[Path | None, Content | None]:
        """Return any file and its content; nothing if it is not one of those that were written."""
        paths = self._paths(names)
        if not paths:
            return None, None
        path = self.random.choice(paths)
        return path, self.ledger.known(path.read_bytes())

    def _paths(self, names: tuple[str, ...] = ("inbox", "filed", "aside")) -> list[Path]:
        """Return all files that were not created for a moment, the oldest first."""
        tops = [disk.top / name for disk in self.world.disks if disk.answers for name in names]
        paths = [
            path
            for top in tops
            for path in (listed(top) if top.is_dir() else ())
            if path.match("*-*-*.*") and not any(part.startswith(".") for part in path.parts)
        ]
        return sorted(paths, key=lambda path: int(path.stem.split("-")[2].split()[0]))

    def _carry(self, path: Path | None, content: Content | None, goal: Callable[[Disk], Path]) -> str | None:
        if path is None or content is None:
            return None
        folder = goal(self._disk())
        new, passing = folder / path.name, folder / f".{path.name}.passing"
        if new.exists():
            return None
        try:
            os.rename(path, new)
        except OSError:  # another disk
            shutil.copyfile(path, passing)
            os.utime(passing, ns=(content.mtime_ns, content.mtime_ns))
            if self.ledger.known(passing.read_bytes()) is not content:
                passing.unlink()
                return None
            os.rename(passing, new)
            try:
                os.unlink(path)
            except FileNotFoundError:  # the daemon has moved it meanwhile
                content.at_most += 1
        if content.at_most > 1 and "inbox" in new.parts:  # a second file while the first is there is a new one
            content.at_most += 1
        content.story.append(f"carried to {new}")
        return f"{path} → {new}"

    def _draw(self, kind: str) -> bytes:
        side = 1200 if self.random.random() < BIG else self.random.randrange(16, 120)
        memory = io.BytesIO()
        image = Image.frombytes("RGB", (side, side), self.random.randbytes(side * side * 3))
        image.save(memory, kind)
        return memory.getvalue()

    @staticmethod
    def _put(path: Path, data: bytes) -> int:
        """Write a file in one call; return its time."""
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            return os.fstat(file.fileno()).st_mtime_ns
