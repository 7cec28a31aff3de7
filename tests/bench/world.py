"""Shared state of all parts of the bench: locations, images, checkpoint, and the amount of measurement."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checkpoint import make_checkpoint
from instance import Instance
from pictures import VERSION, make_pictures

EMBEDDED = "embedded"


@dataclass(frozen=True)
class Amounts:
    """The number of measurements of each kind."""

    rounds: int
    """For one image of each kind and its four variants, alternating with the baseline."""
    backlog: int
    """Images of the mixed backlog; in five parts, each alternating with the baseline."""
    newcomers_backlog: int
    """Images that are being filed while new ones arrive."""
    warm_up: int
    starts: int
    idle_s: float
    tower_rounds: int
    scales: tuple[int, ...]
    """Images that the journal knows and the folders hold."""
    filed_at_each_scale: int
    moves: int
    """Files that are moved to each file system, alternating with a plain move."""
    unsure: tuple[int, ...]
    """Images on the review page."""
    known: tuple[int, ...]
    """Images that are searched."""


FULL = Amounts(
    rounds=6,
    backlog=1000,
    newcomers_backlog=200,
    warm_up=8,
    starts=7,
    idle_s=60,
    tower_rounds=40,
    scales=(100, 1000, 10_000, 100_000),
    filed_at_each_scale=40,
    moves=60,
    unsure=(100, 1000, 10_000),
    known=(100, 100_000),
)
SMALL = Amounts(
    rounds=1,
    backlog=20,
    newcomers_backlog=20,
    warm_up=2,
    starts=1,
    idle_s=0.5,
    tower_rounds=2,
    scales=(10, 100),
    filed_at_each_scale=3,
    moves=3,
    unsure=(10, 100),
    known=(10, 100),
)


@dataclass(frozen=True)
class World:
    """Set up the world; `kept` is equal in every run and slow to create; `folder` is removed with the run."""

    folder: Path
    kept: Path
    amounts: Amounts
    small: bool

    @cached_property
    def pictures(self) -> dict[str, list[Path]]:
        """Return kind → images."""
        return make_pictures(self._kept("images"), small=self.small)

    @cached_property
    def checkpoint(self) -> Path:
        """Return a checkpoint of the shape of CLIP ViT-B/32; in a small world with two thin layers."""
        return make_checkpoint(self._kept("vit-b32"), small=self.small)

    @cached_property
    def tiny_checkpoint(self) -> Path:
        """Return a model that costs next to nothing, for measurements of everything else."""
        return self.checkpoint if self.small else make_checkpoint(self.kept / "tiny", small=True)

    @property
    def embedded(self) -> str:
        """Return the model of the package; in a small world the checkpoint, because every model is exported first."""
        return str(self.checkpoint) if self.small else EMBEDDED

    @property
    def cache(self) -> Path:
        """Return a cache that is empty at the first start of the run, and shared by all instances."""
        return self.folder / "cache"

    def instance(self, name: str, model: Path | str) -> Instance:
        """Return a new instance; one name, one folder."""
        return Instance(self.folder / name, str(model), self.cache)

    def _kept(self, name: str) -> Path:
        return self.kept / f"{name}-{VERSION}{'-small' if self.small else ''}"


@contextmanager
def new_world(kept: Path, *, small: bool) -> Iterator[World]:
    """Yield one run's world, on the disk that holds temporary files."""
    with tempfile.TemporaryDirectory(prefix="snapsortd-bench-", ignore_cleanup_errors=True) as folder:
        yield World(Path(folder), kept, SMALL if small else FULL, small)


def machine() -> dict[str, object]:
    """Return the machine that the figures were measured on."""
    info = Path("/proc/cpuinfo").read_text()
    names = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    flags = next((line.split() for line in info.splitlines() if line.startswith("flags")), [])
    wanted = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8")
    return {
        "processor": names[0] if names else "",
        "cores": os.cpu_count(),
        "features": [flag for flag in wanted if flag in flags],
        "load_before": os.getloadavg()[0],
    }
