"""The Hugging Face Hub: the one part of snapsortd that goes online, and only for `snapsortctl model pull`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.errors import ModelError, SnapsortError
from snapsortd.vision.catalog import PROCESSORS, TOKENIZERS, WEIGHTS, is_of_family

EXTRAS = frozenset(
    {"added_tokens.json", "config.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json"}
)
"""Small files that go with a tokenizer or a model."""
_FAMILY_HINT = "it must be one such as openai/clip-vit-base-patch32 or google/siglip2-base-patch16-224"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is on this machine now."""

    name: str
    folder: str
    bytes: int


def pull(name: str, *, show_progress: bool) -> Pulled:
    """Fetch what a model of the CLIP family needs into the hub's cache; what is there already is not fetched again.

    Progress is shown on standard error. Raises SnapsortError when the hub can't be reached or refuses, ModelError when
    it is no such model.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "0" if show_progress else "1"  # read when it is imported
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )
    from huggingface_hub.errors import HTTPError as NetworkError  # type: ignore[attr-defined]  # its HTTP client's own

    try:
        sizes = {
            each.rfilename: each.size or 0 for each in HfApi().model_info(name, files_metadata=True).siblings or ()
        }
        if "config.json" not in sizes:
            raise ModelError(f"{name} is no model that snapsortd can use: it has no config.json", _FAMILY_HINT)
        check_family(name, hf_hub_download(name, "config.json"))
        wanted = choose_files(name, sizes)
        folder = snapshot_download(name, allow_patterns=wanted)
    except HFValidationError:
        raise ModelError(f"{name!r} is no name of a model on the hub", _FAMILY_HINT) from None
    except GatedRepoError:
        raise SnapsortError(
            f"{name} is only given to those who accept its terms",
            f"see https://huggingface.co/{name}, then `hf auth login`",
        ) from None
    except RepositoryNotFoundError:
        raise SnapsortError(
            f"there is no model {name} on the hub, or it is private", "check how it is written"
        ) from None
    except OfflineModeIsEnabled:
        raise SnapsortError("HF_HUB_OFFLINE forbids to go online", "unset it for this command") from None
    except HfHubHTTPError as error:
        raise SnapsortError(f"the hub refuses: {_first_line(error)}", "try again later") from None
    except (NetworkError, OSError) as error:
        raise SnapsortError(f"{name} cannot be fetched: {_first_line(error)}", "is this machine online?") from None
    return Pulled(name, folder, sum(sizes[each] for each in wanted))


def check_family(name: str, config: str) -> None:
    """Raises ModelError where a model's config.json does not tell of an image tower and a text tower."""
    try:
        with open(config, encoding="utf-8") as file:
            told: Any = json.load(file)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not is_of_family(told):
        raise ModelError(f"{name} is not of the CLIP family: it has not both an image and a text tower", _FAMILY_HINT)


def choose_files(name: str, there: Iterable[str]) -> list[str]:
    """What is needed of the files in a repository: one set of weights, and all small ones. Raises ModelError."""
    names = sorted(each for each in there if "/" not in each)
    weights = next((each for each in WEIGHTS if each in names), None)
    if weights is None:
        raise ModelError(f"{name} has no weights that snapsortd can use", f"it needs one of {', '.join(WEIGHTS)}")
    parts = _parts(weights, names) if weights.endswith(".json") else []
    return [each for each in names if each in TOKENIZERS | PROCESSORS | EXTRAS or each == weights or each in parts]


def _parts(index: str, names: Sequence[str]) -> list[str]:
    """The files of weights in several parts: `model-00001-of-00002.safetensors`."""
    stem, suffix = index.removesuffix(".index.json").rsplit(".", 1)
    return [each for each in names if each.startswith(f"{stem}-") and each.endswith(f".{suffix}")]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
