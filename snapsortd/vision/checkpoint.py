"""Where a model's files are on this machine, and a digest of them. Never goes online, imports no torch."""

from __future__ import annotations

import hashlib
import os

from snapsortd.domain.errors import ModelError

EMBEDDED = "embedded"
"""The model that comes with the package."""


def find_checkpoint(model: str) -> str:
    """The folder of `model`: "embedded", a folder (absolute or with ~), or a repository in the hub's cache.

    Raises ModelError, with what to do.
    """
    if model == EMBEDDED:
        return _checked(os.path.join(os.path.dirname(os.path.abspath(__file__)), EMBEDDED), "install snapsortd again")
    folder = os.path.expanduser(model)
    if os.path.isabs(folder):
        return _checked(folder, "model.name is a folder with config.json, weights, tokenizer and image processor")
    return _cached(model)


def digest_checkpoint(folder: str) -> str:
    """SHA-256, in hex, over the names and contents of the files in `folder`: other weights, other digest."""
    whole = hashlib.sha256()
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                whole.update(name.encode("utf-8", "surrogateescape") + b"\0")
                whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def _checked(folder: str, hint: str) -> str:
    if not os.path.isfile(os.path.join(folder, "config.json")):
        raise ModelError(f"there is no model in {folder}", hint)
    return folder


def _cached(repository: str) -> str:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(repository, "config.json")
    except HFValidationError:
        raise ModelError(
            f"{repository!r} is no model",
            f'use "{EMBEDDED}", the absolute path of a folder, or a name like openai/clip-vit-base-patch32',
        ) from None
    if not isinstance(config, str):
        raise ModelError(
            f"the model {repository} is not on this machine",
            f"fetch it once with `snapsortctl model pull {repository}`, or set model.name to {EMBEDDED} or a folder",
        )
    return os.path.dirname(config)
