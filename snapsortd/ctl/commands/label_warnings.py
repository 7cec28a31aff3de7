"""What `check` warns of: labels that are no fault, and yet will not do what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.commands.sim_sort import told
from snapsortd.ctl.output.console import locations, short
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import escape

if TYPE_CHECKING:
    from snapsortd.config import Config

MOST = 200
"""Images of a sample that are looked at, evenly spread over it."""


def warnings(config: Config, *, ask_model: bool, sample: str | None, quiet: bool) -> Iterator[str]:
    """All warnings; the model is only loaded where one of the two asks for it. Raises ModelError."""
    from snapsortd.ctl.evaluation.lint import lint_labels

    yield from lint_labels(config.labels)
    if ask_model:
        from snapsortd.ctl.evaluation.closeness import close_prompts

        yield from close_prompts(config.model.name, config.labels)
    if sample:
        yield from never_given(config, sample, quiet=quiet)


def never_given(config: Config, sample: str, *, quiet: bool) -> Iterator[str]:
    """Labels that no image of a sample gets."""
    from snapsortd.ctl.evaluation.dataset import find_images
    from snapsortd.ctl.evaluation.lint import lint_answers
    from snapsortd.ctl.evaluation.looking import Unreadable, look_at, open_classifier

    images = list(find_images(sample))
    chosen = images[:: -(-len(images) // MOST) or 1]
    answers = []
    with open_classifier(config.model.name, config.labels, locations().cache_dir) as classifier:
        for classification in told(look_at(chosen, classifier), len(chosen), quiet=quiet):
            if isinstance(classification, Unreadable):
                yield f"{classification.path}: {classification.reason}"
            else:
                answers.append(classification.label)
    if not answers:
        raise SnapsortError(f"there is no image in {short(sample)} that can be read")
    yield from lint_answers(config.labels, answers)


def warn(sentence: str) -> None:
    """Say it on stderr."""
    click.echo(f"{click.style('warning:', fg='yellow')} {escape(sentence)}", err=True)
