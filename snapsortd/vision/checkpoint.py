"""Find a model's files on this machine, and compute their digest. Never go online, never import torch."""

from __future__ import annotations

import hashlib
import os

from snapsortd.domain.errors import ModelError
from snapsortd.domain.names import IMAGE_SUFFIXES, suffix_of
from snapsortd.vision.extras import HUB
from snapsortd.vision.onnx_towers import exported_files

EMBEDDED = "embedded"
"""The model that is part of the package."""
ABOUT_SUFFIXES = frozenset({"bib", "cff", "html", "ipynb", "md", "pdf", "rst", "svg"})
ABOUT_NAMES = frozenset({"citation", "copying", "licence", "license", "notice", "readme", "use_policy"})
"""Of files that repositories have beside a model, with any suffix."""


def find_checkpoint(model: str) -> str:
    """Return the folder of `model`: "embedded", a folder (absolute or with ~), or a repository in the hub's cache.

    Raise ModelError, with a hint on what to do.
    """
    if model == EMBEDDED:
        return _checked(os.path.join(os.path.dirname(os.path.abspath(__file__)), EMBEDDED), "reinstall snapsortd")
    folder = os.path.expanduser(model)
    if os.path.isabs(folder):
        return _checked(folder, "model.name must be a folder with config.json, weights, tokenizer and image processor")
    return _cached(model)


def checkpoint_files(folder: str) -> list[str]:
    """Return the paths, in `folder`, of the files that make up the checkpoint, without those about it."""
    own = (name for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name)))
    return sorted((*(name for name in own if not _is_about(name)), *exported_files(folder)))


def digest_checkpoint(folder: str) -> str:
    """Return the SHA-256, in hex, over the names and contents of the checkpoint's files."""
    whole = hashlib.sha256()
    for name in checkpoint_files(folder):
        with open(os.path.join(folder, name), "rb") as file:
            whole.update(name.encode("utf-8", "surrogateescape") + b"\0")
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def _is_about(name: str) -> bool:
    """Return whether a file of this name is for people or for git, and has no part in what the model computes."""
    suffix = suffix_of(name)
    is_page = suffix in ABOUT_SUFFIXES or suffix in IMAGE_SUFFIXES
    return is_page or name.startswith(".") or name.partition(".")[0].lower() in ABOUT_NAMES


def _checked(folder: str, hint: str) -> str:
    if not os.path.isfile(os.path.join(folder, "config.json")):
        raise ModelError(f"there is no model in {folder}", hint)
    return folder


def _cached(repository: str) -> str:
    HUB.require(f"the model {repository}")
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(repository, "config.json")
    except HFValidationError:
        raise ModelError(
            f"{repository!r} is not a valid model name",
            f'use "{EMBEDDED}", the absolute path of a folder, or a name like openai/clip-vit-base-patch32',
        ) from None
    if not isinstance(config, str):
        raise ModelError(
            f"the model {repository} is not on this machine",
            f"download it once with `snapsortctl model pull {repository}`, or set model.name to {EMBEDDED} or a folder",
        )
    return os.path.dirname(config)
