"""model eval: measure how well a model classifies labelled images."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from snapsortd.ctl.output.console import end, json_option, locations, say, say_json, short
from snapsortd.ctl.output.evaluation import fit_lines, given_labels, report
from snapsortd.ctl.output.progress import with_progress
from snapsortd.domain.errors import EXIT_REFUSED, SnapsortError
from snapsortd.domain.text import escape

if TYPE_CHECKING:
    from snapsortd.config import Config
    from snapsortd.ctl.evaluation.dataset import Labelled
    from snapsortd.ctl.evaluation.fitting import Fit
    from snapsortd.ctl.evaluation.metrics import Evaluation, LabelledImage, LabelSet


@click.command("eval")
@click.argument("path", type=click.Path(exists=True))
@click.option("--labels", "labels_file", type=click.Path(), metavar="FILE", help="Use the labels of this YAML file.")
@click.option("--model", metavar="NAME", help="Use this model instead of the configured one.")
@click.option("--picture", type=click.Path(), metavar="FILE", help="Plot confusion matrix and calibration as a PNG.")
@click.option("--fit", "fitting", is_flag=True, help="Suggest thresholds and a temperature for these images.")
@json_option
def eval_command(
    path: str, labels_file: str | None, model: str | None, picture: str | None, fitting: bool, as_json: bool
) -> None:
    """Measure how well a model classifies labelled images. Changes nothing.

    PATH is a folder with one folder of images per label, or a CSV file with the columns path and label. The labels
    and the model are those of the configuration unless you name others. The images of a folder whose name is not a
    label count as images that stay: any negative label is right for them, and any that no rule files.

    An image counts as moved if it reaches the thresholds of a configured rule for its label; if no rule files any of
    the labels, those of `label: NAME` (a score of 0.5). Exit code 1 if an image can't be read; the others are counted.

    \b
      snapsortctl model eval ~/sorted
      snapsortctl model eval labelled.csv --labels labels.yaml --model google/siglip2-base-patch16-224
    """
    images, labels, unreadable = measure(path, labels_file, model, quiet=as_json)
    from snapsortd.ctl.evaluation.metrics import evaluate

    found = evaluate(images, labels)
    fitted = None
    if fitting:
        from snapsortd.ctl.evaluation.fitting import fit

        fitted = fit(images, labels)
    if picture:
        save_picture(found, labels, picture)
    if as_json:
        say_json(document(found) | ({"fit": fit_document(fitted)} if fitted else {}))
    else:
        say(report(found, images, labels))
        if fitted:
            say(["", *fit_lines(fitted)])
    end(EXIT_REFUSED if unreadable else 0)


def measure(
    path: str, labels_file: str | None, model: str | None, *, quiet: bool
) -> tuple[list[LabelledImage], LabelSet, int]:
    """Classify every image at `path`; return also the number of unreadable images, which are reported on stderr."""
    from snapsortd.ctl.evaluation.dataset import read_dataset

    found = measure_items(read_dataset(path), labels_file, model, quiet=quiet)
    if not found[0]:
        raise SnapsortError(f"none of the images in {path} can be read")
    return found


def measure_items(
    items: Sequence[Labelled], labels_file: str | None, model: str | None, *, quiet: bool
) -> tuple[list[LabelledImage], LabelSet, int]:
    """Do the same with these images."""
    from snapsortd.config.labels_file import load_labels
    from snapsortd.ctl.evaluation.classify import Unreadable, classify_all, open_classifier
    from snapsortd.ctl.evaluation.metrics import LabelledImage, LabelSet
    from snapsortd.ctl.evaluation.thresholds import thresholds_in_force

    config = configuration()
    chosen = load_labels(labels_file) if labels_file else config.labels
    names = tuple(label.name for label in chosen)
    thresholds = {name: each for name, each in thresholds_in_force(config.rules).items() if name in names}
    staying = {name for name in names if thresholds and name not in thresholds}
    labels = LabelSet(names, frozenset(label.name for label in chosen if label.negative) | staying, thresholds)
    check_labels([item.label for item in items], labels)
    images, unreadable = [], 0
    name = model_name(model) if model else config.model.name
    with open_classifier(name, chosen, locations()) as classifier:
        found = classify_all([item.path for item in items], classifier)
        for item, classification in zip(items, with_progress(found, len(items), quiet=quiet), strict=True):
            if isinstance(classification, Unreadable):
                unreadable += 1
                click.echo(f"snapsortctl: {short(classification.path)}: {escape(classification.reason)}", err=True)
            else:
                images.append(LabelledImage(item.path, item.label, classification))
    return images, labels, unreadable


def configuration() -> Config:
    """Load the configuration, or the one that `init` would write if there is none yet. Raises ConfigError."""
    from snapsortd.config import load_config
    from snapsortd.config.load import default_config_path

    path = locations().config_file
    return load_config(path if os.path.lexists(path) else default_config_path(), os.environ)


def model_name(text: str) -> str:
    """Return the name of a model as the configuration holds it: the absolute path if it is a folder."""
    folder = os.path.abspath(os.path.expanduser(text))
    return folder if os.path.isfile(os.path.join(folder, "config.json")) else text


def check_labels(given: Sequence[str], labels: LabelSet) -> None:
    """Raise SnapsortError if a label is not in the set and the set has no negative label."""
    unknown = sorted(set(given) - set(labels.names))
    if unknown and not labels.negatives:
        raise SnapsortError(
            f"these folders or labels are none of the set: {', '.join(map(escape, unknown))}",
            f"rename them to one of {', '.join(map(escape, labels.names))}, or add a label with `negative: true`, "
            "which covers everything else",
        )


def save_picture(found: Evaluation, labels: LabelSet, path: str) -> None:
    """Write the PNG. Raises SnapsortError."""
    from snapsortd.ctl.evaluation.picture import draw

    try:
        with open(path, "wb") as file:
            draw(found, given_labels(found, labels), labels.names).save(file, "PNG", optimize=True)
    except OSError as error:
        raise SnapsortError(f"{path} cannot be written: {error.strerror}") from None


def document(found: Evaluation) -> dict[str, Any]:
    """Return the figures as a JSON document."""
    from snapsortd.ctl.evaluation.interval import interval

    return {
        "n": found.n,
        "accuracy": found.accuracy,
        "accuracy_interval": list(interval(found.accuracy, found.n)),
        "ece": found.ece,
        "labels": {
            name: {"n": each.n, "predicted": each.predicted, "precision": each.precision, "recall": each.recall}
            for name, each in found.labels.items()
        },
        "moved": {
            "n": found.moved.n,
            "predicted": found.moved.predicted,
            "precision": found.moved.precision,
            "recall": found.moved.recall,
        },
    }


def fit_document(fitted: Fit) -> dict[str, Any]:
    """Return the suggestions as a JSON document."""
    return {
        "temperature": fitted.temperature,
        "ece": fitted.ece[1],
        "labels": {
            name: each
            and {
                "min_score": each.threshold.min_score,
                "min_margin": each.threshold.min_margin,
                "precision": each.precision,
                "recall": each.recall,
            }
            for name, each in fitted.thresholds.items()
        },
        "refused": dict(fitted.refused),
    }
