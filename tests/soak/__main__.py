"""The soak as a command; see `--help`."""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.soak.soak import Soak
from tests.soak.world import KINDS


def print_line(line: str) -> None:
    """Print a line at once, with the time."""
    sys.stdout.write(f"{datetime.now(UTC).astimezone():%H:%M:%S} {line}\n")
    sys.stdout.flush()


def main() -> int:
    """Return 1 if a guarantee was violated."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description="Let images arrive, be edited, renamed, deleted and undone on several file systems, while disks "
        "come and go and the daemon is killed; check again and again that every byte is where it should be, once.",
    )
    parser.add_argument("--seconds", type=float, default=3600, metavar="N")
    parser.add_argument("--on", action="append", choices=KINDS, help="use only this file system (may be repeated)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), metavar="N")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    print_line(f"seed {chosen.seed}, {folder}")
    soak = Soak(folder, chosen.on or KINDS, chosen.seed, print_line)
    print_line(f"on {', '.join(disk.kind for disk in soak.world.disks)}")
    try:
        soak.run(chosen.seconds)
    except BaseException as error:
        print_line(f"VIOLATION with seed {chosen.seed}: {error}\n(kept: {folder})")
        return 1
    finally:
        soak.world.end_all()
    shutil.rmtree(folder)
    print_line(
        f"{len(soak.operations)} operations, {len(soak.ledger.contents)} contents, {soak.checks} checks, 0 violations"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
