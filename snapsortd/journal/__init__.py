"""The journal: what was intended, done and known of every file, durable before anything is touched."""

from snapsortd.journal.book import Journal
from snapsortd.journal.choosing import Selection
from snapsortd.journal.reading import Counts, Problem, Story

__all__ = ["Counts", "Journal", "Problem", "Selection", "Story"]
