"""review: look at what is unsure, in a browser."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.backend import reach
from snapsortd.ctl.client import Client
from snapsortd.ctl.commands.show import reveal_file
from snapsortd.ctl.commands.status_control import stopped
from snapsortd.ctl.output.console import WholeNumber, json_option, locations, say, say_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from snapsortd.ctl.backend import Backend
    from snapsortd.files.locations import Locations
    from snapsortd.review.server import Page
    from snapsortd.vision.previews import Previews


@click.command("review")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--port", type=WholeNumber(1, 65535), help="Serve on this port, instead of a free one.")
@json_option
def review_command(no_browser: bool, port: int | None, as_json: bool) -> None:
    """Open a page to look at the images that snapsortd was not sure about, and decide with a key each.

    The page is served by this command, to this computer and user alone, until Ctrl-C or 30 minutes without use.

    \b
      snapsortctl review
      snapsortctl review --no-browser --port 8765    for a browser elsewhere, see `snapsortctl docs review`
    """
    from snapsortd.review.browser import open_browser
    from snapsortd.vision.previews import Previews

    here = locations()
    with reach(here) as backend:
        here.make_private()
        previews = Previews(here.previews)
        try:
            page = make_page(here, backend, previews, port or 0)
            is_open = not no_browser and open_browser(page.address, here.runtime_dir)
            if as_json:
                say_json({"address": page.address})
            else:
                say("The review is open in your browser." if is_open else f"Open this address: {page.address}")
                say("It lets one browser in, once. End it with Ctrl-C.")
            if page.serve() and not as_json:
                say("Ended after 30 minutes without use.")
        finally:
            previews.close()


def make_page(here: Locations, backend: Backend, previews: Previews, port: int) -> Page:
    """Return the page, which talks to the daemon, or to a session in this process."""
    from snapsortd.config import load_config
    from snapsortd.config.edit.take_back import edited
    from snapsortd.config.edit.tune import tune
    from snapsortd.ctl.finding.page_groups import PageGroups
    from snapsortd.review.actions import Actions
    from snapsortd.review.browser import open_image
    from snapsortd.review.desk import Desk
    from snapsortd.review.server import Page, listen
    from snapsortd.review.views import Views

    daemon = backend if isinstance(backend, Client) else None
    desk, groups = Desk(backend), PageGroups(here, backend)

    def configure(edit: Callable[[], None]) -> Callable[[], None]:
        restore = edited(here.config_file, edit, os.environ)
        backend.reload()

        def take_back() -> None:
            restore()
            backend.reload()

        return take_back

    def set_threshold(rule: str, value: float) -> Callable[[], None]:
        return configure(lambda: tune(here.config_file, rule, value, os.environ))

    def views(base: str) -> Views:
        status = daemon.status if daemon else lambda: stopped(here)
        return Views(base, desk, previews, lambda: load_config(here.config_file, os.environ), status, groups.find)

    def make_label(first: str, name: str) -> Callable[[], None]:
        return configure(lambda: groups.make_label(first, name))

    actions = Actions(desk, daemon, open_image, reveal_file, set_threshold, make_label)
    return Page(listen(port), views, actions.by_name)
