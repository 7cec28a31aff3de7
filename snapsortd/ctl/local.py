"""The same calls as the daemon's API, done in this process while no daemon runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from snapsortd.config import load_config
from snapsortd.files.locations import Locations
from snapsortd.pipeline.session import Session


@contextmanager
def open_local(locations: Locations) -> Iterator[Session]:
    """Hold the daemon's lock, recover what a crash left, and work here until the block ends.

    Raises Busy if a daemon or another command holds the lock, ConfigError, JournalError.
    """
    config = load_config(locations.config_file, os.environ, locations.config_memory)
    with Session.open(locations, config) as session:
        yield session
