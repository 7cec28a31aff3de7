"""service install, uninstall, status: run snapsortd under the user's own service manager."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import click

from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.service_files.desktop_entry import install_entry, remove_entry
from snapsortd.ctl.service_files.managers import (
    ELSEWHERE,
    Launchd,
    ServiceManager,
    carry_out,
    manager,
    program,
    run,
    why_not,
)
from snapsortd.ctl.service_files.render import carried
from snapsortd.domain.errors import EXIT_UNAVAILABLE, SnapsortError


@click.group("service")
def service_command() -> None:
    """Run snapsortd whenever you are logged in, through systemd or launchd."""


@service_command.command("install")
@click.option("--print", "only_print", is_flag=True, help="Print the service file and do nothing else.")
@json_option
def install(only_print: bool, as_json: bool) -> None:
    """Install the service of this installation, start it now and at every login.

    The service gets the PATH of this shell, so that it finds the same commands, and SNAPSORTD_CONFIG and the XDG
    variables that are set now. After a change of one of them, install it again.
    """
    service = manager()
    if only_print:
        click.echo(service.text(), nl=False)
        return
    if not os.access(program(), os.X_OK):
        raise SnapsortError(f"there is no {program()}", "install snapsortd where this snapsortctl is installed")
    if reason := why_not(service):
        raise SnapsortError(f"no service is possible here, because {reason}", ELSEWHERE)
    before = read(service.path)
    try:
        steps = [f"wrote {short(write(service, service.text()))}"]
        if before is not None and isinstance(service, Launchd):
            steps += carry_out(service.uninstall(), may_fail=True)
        steps += carry_out(service.install())
        steps += install_entry(f"{os.path.dirname(program())}/snapsortctl", own_variables())
    except (SnapsortError, OSError):
        take_back(service, before)
        raise
    report(steps, ["snapsortd is starting; `snapsortctl status` shows its progress."], as_json)


def own_variables() -> dict[str, str]:
    """Return the variables that determine where the files of this instance are."""
    return {name: value for name, value in carried(os.environ).items() if name != "PATH"}


def read(path: str) -> str | None:
    """Return the text of a service file, or None if there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return None


def write(service: ServiceManager, text: str) -> str:
    """Write the service file, and the folders that it needs; return its path."""
    for folder in service.folders:
        os.makedirs(folder, exist_ok=True)
    with open(service.path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    return service.path


def take_back(service: ServiceManager, before: str | None) -> None:
    """Leave nothing behind of a service that could not be installed, or what was installed before."""
    carry_out(service.uninstall(), may_fail=True)
    if before is not None:
        write(service, before)
        carry_out(service.install(), may_fail=True)
    elif os.path.exists(service.path):
        os.unlink(service.path)
        carry_out(service.after_removal(), may_fail=True)


@service_command.command("uninstall")
@json_option
def uninstall(as_json: bool) -> None:
    """Stop and remove the service, and say what is kept: configuration, journal and cache."""
    service = manager()
    if not os.path.exists(service.path):
        if service.in_effect != service.path:
            fix = "`systemctl --user disable --now snapsortd` stops it"
            raise SnapsortError(f"{service.in_effect} is of a package", fix)
        raise SnapsortError("the service is not installed", f"there is no {service.path}")
    steps = carry_out(service.uninstall(), may_fail=True)
    os.unlink(service.path)
    steps += remove_entry()
    steps += [f"removed {short(service.path)}", *carry_out(service.after_removal(), may_fail=True)]
    kept = list(what_stays())
    width = max((len(meaning) for _, meaning in kept), default=0)
    lines = [f"  {meaning:{width}}  {short(path)}" for path, meaning in kept]
    report(steps, ["The service was removed. These are kept:", *lines] if lines else ["Removed."], as_json)


def what_stays() -> Iterator[tuple[str, str]]:
    """Yield the paths that exist, each with its meaning to a person who might delete it."""
    here = locations()
    for path, meaning in (
        (here.config_file, "the configuration"),
        (here.state_dir, "the journal, without which nothing can be undone"),
        (here.cache_dir, "the cache, which is made anew"),
        (here.log_dir, "the logs"),
    ):
        if os.path.exists(path) and os.path.dirname(path) != here.state_dir:
            yield path, meaning


@service_command.command("status")
@json_option
def status(as_json: bool) -> None:
    """Show whether the service is installed and running. Exit code 4 if it is not running."""
    service = manager()
    installed, running = os.path.exists(service.in_effect), run(service.is_running()).returncode == 0
    if as_json:
        say_json({"installed": installed, "running": running, "path": service.in_effect})
    elif not installed and not running:
        say("The service is not installed; run `snapsortctl service install`.")
    else:
        say(run(service.status()).stdout.rstrip() or f"installed as {short(service.in_effect)}, not running")
    end(0 if running else EXIT_UNAVAILABLE)


def report(steps: Sequence[str], lines: Sequence[str], as_json: bool) -> None:
    """Report the steps that were carried out, and what follows."""
    if as_json:
        say_json({"done": steps})
        return
    say(f"{click.style('✓', fg='green')} {step}" for step in steps)
    say(lines)
