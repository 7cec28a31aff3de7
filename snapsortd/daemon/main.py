"""The daemon: takes the lock, builds everything, and runs until it is told to stop."""

from __future__ import annotations

import argparse
import os
import sys

import snapsortd
from snapsortd.config import Config, load_config
from snapsortd.daemon.api.control import DaemonControl
from snapsortd.daemon.api.server import ApiServer
from snapsortd.daemon.logs import set_up_logs
from snapsortd.daemon.loop import Daemon
from snapsortd.domain.errors import EXIT_OK, ConfigError, SnapsortError
from snapsortd.files.locations import Locations, find_locations, make_private
from snapsortd.pipeline.session import Session


def serve(locations: Locations, config: Config) -> None:
    """Hold the session, answer the API and file, until told to stop."""
    with Session.open(locations, config) as session:
        daemon = Daemon(session)
        session.classifier.start()  # before anybody can ask: a model that never loaded isn't one that was unloaded
        api = ApiServer(DaemonControl(daemon), locations.socket)
        try:
            daemon.run(api.start)
        finally:
            api.stop()


def main() -> None:
    """Entry point of `snapsortd`: run in the foreground until SIGTERM. Exit codes as in `errors`."""
    parser = argparse.ArgumentParser(
        prog="snapsortd",
        description="Watch folders and file new images by what they show. Runs in the foreground; "
        "`snapsortctl service install` runs it in the background.",
    )
    parser.add_argument("--version", action="version", version=f"snapsortd {snapsortd.__version__}")
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: $SNAPSORTD_CONFIG or the usual place)"
    )
    chosen = parser.parse_args()
    env = dict(os.environ)
    if chosen.config:
        env["SNAPSORTD_CONFIG"] = chosen.config
    locations = find_locations(env)
    try:
        make_private(locations.cache_dir)
        config = load_config(locations.config_file, os.environ, locations.config_memory)
        set_up_logs(locations)
        serve(locations, config)
    except SnapsortError as error:
        print_error(error)
        sys.exit(error.exit_code)
    sys.exit(EXIT_OK)


def print_error(error: SnapsortError) -> None:
    """The error for a person, on stderr."""
    lines = [f"snapsortd: {error.message}"]
    if isinstance(error, ConfigError):
        lines += [f"  {problem}" for problem in error.problems]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    sys.stderr.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
