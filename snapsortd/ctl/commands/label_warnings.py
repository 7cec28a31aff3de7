"""The warnings of `check`: labels that are valid but will not work as intended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from snapsortd.ctl.output.console import locations, short
from snapsortd.ctl.output.progress import with_progress
from snapsortd.domain.errors import SnapsortError
from snapsortd.domain.text import escape

if TYPE_CHECKING:
    from snapsortd.config import Config

MAX_SAMPLE = 200
"""Maximum number of images of a sample that are classified, evenly spread over it."""


def warnings(config: Config, *, ask_model: bool, sample: str | None, quiet: bool) -> Iterator[str]:
    """Yield all warnings; the model is loaded only for `ask_model` and `sample`. Raises ModelError."""
    from snapsortd.ctl.evaluation.lint import lint_labels

    yield from lint_labels(config.labels)
    if ask_model:
        from snapsortd.ctl.evaluation.closeness import close_prompts

        yield from close_prompts(config.model.name, config.labels)
    if sample:
        yield from unused_labels(config, sample, quiet=quiet)


def unused_labels(config: Config, sample: str, *, quiet: bool) -> Iterator[str]:
    """Yield a warning for each label that no image of a sample gets."""
    from snapsortd.ctl.evaluation.classify import Unreadable, classify_all, open_classifier
    from snapsortd.ctl.evaluation.dataset import find_images
    from snapsortd.ctl.evaluation.lint import lint_answers

    images = list(find_images(sample))
    chosen = images[:: -(-len(images) // MAX_SAMPLE) or 1]
    answers = []
    with open_classifier(config.model.name, config.labels, locations()) as classifier:
        for classification in with_progress(classify_all(chosen, classifier), len(chosen), quiet=quiet):
            if isinstance(classification, Unreadable):
                yield f"{classification.path}: {classification.reason}"
            else:
                answers.append(classification.label)
    if not answers:
        raise SnapsortError(f"there is no image in {short(sample)} that can be read")
    yield from lint_answers(config.labels, answers)


def warn(sentence: str) -> None:
    """Print a warning on stderr."""
    click.echo(f"{click.style('warning:', fg='yellow')} {escape(sentence)}", err=True)
