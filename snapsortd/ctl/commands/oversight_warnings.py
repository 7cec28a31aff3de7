"""The warnings of `check` about rules that cannot be meant, and its fault of a model that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from snapsortd.config import Config
from snapsortd.domain.errors import ModelError


def oversights_in(config: Config) -> tuple[str, ...]:
    """Return the oversights of a valid configuration, which is read again for their positions."""
    from snapsortd.config.load import read_file
    from snapsortd.config.oversights import oversights

    return tuple(oversights(config, read_file(config.path)[0]))


def model_faults(config: Config) -> Iterator[str]:
    """Yield a fault if the model of the configuration is not on this machine or not complete."""
    from snapsortd.config.load import read_file
    from snapsortd.config.yaml_tree import locate
    from snapsortd.vision.catalog import read_stored
    from snapsortd.vision.checkpoint import EMBEDDED

    if config.model.name == EMBEDDED:
        return
    position = locate(read_file(config.path)[0], ("model", "name"))[-1][1].position
    try:
        faults = read_stored(config.model.name).faults
    except ModelError as error:
        faults = (str(error),)
    yield from (f"{config.path}:{position}: {each}" for each in faults)
