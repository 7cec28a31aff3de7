"""docs: show the pages that ship with the package, the recipes of the cookbook, and the annotated example."""

from __future__ import annotations

import sys
from importlib.resources import files
from importlib.resources.abc import Traversable

import click
from click.shell_completion import CompletionItem

from snapsortd.ctl.complete import matching
from snapsortd.ctl.output.console import json_option, say, say_json
from snapsortd.domain.text import escape, nearest

EXAMPLE = "example"


def offer_pages(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the names of the pages."""
    return matching(pages(), incomplete)


@click.command("docs")
@click.argument("page", required=False, shell_complete=offer_pages)
@json_option
def docs_command(page: str | None, as_json: bool) -> None:
    """Show a page of the documentation, a recipe of the cookbook, or the example that explains every key.

    Without PAGE, list all of them. A recipe is printed as it is, to be used as a configuration.

    \b
      snapsortctl docs undo
      snapsortctl docs receipts-by-month > receipts.yaml
    """
    known = pages()
    if page is None:
        titles = {name: title(text.read_text("utf-8")) for name, text in known.items()}
        width = max(map(len, titles))
        if as_json:
            say_json({"pages": titles})
        else:
            say(f"  {name:{width}}  {about}" for name, about in titles.items())
        return
    name = page.removesuffix(".md").removesuffix(".yaml").lower()
    if name not in known:
        near = nearest(name, known) or "."
        raise click.UsageError(f"there is no page '{escape(page)}'{near} `snapsortctl docs` lists all")
    text = known[name].read_text("utf-8")
    if as_json:
        say_json({"page": name, "text": text})
    elif sys.stdout.isatty() and known[name].name.endswith(".md"):
        show(text)
    else:
        click.echo(text, nl=False)


def pages() -> dict[str, Traversable]:
    """Return the pages, the example and the recipes by name."""
    package = files("snapsortd")
    texts = [
        *_in(package / "docs", ".md"),
        package / "config" / f"{EXAMPLE}.yaml",
        *_in(package / "config/recipes", ".yaml"),
    ]
    return {each.name.rpartition(".")[0]: each for each in texts}


def _in(folder: Traversable, suffix: str) -> list[Traversable]:
    return sorted((each for each in folder.iterdir() if each.name.endswith(suffix)), key=lambda each: each.name)


def title(text: str) -> str:
    """Return the first line of a page without its mark: the heading, or the comment of a recipe."""
    return text.partition("\n")[0].lstrip("# ")


def show(text: str) -> None:
    """Show a page formatted for this terminal, in its pager."""
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    with console.pager(styles=True):
        console.print(Markdown(text))
