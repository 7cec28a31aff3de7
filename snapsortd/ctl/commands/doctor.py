"""doctor: diagnose common problems and suggest fixes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.client import Client
from snapsortd.ctl.output.columns import terminal_width, wrapped
from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.service_files.managers import LABEL, UNIT, manager, program
from snapsortd.ctl.service_files.render import CARRIED
from snapsortd.domain.errors import EXIT_REFUSED
from snapsortd.domain.text import count, escape

if TYPE_CHECKING:
    from snapsortd.ctl.doctor import Finding

SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}
WIDTH = 16
"""Width of the sign and the name of a check, in columns."""


@click.command("doctor")
@click.option(
    "--self-test",
    is_flag=True,
    help="Move, copy, trash, tag and undo in a temporary folder, and write a report that can be sent with an issue.",
)
@json_option
def doctor_command(self_test: bool, as_json: bool) -> None:
    """Diagnose common problems and suggest fixes. Works with and without a daemon, and changes nothing.

    Exit code 1 if there is a problem (✗); warnings (!) do not count.
    """
    found = []
    for finding in tests() if self_test else findings():
        found.append(finding)
        if not as_json:
            say(lines(finding))
    problems = sum(each.status == "problem" for each in found)
    if as_json:
        report = {"report": report_path()} if self_test else {}
        say_json({"checks": [asdict(each) for each in found], "ok": not problems, **report})
    else:
        say(summary(len(found), sum(each.status == "warning" for each in found), problems))
        if self_test:
            say(f"The report, without names of your own: {short(report_path())}")
    end(EXIT_REFUSED if problems else 0)


def findings() -> Iterator[Finding]:
    """Yield the findings of every check of this instance, in turn."""
    from snapsortd.ctl.doctor import DoctorInput, examine
    from snapsortd.ctl.doctor.service import Installation

    here = locations()
    client = Client(here.socket)
    unit = f"gui/{os.getuid()}/{LABEL}" if sys.platform == "darwin" else UNIT
    installation = Installation(manager().in_effect, program(), {name: os.environ.get(name, "") for name in CARRIED})
    return examine(DoctorInput(here, os.environ, client.status, client.answers, installation, unit))


def tests() -> Iterator[Finding]:
    """Yield the result of every promise that is tried on this machine."""
    from snapsortd.ctl.self_test.run import self_test

    return self_test(locations(), report_path())


def report_path() -> str:
    """Return where the report of a self-test is written."""
    return os.path.join(locations().cache_dir, "self-test.txt")


def lines(finding: Finding) -> Iterator[str]:
    """Yield one finding: its sign, subject and sentence, and below them the fix."""
    sign, colour = SIGNS[finding.status]
    summary = escape(finding.summary.replace(os.path.expanduser("~/"), "~/"))
    first, *others = wrapped(summary, terminal_width(), indent=WIDTH + 1)
    yield f"{click.style(sign, fg=colour, bold=True)} {finding.name:{WIDTH - 2}} {first.lstrip()}"
    yield from others
    if finding.fix:
        yield f"{'':{WIDTH}} → {escape(finding.fix)}"


def summary(checks: int, warnings: int, problems: int) -> str:
    """Return the closing line."""
    if not warnings and not problems:
        return f"{count(checks, 'check')}, no problems found."
    return f"{count(checks, 'check')}, {count(warnings, 'warning')}, {count(problems, 'problem')}."
