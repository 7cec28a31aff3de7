"""Write the man pages and completion scripts that are installed below `share`: `share_files.py FOLDER`.

Pages are written from the help of every command, in the macros of man(7). `SOURCE_DATE_EPOCH` sets their date.
"""

from __future__ import annotations

import inspect
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from snapsortd import __version__
from snapsortd.ctl.commands.completion import SHELLS, script
from snapsortd.ctl.main import EXIT_CODES, SECTIONS, app
from snapsortd.daemon.main import argument_parser

COMPLETIONS = {
    "bash": "bash-completion/completions/snapsortctl",
    "zsh": "zsh/site-functions/_snapsortctl",
    "fish": "fish/vendor_completions.d/snapsortctl.fish",
}
"""Where the shells look for scripts of packages, below `share`."""

_ESCAPES = str.maketrans({"\\": r"\e", "-": r"\-", "`": r"\(ga", "~": r"\(ti", "^": r"\(ha"})


def main(share: Path) -> None:
    """Write all files below a `share` folder."""
    for shell in SHELLS:
        write(share / COMPLETIONS[shell], script(shell))
    for name, text in pages():
        write(share / "man/man1" / f"{name}.1", text)


def write(path: Path, text: str) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def pages() -> Iterator[tuple[str, str]]:
    """Yield name and text of each page: the two programs, and every command and subcommand."""
    with click.Context(app, info_name="snapsortctl", **app.context_settings) as root:
        commands = list(walk(root))
        yield "snapsortctl", page(root, [name for name, _ in commands])
        for name, context in commands:
            yield name, page(context, [each for each, _ in commands if each.startswith(f"{name}-")])
    yield "snapsortd", daemon_page()


def walk(parent: click.Context) -> Iterator[tuple[str, click.Context]]:
    """Yield the commands below one, as `snapsortctl-rules-tune`, with their contexts."""
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        context = click.Context(command, parent=parent, info_name=name)
        page_name = context.command_path.replace(" ", "-")
        yield page_name, context
        if isinstance(command, click.Group):
            yield from walk(context)


def page(context: click.Context, related: list[str]) -> str:
    """Return the page of one command; `related` are the pages of the commands below it."""
    command, name = context.command, context.command_path.replace(" ", "-")
    summary, _, rest = inspect.cleandoc(command.help or "").partition("\n\n")
    lines = [heading(name), ".SH NAME", f"{roff(name)} \\- {roff(one_line(summary))}"]
    usage = " ".join(command.collect_usage_pieces(context))
    lines += [".SH SYNOPSIS", f".B {roff(context.command_path)}", roff(usage)]
    lines += [".SH DESCRIPTION", roff(one_line(summary)), *paragraphs(rest)]
    if command is app:
        for title, entries in SECTIONS.items():
            lines += [f".SS {title}"]
            lines += item_list([(each, about) for each, (_, about) in entries.items()])
    options = [
        record
        for each in command.get_params(context)
        if isinstance(each, click.Option) and (record := each.get_help_record(context))
    ]
    lines += [".SH OPTIONS", *item_list(options)]
    if command is app:
        lines += outer_sections()
    related = ["snapsortd" if command is app else "snapsortctl", *related]
    lines += [".SH SEE ALSO", " ,\n".join(f".BR {roff(each)} (1)" for each in related)]
    return "\n".join(lines) + "\n"


def outer_sections() -> Iterator[str]:
    """Yield the sections of exit codes and environment variables, which all commands have in common."""
    for part in EXIT_CODES.split("\n\n"):
        title, _, rows = part.removeprefix("\b\n").partition(":\n")
        yield {"Exit codes": ".SH EXIT STATUS", "Environment": ".SH ENVIRONMENT"}[title]
        yield from preformatted(rows)


def daemon_page() -> str:
    """Return the page of the daemon."""
    parser = argument_parser()
    assert parser.description is not None
    summary, _, rest = parser.description.partition(". ")
    options = [
        (", ".join(each.option_strings) + (f" {each.metavar}" if each.metavar else ""), each.help or "")
        for each in parser._actions
        if each.option_strings
    ]
    lines = [
        *(heading("snapsortd"), ".SH NAME", f"snapsortd \\- {roff(summary)}"),
        *(".SH SYNOPSIS", ".B snapsortd", "[OPTIONS]", ".SH DESCRIPTION", f"{roff(summary)}.", roff(rest)),
        *(".SH OPTIONS", *item_list(options), *outer_sections(), ".SH SEE ALSO", ".BR snapsortctl (1)"),
    ]
    return "\n".join(lines) + "\n"


def heading(name: str) -> str:
    """Return the title line of a page."""
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    day = time.strftime("%Y-%m-%d", time.gmtime(epoch))
    return f'.TH "{roff(name.upper())}" 1 {day} "snapsortd {__version__}" "User Commands"'


def paragraphs(text: str) -> Iterator[str]:
    """Yield paragraphs; those that click is asked not to wrap, by a backspace, keep their lines."""
    for part in filter(None, text.split("\n\n")):
        if part.startswith("\b\n"):
            yield from (".PP", *preformatted(part.removeprefix("\b\n")))
        else:
            yield from (".PP", roff(one_line(part)))


def preformatted(text: str) -> Iterator[str]:
    """Yield lines that are shown as they are."""
    yield from (".nf", *(roff(line) for line in text.splitlines()), ".fi")


def item_list(items: list[tuple[str, str]]) -> Iterator[str]:
    """Yield a list of terms and what they mean."""
    for term, about in items:
        yield from (".TP", f".B {roff(term)}", roff(one_line(about)))


def one_line(text: str) -> str:
    """Join the lines of a paragraph."""
    return " ".join(text.split())


def roff(text: str) -> str:
    """Escape text for roff: backslashes, hyphens that are typed, and leading control characters."""
    text = (
        text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("~", "\\(ti").replace("^", "\\(ha")
    )
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    main(Path(sys.argv[1]))
