"""Download models from the Hugging Face Hub: the only part of snapsortd that goes online, for `model pull`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from snapsortd.domain.errors import ModelError, SnapsortError
from snapsortd.vision.catalog import is_captioner, is_clip_family
from snapsortd.vision.checkpoint_files import PROCESSORS, TOKENIZERS, WEIGHTS
from snapsortd.vision.extras import CLIP, HUB
from snapsortd.vision.onnx_towers import choose_towers

EXTRAS = frozenset(
    {
        *("added_tokens.json", "config.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json"),
        *("chat_template.jinja", "chat_template.json", "generation_config.json"),
    }
)
"""Small files that belong to a tokenizer or a model."""
_FAMILY_HINT = "it must be one such as openai/clip-vit-base-patch32 or google/siglip2-base-patch16-224"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A downloaded model."""

    name: str
    folder: str
    bytes: int
    describes: bool = False
    """True if it describes images in words instead of comparing them with labels."""


def pull(name: str, *, show_progress: bool) -> Pulled:
    """Download the files that a model of the CLIP family, or a captioner, needs into the hub's cache.

    Those that are there already are not downloaded. Progress is shown on standard error. Raise SnapsortError if the hub
    cannot be reached or refuses, ModelError if the model is neither, or the extra `hub` is not installed.
    """
    HUB.require("`model pull`")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "0" if show_progress else "1"  # read at import
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
    )
    from huggingface_hub.errors import HTTPError as NetworkError  # type: ignore[attr-defined]  # of its HTTP client

    try:
        sizes = {
            each.rfilename: each.size or 0 for each in HfApi().model_info(name, files_metadata=True).siblings or ()
        }
        if "config.json" not in sizes:
            raise ModelError(f"{name} is not a model that snapsortd can use: it has no config.json", _FAMILY_HINT)
        describes = check_family(name, hf_hub_download(name, "config.json"))
        wanted = choose_files(name, sizes, has_clip=not CLIP.missing())
        folder = snapshot_download(name, allow_patterns=wanted)
    except HFValidationError:
        raise ModelError(f"{name!r} is not a valid model name", _FAMILY_HINT) from None
    except GatedRepoError:
        raise SnapsortError(
            f"{name} can only be downloaded after accepting its terms",
            f"see https://huggingface.co/{name}, then `hf auth login`",
        ) from None
    except RepositoryNotFoundError:
        raise SnapsortError(f"there is no model {name} on the hub, or it is private", "check the spelling") from None
    except OfflineModeIsEnabled:
        raise SnapsortError("HF_HUB_OFFLINE forbids network access", "unset it for this command") from None
    except HfHubHTTPError as error:
        raise SnapsortError(f"the hub refused the request: {_first_line(error)}", "try again later") from None
    except (NetworkError, OSError) as error:
        raise SnapsortError(f"{name} cannot be downloaded: {_first_line(error)}", "is this machine online?") from None
    return Pulled(name, folder, sum(sizes[each] for each in wanted), describes)


def check_family(name: str, config: str) -> bool:
    """Return True if a config.json is that of a captioner. Raise ModelError unless that, or one of the CLIP family."""
    try:
        with open(config, encoding="utf-8") as file:
            settings: Any = json.load(file)
    except ValueError:
        settings = None
    if isinstance(settings, dict) and is_captioner(settings):
        return True
    if not isinstance(settings, dict) or not is_clip_family(settings):
        raise ModelError(f"{name} is not of the CLIP family: it lacks an image tower or a text tower", _FAMILY_HINT)
    return False


def choose_files(name: str, available: Iterable[str], *, has_clip: bool = True) -> list[str]:
    """Return which of a repository's files are needed: one set of weights and all small ones. Raise ModelError.

    Where torch is not installed, ONNX graphs are preferred to weights.
    """
    paths = sorted(available)
    names = [each for each in paths if "/" not in each]
    weights = next((each for each in WEIGHTS if each in names), None)
    towers = choose_towers(paths)
    if towers and (weights is None or not has_clip):
        needed = towers.files_in(paths)
    elif weights:
        needed = [weights, *(_parts(weights, names) if weights.endswith(".json") else ())]
    else:
        raise ModelError(
            f"{name} has no weights that snapsortd can use",
            f"it needs one of {', '.join(WEIGHTS)}, or onnx/vision_model.onnx and onnx/text_model.onnx",
        )
    return [each for each in paths if each in TOKENIZERS | PROCESSORS | EXTRAS or each in needed]


def _parts(index: str, names: Sequence[str]) -> list[str]:
    """Return the files of weights that are split into parts, such as `model-00001-of-00002.safetensors`."""
    stem, suffix = index.removesuffix(".index.json").rsplit(".", 1)
    return [each for each in names if each.startswith(f"{stem}-") and each.endswith(f".{suffix}")]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
