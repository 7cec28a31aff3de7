"""The journal: intents, results and outcomes of every file, durable before anything is touched."""

from snapsortd.journal.entry_log import LogQuery
from snapsortd.journal.journal import Journal
from snapsortd.journal.queries import Counts, ImageHistory, Problem
from snapsortd.journal.selection import Selection

__all__ = ["Counts", "ImageHistory", "Journal", "LogQuery", "Problem", "Selection"]
