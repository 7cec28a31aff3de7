"""model fit: teach a model the kinds of images in labelled folders."""

from __future__ import annotations

from collections import Counter

import click

from snapsortd.ctl.client import Client
from snapsortd.ctl.commands.model_eval import configuration, model_name
from snapsortd.ctl.output.console import json_option, locations, say, say_json, short
from snapsortd.ctl.output.progress import with_progress
from snapsortd.domain.errors import SnapsortError, Unavailable
from snapsortd.domain.text import count, escape

MIN_IMAGES = 20
"""Number of images that a kind needs: the mean and the classifier of fewer would be those of these images."""


@click.command("fit")
@click.argument("path", type=click.Path(exists=True))
@click.option("--model", metavar="NAME", help="Use this model instead of the configured one.")
@json_option
def fit_command(path: str, model: str | None, as_json: bool) -> None:
    """Teach a model the kinds of images in labelled folders. Moves nothing.

    PATH is a folder with one folder of images per kind, or a CSV file, as for `model eval`. The finer the kinds, the
    better: boarding passes and letters rather than documents. From then on, snapsortd corrects the answers to your
    labels by them, where they say something about these labels. The embedded model knows its kinds already. A kind
    needs 20 images; others are left out. It needs PyTorch; `model export` then writes the kinds, too.

    \b
      snapsortctl model fit ~/sorted --model openai/clip-vit-base-patch32
    """
    from snapsortd.ctl.evaluation.classify import Unreadable, classify_all, open_classifier
    from snapsortd.ctl.evaluation.dataset import read_dataset
    from snapsortd.vision.checkpoint import EMBEDDED
    from snapsortd.vision.extras import CLIP
    from snapsortd.vision.fit_kinds import fit_kinds, fitted_path

    config, here = configuration(), locations()
    name = model_name(model) if model else config.model.name
    if name == EMBEDDED:
        raise SnapsortError("the embedded model knows its kinds already", "name another model with --model")
    CLIP.require(f"the model {name}")
    items = read_dataset(path)
    images = Counter(item.label for item in items)
    kinds = [kind for kind, number in images.items() if number >= MIN_IMAGES]
    if len(kinds) < 2:
        raise SnapsortError(
            f"{count(len(kinds), 'kind')} in {path} has {MIN_IMAGES} images or more, of two that are needed",
            "name the folders by what their images show, and add images",
        )
    chosen = [item for item in items if item.label in kinds]
    labels, embeddings = [], []
    with open_classifier(name, config.labels, here) as classifier:
        found = classify_all([item.path for item in chosen], classifier)
        for item, classification in zip(chosen, with_progress(found, len(chosen), quiet=as_json), strict=True):
            if isinstance(classification, Unreadable):
                click.echo(f"snapsortctl: {short(classification.path)}: {escape(classification.reason)}", err=True)
            else:
                labels.append(item.label)
                embeddings.append(classification.embedding)
        digest = str(classifier.model_info["digest"])
    target = fitted_path(here.state_dir, digest)
    fit_kinds(labels, embeddings, target)
    reloaded = True
    try:
        Client(here.socket).send("reload")
    except Unavailable:
        reloaded = False
    if as_json:
        say_json({"model": name, "kinds": sorted(set(labels)), "n": len(labels), "file": target, "reloaded": reloaded})
        return
    known = f"{escape(name)} knows {count(len(kinds), 'kind')} now, from {count(len(labels), 'image')}."
    say(f"{click.style('✓', fg='green')} {known}")
    if left_out := sorted(set(images) - set(kinds)):
        say(f"Left out, because they have too few images: {', '.join(map(escape, left_out))}.")
    say(f"Its scores have changed: see `snapsortctl model eval`. To forget the kinds, remove {short(target)}.")
