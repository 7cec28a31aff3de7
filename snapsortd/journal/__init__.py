"""The journal: what was intended, done and known of every file, durable before anything is touched."""

from snapsortd.journal.book import Journal
from snapsortd.journal.reading import Counts, Problem, Selection, Story

__all__ = ["Counts", "Journal", "Problem", "Selection", "Story"]
