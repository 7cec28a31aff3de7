"""Running in a terminal: a greeting, and one short line for each image that is filed."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import Any

import snapsortd
from snapsortd.config import Config
from snapsortd.domain.text import count, display_path, escape, score_text

FILED = frozenset({"filed", "copied", "done", "incomplete"})
WORDS = {"quarantined": "given up"}
"""Words for people, where the log's are others."""


def greeting(config: Config, home: str) -> str:
    """Return what is watched and by how many rules, and how to end it."""
    enabled = sum(rule.enabled for rule in config.rules)
    numbers = f"{count(len(config.watch), 'folder')} and files images by {count(enabled, 'rule')}"
    folders = [f"  {display_path(folder.path, home)}" for folder in config.watch]
    return "\n".join([f"snapsortd {snapsortd.__version__} watches {numbers}. Ctrl-C ends it.", *folders])


class TerminalLine(logging.Formatter):
    """Formats a record as the time of day and a short sentence, on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line; a traceback follows on lines of its own."""
        event: Mapping[str, Any] | None = getattr(record, "event", None)
        home = os.path.expanduser("~")
        words = line(event, home) if event else record.getMessage().replace(f"{home}/", "~/")
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return f"{time.strftime('%H:%M:%S', time.localtime(record.created))}  {level}{escape(words)}{trace}"


def line(event: Mapping[str, Any], home: str) -> str:
    """Return an event in few words: `scan.png → ~/Documents/Receipts/  (receipt 0.93, Receipts by month)`."""
    if "path" not in event:
        return " ".join(str(event[key]) for key in ("event", "state", "reason") if event.get(key))
    source, target = str(event["path"]), str(event.get("target") or "")
    folder, name = os.path.split(target)
    seen = f"{event['label']} {score_text(event['score'])}" if event.get("label") else ""
    notes = ", ".join(str(each) for each in (seen, event.get("rule"), event.get("reason")) if each)
    where = ""
    if target.startswith("/") and target != source and event["event"] != "left":
        where = f" → {display_path(folder, home).rstrip('/')}/" + ("" if name == os.path.basename(source) else name)
    word = "" if event["event"] in FILED and where else f"{WORDS.get(event['event'], event['event'])} "
    return f"{word}{os.path.basename(source)}{where}" + (f"  ({notes})" if notes else "")
