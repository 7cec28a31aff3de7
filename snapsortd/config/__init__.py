"""The configuration: `load_config` reads it strictly, `check_folders` compares it with the disk."""

from snapsortd.config.cache import load_config
from snapsortd.config.preflight import check_folders
from snapsortd.config.settings import Config, Expectation, Label, ModelConfig, WatchFolder


def default_config_text() -> str:
    """The commented configuration that a new user starts from."""
    from snapsortd.config import load  # what checks a configuration takes long to import

    return load.default_config_text()


__all__ = [
    "Config",
    "Expectation",
    "Label",
    "ModelConfig",
    "WatchFolder",
    "check_folders",
    "default_config_text",
    "load_config",
]
