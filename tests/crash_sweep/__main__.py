"""The crash sweep as a command; see `--help`."""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import UTC, datetime

from tests.crash_sweep.sweep import SCENARIOS, Choice, Tally, sweep


def print_line(line: str) -> None:
    """Print a line at once, with the time."""
    sys.stdout.write(f"{datetime.now(UTC).astimezone():%H:%M:%S} {line}\n")
    sys.stdout.flush()


def main() -> int:
    """Return 1 if a guarantee was violated."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.crash_sweep",
        description="Kill the installed programs just before each system call that changes a file or brings it to "
        "the disk, and make each of them fail with every error; then restart and check that no file was lost.",
    )
    parser.add_argument("--sample", type=int, metavar="N", help="at most N runs of each scenario")
    parser.add_argument(
        "--scenario", action="append", choices=SCENARIOS, help="run only this scenario (may be repeated)"
    )
    parser.add_argument("--jobs", type=int, default=3, metavar="N", help="number of parallel runs (default: 3)")
    parser.add_argument(
        "--only", default="", metavar="CALL:NUMBER[:ERROR]", help="run only one point, such as fsync:2:EIO"
    )
    parser.add_argument(
        "--thorough", action="store_true", help="inject every error at every single write to the journal too"
    )
    chosen = parser.parse_args()
    tally = Tally(print_line)

    def stop(*_: object) -> None:
        tally.stopped = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    choice = Choice(chosen.sample, chosen.only, chosen.thorough)
    sweep(dict.fromkeys(chosen.scenario or SCENARIOS, choice), chosen.jobs, tally)
    sys.stdout.write(f"{tally}\n")
    return 1 if tally.violations else 0


if __name__ == "__main__":
    sys.exit(main())
