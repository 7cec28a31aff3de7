"""The entry point of snapsortctl: commands are loaded when asked for, and exit codes are decided here."""

from __future__ import annotations

import importlib
import sys
from typing import NoReturn

import click

from snapsortd import __version__
from snapsortd.domain.errors import ConfigError, SnapsortError
from snapsortd.domain.text import escape

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Set up": {
        "init": ("init_check", "Write a commented configuration to begin with."),
        "check": ("init_check", "Check the configuration; report every fault at once."),
        "model": ("model", "Measure, list, fetch and choose the model."),
        "service": ("service", "Run snapsortd whenever you are logged in."),
        "doctor": ("doctor", "Find out why something does not work, and how to mend it."),
    },
    "Look": {
        "status": ("status_control", "Say what the daemon is doing."),
        "log": ("log_undo", "List what was filed, newest first."),
        "explain": ("log_undo", "Tell what happened to one image, and why."),
        "watch": ("watch", "Follow what happens, as it happens."),
        "sim": ("sim_sort", "Show what would happen to images; touch nothing."),
        "shadow": ("shadow", "List what rules in shadow mode would have done."),
        "rules": ("rules", "List the rules, test them, have one in shadow mode act."),
    },
    "Act": {
        "sort": ("sim_sort", "File existing images once, now."),
        "undo": ("log_undo", "Take moves back."),
        "redo": ("log_undo", "Do again what was taken back."),
        "pause": ("status_control", "File nothing until `resume`."),
        "resume": ("status_control", "File again."),
        "reload": ("status_control", "Have the daemon read its configuration again."),
        "stop": ("status_control", "Finish the move in hand and end the daemon."),
    },
}
"""Every command: the module of snapsortd.ctl.commands that holds it, and its line in the overview."""

COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}

EXIT_CODES = """\b
Exit codes:
  0  done
  1  something was refused or failed: an undo, an image that can't be read; doctor found a problem
  2  the command line was wrong
  3  the configuration is missing or wrong
  4  no daemon answers, or another process holds the journal
  5  the journal is damaged or from a newer version
  6  the model can't be loaded

\b
Environment:
  SNAPSORTD_CONFIG                  the configuration file to use
  XDG_CONFIG_HOME, XDG_STATE_HOME,
  XDG_CACHE_HOME, XDG_RUNTIME_DIR   where everything of one instance lies
"""


class LazyGroup(click.Group):
    """Knows its commands by name; imports the one that is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """All names, in the order of the overview."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, which is named like its function in its module."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"snapsortd.ctl.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview, by section, without importing any command."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, summary) for name, (_, summary) in entries.items()])


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="snapsortctl")
def app() -> None:
    """Talk to snapsortd, which files new images by what they show.

    \b
      snapsortctl init                    write a configuration
      snapsortctl sim ~/Downloads         see what it would do
      snapsortctl service install         have it run from now on
      snapsortctl undo                    take the last batch back

    Every command takes --json.
    """


def main() -> NoReturn:
    """Run snapsortctl and end with its exit code; an expected error never shows a traceback.

    Where the reader has enough (`snapsortctl log | head`), click ends quietly.
    """
    try:
        code = app.main(prog_name="snapsortctl", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except SnapsortError as error:
        complain(error)
        code = error.exit_code
    sys.exit(code)


def complain(error: SnapsortError) -> None:
    """Say what is wrong, and what to do, on stderr."""
    click.echo(f"{click.style('snapsortctl:', fg='red', bold=True)} {escape(error.message)}", err=True)
    for problem in error.problems if isinstance(error, ConfigError) else ():
        click.echo(f"  {escape(problem)}", err=True)
    if error.hint:
        click.echo(f"{click.style('hint:', fg='yellow')} {escape(error.hint)}", err=True)
