"""The daemon's entry point: builds the parts, takes the lock, and runs until shutdown."""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import shlex
import sys
from collections.abc import Sequence

import snapsortd
from snapsortd.config import Config, load_config
from snapsortd.config.excerpt import error_lines
from snapsortd.daemon.api.control import DaemonControl
from snapsortd.daemon.api.server import ApiServer
from snapsortd.daemon.foreground import greeting
from snapsortd.daemon.logs import set_up_logs
from snapsortd.daemon.loop import Daemon
from snapsortd.daemon.notifications import Notifications
from snapsortd.daemon.signals import Signals
from snapsortd.daemon.systemd import ServiceNotifier
from snapsortd.daemon.upkeep import Upkeep
from snapsortd.domain.errors import EXIT_OK, ConfigError, SnapsortError
from snapsortd.files.locations import Locations, find_locations, make_private
from snapsortd.pipeline.session import Session

_M_ARENA_MAX = -8
"""An option of mallopt(3)."""


def serve(locations: Locations, config: Config) -> None:
    """File images and serve the API until shutdown."""
    signals, service = Signals(), ServiceNotifier()
    with Session.open(locations, config, should_stop=lambda: signals.stop) as session:
        daemon = Daemon(session, signals, service)
        session.classifier.start()  # before the API answers, which would report a model not loaded yet as unloaded
        control = DaemonControl(daemon)
        daemon.announcer.notifications = notifications = Notifications(lambda ids: control.undo(ids=ids))
        session.external.notify = notifications.show
        api = ApiServer(control, locations.socket)
        try:
            with Upkeep((session.keep_lock, api.keep, daemon.saved_config.check), daemon.stop).running():
                daemon.run(api.start)
        finally:
            api.stop()


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="snapsortd",
        description="Watch folders and file new images by what they show. Runs in the foreground; "
        "`snapsortctl service install` makes it a background service.",
    )
    parser.add_argument("--version", action="version", version=f"snapsortd {snapsortd.__version__}")
    parser.add_argument(
        "--config", metavar="FILE", help="configuration file (default: $SNAPSORTD_CONFIG or the usual place)"
    )
    parser.add_argument("--verbose", action="store_true", help="log images that stay where they are, too")
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    return parser


def main() -> None:
    """Run `snapsortd` in the foreground until SIGTERM. Exit codes are those of `domain.errors`."""
    parser = argument_parser()
    chosen = parser.parse_args()
    if chosen.words:
        parser.error(f"it takes no commands; {_instead_of(chosen.words)}")
    env = dict(os.environ)
    if chosen.config:
        env["SNAPSORTD_CONFIG"] = os.path.abspath(os.path.expanduser(chosen.config))
    locations = find_locations(env)
    _share_arenas()
    try:
        make_private(locations.cache_dir)
        config = load_config(locations.config_file, os.environ, locations.config_cache)
        set_up_logs(locations, verbose=chosen.verbose)
        if sys.stderr.isatty():
            sys.stderr.write(greeting(config, os.path.expanduser("~")) + "\n")
        serve(locations, config)
    except SnapsortError as error:
        print_error(error)
        sys.exit(error.exit_code)
    # The journal is closed and the lock released: a thread that still waits for a file system must change nothing now.
    logging.shutdown()
    os._exit(EXIT_OK)


def _instead_of(words: Sequence[str]) -> str:
    """Return what the author of a command that the daemon does not take may have meant."""
    if words[0] in ("start", "run"):
        return "`snapsortd` alone starts it, `snapsortctl service install` at every login"
    if os.path.isdir(os.path.expanduser(words[0])):
        return "`snapsortctl edit` changes which folders are watched"
    return f"did you mean `snapsortctl {shlex.join(words)}`?"


def _share_arenas() -> None:
    """Let all threads allocate from two arenas: with glibc, each would reserve and keep memory of its own."""
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(_M_ARENA_MAX, 2)


def print_error(error: SnapsortError) -> None:
    """Print an error to stderr with its problems and its hint."""
    lines = [f"snapsortd: {error.message}"]
    if isinstance(error, ConfigError):
        lines += error_lines(error)
    if error.hint:
        lines.append(f"hint: {error.hint}")
    sys.stderr.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
