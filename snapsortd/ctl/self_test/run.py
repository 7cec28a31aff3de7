"""Run all promises in turn, in a temporary folder that is removed at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from snapsortd.ctl.doctor.finding import Finding, ok, problem, warning
from snapsortd.ctl.self_test.as_service import NotPossible, serves
from snapsortd.ctl.self_test.promises import PROMISES
from snapsortd.ctl.self_test.report import private_names, report, without
from snapsortd.ctl.self_test.trial import Broken, Trial
from snapsortd.ctl.service_files.managers import ELSEWHERE, program
from snapsortd.domain.errors import SnapsortError
from snapsortd.files.locations import Locations, make_private

SEND = "send the report with an issue"


def self_test(locations: Locations, report_path: str) -> Iterator[Finding]:
    """Yield the result of each promise, then write the report.

    The temporary folder is in the cache folder, which is on the file system of the home folder as a rule.
    """
    make_private(locations.cache_dir)
    folder = Path(tempfile.mkdtemp(prefix="self-test-", dir=locations.cache_dir))
    names = private_names(folder)
    results: list[Finding] = []
    trial = Trial(folder, Path(program()).parent, os.environ)
    try:
        for finding in promises(trial):
            results.append(Finding(finding.name, finding.status, without(finding.summary, names), finding.fix))
            yield results[-1]
        failed = any(each.status == "problem" for each in results)
        log = trial.log.read_text(errors="replace") if failed and trial.log.exists() else ""
        lines = [f"{each.status:8} {each.name:8} {each.summary}" for each in results]
        Path(report_path).write_text(without(report(lines, folder, log), names), errors="replace")
    finally:
        with suppress(Broken):
            trial.stop()
        shutil.rmtree(folder)


def promises(trial: Trial) -> Iterator[Finding]:
    """Yield the result of each promise; without a daemon, only that."""
    started = tried("start", starts, trial)
    yield started
    if started.status != "ok":
        return
    for name, promise in PROMISES.items():
        yield tried(name, promise, trial)
    yield tried("service", serves, trial)


def starts(trial: Trial) -> str:
    """Start the daemon."""
    trial.start()
    return "the daemon started and loaded its model"


def tried(name: str, promise: Callable[[Trial], str], trial: Trial) -> Finding:
    """Try one promise, and return the result and the time that it took."""
    began = time.monotonic()
    try:
        found = promise(trial)
    except NotPossible as reason:
        return warning(name, f"not possible here, because {reason}", ELSEWHERE)
    except (Broken, SnapsortError, OSError, subprocess.TimeoutExpired) as error:
        return problem(name, str(error), SEND)
    return ok(name, f"{found} ({time.monotonic() - began:.1f} s)")
