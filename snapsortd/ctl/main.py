"""The entry point of snapsortctl: imports the requested command and turns errors into exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from snapsortd import __version__
from snapsortd.ctl.as_meant import no_such_command, rearranged
from snapsortd.domain.errors import ConfigError, SnapsortError
from snapsortd.domain.text import escape

SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Set up": {
        "init": ("init", "Ask what to file, and write the configuration."),
        "edit": ("edit", "Open the configuration in your editor, and check it."),
        "check": ("init_check", "Check the configuration; report all faults at once."),
        "model": ("model", "Evaluate, fit, list, download, export and switch the model."),
        "service": ("service", "Run snapsortd whenever you are logged in."),
        "doctor": ("doctor", "Diagnose common problems and suggest fixes."),
        "docs": ("docs", "Show a page of the documentation, a recipe or the example."),
        "completion": ("completion", "Print the completion script of a shell."),
    },
    "Inspect": {
        "status": ("status_control", "Show the state of the daemon."),
        "log": ("log", "List what was done, newest first."),
        "stats": ("stats", "Count what was filed and taken back, by label, rule and day."),
        "explain": ("explain", "Show what happened to one image, and why."),
        "show": ("show", "Say where an image is now; --reveal it in the file manager."),
        "watch": ("watch", "Follow events as they happen."),
        "sim": ("sim_sort", "Show what would happen to images; change nothing."),
        "shadow": ("shadow", "List what rules in shadow mode would have done."),
        "replay": ("replay", "Show which past decisions other thresholds would change."),
        "rules": ("rules", "List the rules, test them, promote one from shadow mode."),
        "review": ("review", "Look at unsure images on a page, and decide with a key each."),
    },
    "Find": {
        "find": ("find", "Find images by what they show, or by text in them."),
        "similar": ("find", "Find images that look like one."),
        "index": ("index", "Take older folders into the search; moves nothing."),
        "discover": ("discover", "Find groups of images that look alike, and name them."),
        "describe": ("describe", "Put images into words, and say what a rule could name them."),
    },
    "Teach": {
        "correct": ("teaching", "Give images their right label; they are filed by it, and learnt from."),
        "confirm": ("teaching", "Say that the labels of images are right."),
        "teach": ("teaching", "Learn a label from a folder of images."),
        "learned": ("learned", "Show what was learnt; export and import it."),
        "forget": ("learned", "Delete for good what was told about images."),
    },
    "Act": {
        "sort": ("sim_sort", "File existing images once."),
        "undo": ("undo", "Undo moves."),
        "redo": ("undo", "Redo what was undone."),
        "dismiss": ("dismiss", "Take a file off the list of those that need attention."),
        "abandon": ("abandon", "Give up a move whose disk never comes back."),
        "pause": ("status_control", "Stop filing until `resume`."),
        "resume": ("status_control", "Resume filing."),
        "reload": ("status_control", "Reload the configuration."),
        "stop": ("status_control", "Finish the move in progress and stop the daemon."),
    },
}
"""For every command, its module in snapsortd.ctl.commands and its line in the overview."""

COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}

EXIT_CODES = """\b
Exit codes:
  0  success
  1  something was refused or failed: an undo, an unreadable image; doctor found a problem
  2  invalid command line
  3  the configuration is missing or invalid
  4  the daemon is not running, or another process holds the journal
  5  the journal is damaged or from a newer version
  6  the model can't be loaded

\b
Environment:
  SNAPSORTD_CONFIG                  the configuration file to use
  XDG_CONFIG_HOME, XDG_STATE_HOME,
  XDG_CACHE_HOME, XDG_RUNTIME_DIR   where the files of one instance are located
"""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports only the requested one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments as they are meant."""
        return super().parse_args(ctx, rearranged(args))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; raise UsageError with the one that was meant if there is none of this name."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(no_such_command(args[0], COMMANDS))
        return super().resolve_command(ctx, args)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return all names in the order of the overview."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, whose function is named after it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"snapsortd.ctl.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer commands by their line in the overview, without importing any of them."""
        offered = [
            CompletionItem(name, help=about) for name, (_, about) in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*offered, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview by section, without importing any command."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, summary) for name, (_, summary) in entries.items()])


@click.group(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="snapsortctl")
@click.option(
    "--config", metavar="FILE", type=click.Path(), help="The configuration file to use, instead of the usual one."
)
def app(config: str | None) -> None:
    """Control snapsortd, which files new images by what they show.

    \b
      snapsortctl init                    write a configuration
      snapsortctl sim ~/Downloads         preview what it would do
      snapsortctl service install         run it from now on
      snapsortctl undo                    undo the last batch

    Every command takes --json.
    """
    if config:
        os.environ["SNAPSORTD_CONFIG"] = os.path.abspath(os.path.expanduser(config))


def main() -> NoReturn:
    """Run snapsortctl and exit with its exit code; an expected error never shows a traceback.

    If the reader closes the pipe early (`snapsortctl log | head`), click exits quietly.
    """
    try:
        code = app.main(prog_name="snapsortctl", standalone_mode=False)
    except click.ClickException as error:
        if isinstance(error, click.UsageError):
            from snapsortd.ctl.usage_errors import in_words

            error = in_words(error, app, sys.argv[1:])
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except SnapsortError as error:
        complain(error)
        code = error.exit_code
    sys.exit(code)


def complain(error: SnapsortError) -> None:
    """Print the error and its hint on stderr."""
    click.echo(f"{click.style('snapsortctl:', fg='red', bold=True)} {escape(error.message)}", err=True)
    if isinstance(error, ConfigError):
        from snapsortd.config.excerpt import error_lines  # the other errors need none of the configuration
        from snapsortd.ctl.output.columns import fault_lines, terminal_width

        for line in error_lines(error):
            click.echo("\n".join(fault_lines(line, terminal_width(sys.stderr))), err=True)
    if error.hint:
        click.echo(f"{click.style('hint:', fg='yellow')} {escape(error.hint)}", err=True)
