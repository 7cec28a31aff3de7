"""Load a model in the classifier process: its image processor, its engine and the labels that it scores.

torch and transformers are imported only if the engine is torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.checkpoint_files import require_weights
from snapsortd.vision.child.engines import cache as engine_cache
from snapsortd.vision.child.engines.choose import Wanted, choose
from snapsortd.vision.child.engines.digests import cached_digest
from snapsortd.vision.child.engines.engine import TORCH, Array, Engine, ImageProcessor
from snapsortd.vision.child.engines.kinds import Kinds, read_kinds
from snapsortd.vision.child.engines.labels import embed_prompts
from snapsortd.vision.child.engines.nouns import Nouns, read_nouns
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.child.engines.scoring import LabelScorer, label_scorer
from snapsortd.vision.child.engines.shipped_texts import embed_unshipped
from snapsortd.vision.cores import default_threads
from snapsortd.vision.embed_texts import embed_texts
from snapsortd.vision.extras import CLIP
from snapsortd.vision.onnx_towers import find_towers


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model and the labels of one set. `about` is a description for the daemon.

    Its keys: name, dim, source (the folder), digest (of the checkpoint, hex), engine (its name), engine_reason,
    wants_export (True if an export, or a new one, may lead to a faster engine).
    """

    preprocessor: ImageProcessor
    engine: Engine
    labels: LabelScorer
    nouns: Nouns | None
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _ModelRequest:
    """The model to load and how."""

    folder: str
    digest: str
    labels: Mapping[str, Sequence[str]]
    cache_dir: str
    threads: int
    preprocessor: ImageProcessor | None
    kinds: Kinds | None

    def embed(self, texts: Sequence[str]) -> Array:
        """Return normalised vectors of texts, without loading the text tower in this process."""
        return embed_unshipped(self.folder, texts, lambda some: np.asarray(embed_texts(self.folder, some), np.float32))

    def scorer(self, logit_scale: float, encode: Callable[[Sequence[str]], Array]) -> LabelScorer:
        """Embed the labels; `encode` maps texts to normalised vectors."""
        prompts = embed_prompts(self.labels, self.digest, self.cache_dir, encode)
        return label_scorer(prompts, logit_scale, self.kinds)


class _NotExported(Exception):
    """The reason why torch must be the engine, and whether an export may change that."""

    def __init__(self, reason: str, *, wants_export: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wants_export = wants_export


def load_model(
    model: str,
    labels: Mapping[str, Sequence[str]],
    cache_dir: str,
    threads: int | None = None,
    engine: Wanted = "auto",
    state_dir: str = "",
) -> LoadedModel:
    """Load `model` and embed the labels; `state_dir` may have kinds that were fitted for it. Raise ModelError.

    `engine` "auto" is the fastest that was exported and measured on this machine, "onnx" the fastest of ONNX Runtime's;
    if none is suitable, it is torch, and `about` has the reason. `threads` None: one per physical core, at most 4.
    """
    folder = find_checkpoint(model)  # a missing model is reported first: the rest takes seconds
    require_weights(model, folder)
    digest = cached_digest(folder, cache_dir)
    kinds = read_kinds(folder, digest, state_dir)
    threads = threads or default_threads()
    asked = _ModelRequest(folder, digest, labels, cache_dir, threads, Preprocessor.load(folder), kinds)
    about: dict[str, Any] = {"name": model, "source": folder, "digest": digest}
    try:
        load = _load_towers if find_towers(folder) else _load_exported
        loaded, scorer, reason = load(asked, engine)
    except _NotExported as error:
        CLIP.require(f"the model {model}")
        return _load_torch(asked, about | {"engine_reason": error.reason, "wants_export": error.wants_export})
    assert asked.preprocessor is not None
    about |= {"dim": loaded.dim, "engine": loaded.name, "engine_reason": reason, "wants_export": False}
    return LoadedModel(asked.preprocessor, loaded, scorer, read_nouns(folder), about)


def _load_towers(asked: _ModelRequest, wanted: Wanted) -> tuple[Engine, LabelScorer, str]:
    """Do the same as `_load_exported` for a checkpoint with ONNX graphs. Raise _NotExported, ModelError."""
    _check_wanted(asked, wanted)
    from snapsortd.vision.child.engines.towers import fastest_graph, open_image_tower

    graph, reason = fastest_graph(asked.folder)
    engine, logit_scale = open_image_tower(asked.folder, asked.threads, graph)
    return engine, asked.scorer(logit_scale, asked.embed), reason


def _check_wanted(asked: _ModelRequest, wanted: Wanted) -> None:
    """Raise _NotExported if the engine must be torch."""
    if wanted == TORCH:
        raise _NotExported("model.engine is torch")
    if asked.preprocessor is None:
        raise _NotExported("its image processor is supported by transformers only")


def _load_exported(asked: _ModelRequest, wanted: Wanted) -> tuple[Engine, LabelScorer, str]:
    """Return the engine, the labels and the reason for the choice. Raise _NotExported."""
    _check_wanted(asked, wanted)
    exports = engine_cache.folder_of(asked.cache_dir, asked.digest)
    facts = engine_cache.read_facts(exports)
    if facts is None:
        raise _NotExported("it is not exported yet", wants_export=True)
    if (facts.machine, facts.threads) != (engine_cache.machine(), asked.threads):
        raise _NotExported(
            "it was measured on another machine, or with other versions or another number of threads", wants_export=True
        )
    if facts.failed:
        raise _NotExported(f"it cannot be exported: {facts.failed}")
    measured = engine_cache.read_measured(exports, facts)
    if measured is None:
        raise _NotExported("the measurements are damaged", wants_export=True)
    labels = asked.scorer(facts.logit_scale, asked.embed)
    name, reason = choose(measured, labels, wanted)
    if name == TORCH:
        raise _NotExported(reason)
    if not engine_cache.is_unchanged(exports, facts, name):
        raise _NotExported("the exported model is damaged", wants_export=True)
    try:
        from snapsortd.vision.child.engines.onnx_engine import open_exported

        engine = open_exported(engine_cache.path_of(exports, name), name, asked.threads)
    except (ImportError, ModelError) as error:
        raise _NotExported(f"the exported model cannot be loaded: {error}") from error
    engine_cache.mark_used(exports)
    return engine, labels, reason


def _load_torch(asked: _ModelRequest, about: Mapping[str, Any]) -> LoadedModel:
    from snapsortd.vision.child.engines.torch_engine import TorchEngine

    engine = TorchEngine(asked.folder, asked.threads)
    labels = asked.scorer(engine.logit_scale, engine.encode_texts)
    engine.forget_texts()
    return LoadedModel(
        preprocessor=asked.preprocessor or engine.processor,
        engine=engine,
        labels=labels,
        nouns=read_nouns(asked.folder),
        about={**about, "dim": engine.dim, "engine": engine.name},
    )
