"""Load a model in the classifier process: its image processor, its engine and the embeddings of the labels.

torch and transformers are imported only if the engine is torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snapsortd.domain.errors import ModelError
from snapsortd.vision.checkpoint import find_checkpoint
from snapsortd.vision.child.engines import cache as engine_cache
from snapsortd.vision.child.engines.choose import Wanted, choose
from snapsortd.vision.child.engines.digests import cached_digest
from snapsortd.vision.child.engines.engine import TORCH, Array, Engine, ImageProcessor
from snapsortd.vision.child.engines.labels import label_embeddings
from snapsortd.vision.child.engines.preprocess import Preprocessor
from snapsortd.vision.cores import default_threads
from snapsortd.vision.embed_texts import embed_texts


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model and the embeddings of the labels, shape (labels, dim). `about` is a description for the daemon.

    Its keys: name, dim, source (the folder), digest (of the checkpoint, hex), engine (its name), engine_reason,
    wants_export (True if an export, or a new one, may lead to a faster engine).
    """

    preprocessor: ImageProcessor
    engine: Engine
    embeddings: Array
    logit_scale: float
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


class _NotExported(Exception):
    """The reason why torch must be the engine, and whether an export may change that."""

    def __init__(self, reason: str, *, wants_export: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wants_export = wants_export


def load_model(
    model: str, labels: Mapping[str, Sequence[str]], cache_dir: str, threads: int | None = None, engine: Wanted = "auto"
) -> LoadedModel:
    """Load `model` and embed the labels. Raise ModelError.

    `engine` "auto" is the fastest that was exported and measured on this machine, "onnx" the fastest of ONNX Runtime's;
    if none is suitable, it is torch, and `about` has the reason. `threads` None: one per physical core, at most 4.
    """
    folder = find_checkpoint(model)  # a missing model is reported first: the rest takes seconds
    digest = cached_digest(folder, cache_dir)
    asked = _ModelRequest(folder, digest, labels, cache_dir, threads or default_threads(), Preprocessor.load(folder))
    about: dict[str, Any] = {"name": model, "source": folder, "digest": digest}
    try:
        loaded, logit_scale, embeddings, reason = _load_exported(asked, engine)
    except _NotExported as error:
        return _load_torch(asked, about | {"engine_reason": error.reason, "wants_export": error.wants_export})
    assert asked.preprocessor is not None
    about |= {"dim": loaded.dim, "engine": loaded.name, "engine_reason": reason, "wants_export": False}
    return LoadedModel(asked.preprocessor, loaded, embeddings, logit_scale, about)


def _load_exported(asked: _ModelRequest, wanted: Wanted) -> tuple[Engine, float, Array, str]:
    """Return the engine, its logit scale, the labels' embeddings and the reason for the choice. Raise _NotExported."""
    if wanted == TORCH:
        raise _NotExported("model.engine is torch")
    if asked.preprocessor is None:
        raise _NotExported("its image processor is supported by transformers only")
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
    embeddings = label_embeddings(
        asked.labels,
        asked.digest,
        asked.cache_dir,
        lambda texts: np.asarray(embed_texts(asked.folder, texts), np.float32),
    )
    name, reason = choose(measured, embeddings, facts.logit_scale, wanted)
    if name == TORCH:
        raise _NotExported(reason)
    if not engine_cache.is_unchanged(exports, facts, name):
        raise _NotExported("the exported model is damaged", wants_export=True)
    try:
        from snapsortd.vision.child.engines.onnx_engine import OnnxEngine

        engine = OnnxEngine(engine_cache.path_of(exports, name), name, asked.threads)
    except (ImportError, ModelError) as error:
        raise _NotExported(f"the exported model cannot be loaded: {error}") from error
    engine_cache.mark_used(exports)
    return engine, facts.logit_scale, embeddings, reason


def _load_torch(asked: _ModelRequest, about: Mapping[str, Any]) -> LoadedModel:
    from snapsortd.vision.child.engines.torch_engine import TorchEngine

    engine = TorchEngine(asked.folder, asked.threads)
    embeddings = label_embeddings(asked.labels, asked.digest, asked.cache_dir, engine.encode_texts)
    engine.forget_texts()
    return LoadedModel(
        preprocessor=asked.preprocessor or engine.processor,
        engine=engine,
        embeddings=embeddings,
        logit_scale=engine.logit_scale,
        about={**about, "dim": engine.dim, "engine": engine.name},
    )
