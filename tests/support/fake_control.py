"""A stand-in for the daemon behind the real API: canned replies, and a record of the calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from snapsortd.config import load_config
from snapsortd.daemon.events import Broadcast
from snapsortd.domain.errors import ImageError, SnapsortError
from snapsortd.domain.to_forget import ToForget

ODD = "/pictures/a\nb\x1b[31m\udcff.png"
"""A name with a line break, a terminal escape sequence and a byte that is not UTF-8."""

ENTRY = {
    "id": 12,
    "batch": 3,
    "kind": "move",
    "action": "move",
    "rule": "Receipts by month",
    "source": "/inbox/scan.png",
    "target": "/filed/Receipts/scan.png",
    "state": "done",
    "method": "rename",
    "reason": "",
    "at": "2026-11-23T16:42:10+01:00",
    "label": "receipt",
    "score": 0.934,
    "margin": 0.9,
    "milliseconds": 84.2,
    "tags": [],
    "arguments": [],
    "reverses": None,
    "reversed_by": 13,
    "lost": [],
}
UNDO: dict[str, Any] = ENTRY | {
    "id": 13,
    "kind": "undo",
    "source": ODD,
    "target": "/inbox/x.png",
    "reverses": 12,
    "label": None,
}
UNDO |= {"score": None, "reversed_by": None}

EXAMPLE = {
    "path": ODD,
    "label": "receipt",
    "is_not": False,
    "source": "corrected",
    "at": "2026-11-23T16:42:10+01:00",
    "sha256": "00" * 32,
}
LEARNED: dict[str, Any] = {
    "examples": 12,
    "up_to_date": True,
    "damage": "",
    "labels": [
        {
            "label": "receipt",
            "sources": {"corrected": 8, "moved": 2},
            "denied": 1,
            "known": True,
            "verdict": "in force",
            "examples": 10,
            "before": 4,
            "after": 9,
        },
        {
            "label": "bill",
            "sources": {"taught": 2},
            "denied": 0,
            "known": False,
            "verdict": None,
            "examples": 0,
            "before": 0,
            "after": 0,
        },
    ],
    "all": {"examples": 11, "before": 5, "after": 10},
    "contradictions": [{"paths": [ODD, "/inbox/b.png"], "labels": ["receipt", "document"]}],
}

STATUS: dict[str, Any] = {
    "state": "running",
    "reason": "",
    "pid": 4711,
    "version": "0.1.0",
    "uptime_s": 11_520.4,
    "queued": 3,
    "working": [
        {"path": "/inbox/film.png", "doing": "copying", "percent": 42, "seconds": 90.4, "silent_s": None},
        {"path": "/net/a.png", "doing": "", "percent": None, "seconds": 75.0, "silent_s": 74.9},
        {"path": "", "doing": "", "percent": None, "seconds": 2.0, "silent_s": None},
    ],
    "filed": 120,
    "failed": 1,
    "quarantined": 1,
    "conflicts": 0,
    "undone": 4,
    "model": {"name": "embedded", "state": "ready", "error": None},
    "folders": [
        {"path": "/inbox", "state": "watching"},
        {"path": "/net", "state": "scanning: a network mount"},
    ],
    "config": {"path": "/c/config.yaml", "error": None},
    "problems": [{"path": ODD, "outcome": "quarantined", "reason": "the file is truncated"}],
    "classifier_pid": 4712,
    "last": None,
}

STORY: dict[str, Any] = {
    "path": "/inbox/scan.png",
    "outcome": "filed",
    "reason": "",
    "at": "2026-11-23T16:42:10+01:00",
    "label": "receipt",
    "score": 0.934,
    "margin": 0.9,
    "scores": {"screenshot": 0.034, "receipt": 0.934, "other": 0.032},
    "model": "embedded",
    "milliseconds": 84.2,
    "rules": [
        {"rule": "Big ones", "matched": False, "reasons": ["size is 1.2 MB, wanted > 5 MB"]},
        {"rule": "Receipts by month", "matched": True, "reasons": ["label is receipt (0.93)"]},
    ],
    "facts": {"format": "png", "size": 1_234_567, "width": 1200, "height": 800, "frames": 1, "taken": None},
    "entries": [ENTRY],
}


STATS: dict[str, Any] = {
    "filed": 40,
    "undone": 3,
    "rules": [{"name": "Receipts", "filed": 30, "undone": 3}, {"name": "Memes", "filed": 10, "undone": 0}],
    "labels": [{"name": "receipt", "filed": 30, "undone": 3}, {"name": "", "filed": 10, "undone": 0}],
    "days": [{"name": "2026-11-20", "filed": 1, "undone": 0}, {"name": "2026-11-23", "filed": 39, "undone": 3}],
}

DESCRIBED: dict[str, Any] = {
    "description": "receipt REWE\x1b[31m 23.40",
    "slug": "receipt-rewe-23.40",
    "label": "receipt",
    "score": 0.934,
    "noun": "sheet\x1b[31m",
    "text": {"lines": 11, "line": "REWE\x1b[31m", "amount": "23.40"},
    "caption": None,
    "why_no_caption": "there is no captioner",
}


class FakeTeaching:
    """Reply to what a person tells; `control` records the calls."""

    def __init__(self, control: FakeControl) -> None:
        self._control = control

    def tell(self, source: str, **how: Any) -> dict[str, Any]:
        self._control.note("tell", source=source, **how)
        label = how["label"] or "receipt"
        where = {"path": how["path"] or ODD, "target": "/filed/Receipts/scan.png", "outcome": "filed", "reason": ""}
        return {**where, "source": source, "label": label, "batch": 7}

    def learned(self) -> dict[str, Any]:
        self._control.note("learned")
        return LEARNED

    def forget(self, what: ToForget, *, dry_run: bool) -> dict[str, Any]:
        self._control.note("forget", what=what, dry_run=dry_run)
        return {"forgotten": [EXAMPLE], "images": None if what.all else 1}

    def examples(self) -> dict[str, Any]:
        self._control.note("examples")
        return {"checkpoint": "abc", "examples": [EXAMPLE | {"embedding": "AAA="}]}

    def take_over(self, checkpoint: str, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        self._control.note("take_over", checkpoint=checkpoint, examples=examples)
        return {"imported": len(examples), "known": 0}

    def replay(self, settings: Sequence[str], *, untaught: bool = False) -> dict[str, Any]:
        self._control.note("replay", settings=settings, untaught=untaught)
        rule = {"rule": "Receipts", "gained": 3, "gained_regretted": 1, "lost": 0, "lost_regretted": 0}
        change = {"path": ODD, "before": "", "after": "Receipts", "regretted": True}
        return {"images": 40, "rules": [rule], "changes": [change]}


class FakeReviewing:
    """Reply to a person who looks at unsure images; `control` records the calls."""

    def __init__(self, control: FakeControl) -> None:
        self._control = control

    def unsure(self, **query: Any) -> dict[str, Any]:
        self._control.note("unsure", **query)
        return {"groups": [{"kind": "left", "rule": "Receipts", "count": 1}], "images": []}

    def accept(self, path: str, label: str = "", batch: int | None = None) -> dict[str, Any]:
        self._control.note("accept", path=path, label=label, batch=batch)
        return {"path": path, "outcome": "filed", "reason": "", "target": "/filed/x.png", "batch": batch or 7}

    def review(self, paths: Sequence[str], *, reviewed: bool = True) -> dict[str, Any]:
        self._control.note("review", paths=paths, reviewed=reviewed)
        return {"reviewed": len(paths)}


class FakeSearching:
    """Reply to what takes images into the search, and describes them."""

    def __init__(self, control: FakeControl) -> None:
        self._control = control

    def index(self, path: str, *, text: bool = False) -> dict[str, Any]:
        self._control.note("index", path=path, text=text)
        if path == self._control.refused:
            raise ImageError("it is not an image")
        return {"path": path, "sha256": "00" * 32, "known": False}

    def describe(self, path: str) -> dict[str, Any]:
        self._control.note("describe", path=path)
        if path == self._control.refused:
            raise ImageError("it is not an image")
        return DESCRIBED | {"path": path}

    def commit(self) -> dict[str, Any]:
        self._control.note("commit")
        return {}


class FakeControl:
    """Reply as a daemon would; `asked` records each call's name and arguments, `fault` is raised instead if set."""

    def __init__(self) -> None:
        self.events = Broadcast()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.fault: SnapsortError | None = None
        self.refuse = False
        self.hold: Callable[[str], object] = lambda _path: None
        """Called before the reply about an image."""
        self.entries: list[dict[str, Any]] = [UNDO, ENTRY]
        self._fingerprint: str | None = None
        self.teaching = FakeTeaching(self)
        self.reviewing = FakeReviewing(self)
        self.searching = FakeSearching(self)
        self.refused = ""
        """The path of what is not an image."""

    def fingerprint_of(self, config: Path) -> None:
        """Make it report the configuration in this file as its own."""
        self._fingerprint = load_config(str(config), {"HOME": "/home"}).fingerprint

    def note(self, call: str, **arguments: Any) -> None:
        self.asked.append((call, arguments))
        if self.fault is not None:
            raise self.fault

    def status(self) -> dict[str, Any]:
        self.note("status")
        known = {"fingerprint": self._fingerprint} if self._fingerprint else {}
        return STATUS | {"config": STATUS["config"] | known}

    def log(self, **query: Any) -> dict[str, Any]:
        self.note("log", **query)
        return {"entries": self.entries, "total": 37}

    def stats(self, **query: Any) -> dict[str, Any]:
        self.note("stats", **query)
        return STATS

    def dismiss(self, path: str | None = None) -> dict[str, Any]:
        self.note("dismiss", path=path)
        return {"dismissed": 1 if path else 3}

    def explain(self, path: str) -> dict[str, Any]:
        self.note("explain", path=path)
        return STORY | {"path": path}

    def image(self, path: str, *, dry_run: bool, batch: int | None, **chosen: Any) -> dict[str, Any]:
        self.note("image", path=path, dry_run=dry_run, batch=batch, **chosen)
        self.hold(path)
        if path.endswith("bad.png"):
            raise ImageError("the file is truncated")
        seen = {"path": path, "label": "receipt", "score": 0.934, "margin": 0.9, "milliseconds": 84.2, "rules": []}
        seen |= {"batch": None if dry_run else 7, "rule": "Receipts", "reason": "", "target": "/filed/x.png"}
        seen["rules"] = [{"rule": "Receipts", "matched": True, "reasons": ["label is receipt (0.93)"]}]
        seen["actions"] = [{"kind": "move", "rule": "Receipts", "source": path, "target": "/filed/x.png", "words": []}]
        return seen | {"outcome": "filed"}

    def undo(self, **selection: Any) -> dict[str, Any]:
        self.note("undo", **selection)
        return self._reversed()

    def redo(self, **selection: Any) -> dict[str, Any]:
        self.note("redo", **selection)
        return self._reversed()

    def abandon(self, number: int, *, dry_run: bool) -> dict[str, Any]:
        self.note("abandon", number=number, dry_run=dry_run)
        return {
            "id": number,
            "source": ODD,
            "target": "/usb/a.png",
            "explanation": [f"{ODD} stays."],
            "done": not dry_run,
        }

    def _reversed(self) -> dict[str, Any]:
        moved = {"kind": "move", "action": "move", "tags": []}
        good = moved | {"id": 13, "done": True, "from": "/filed/a.png", "to": "/inbox/a.png", "reason": ""}
        bad = moved | {
            "id": 12,
            "done": False,
            "from": ODD,
            "to": "/inbox/b.png",
            "reason": "the original name is taken",
        }
        results = [good, bad] if self.refuse else [good]
        return {"results": results, "done": 1, "refused": len(results) - 1, "burst": 2}

    def pause(self, seconds: int | None = None) -> dict[str, Any]:
        self.note("pause", **({} if seconds is None else {"seconds": seconds}))
        return {"state": "paused"}

    def resume(self) -> dict[str, Any]:
        return self._state("resume", "running")

    def reload(self) -> dict[str, Any]:
        return self._state("reload", "running")

    def stop(self) -> dict[str, Any]:
        return self._state("stop", "stopping")

    def _state(self, call: str, state: str) -> dict[str, Any]:
        self.note(call)
        return {"state": state}
