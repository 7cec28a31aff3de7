"""The configuration: `load_config` reads it strictly, `check_folders` compares it with the file system."""

from snapsortd.config.cache import load_config
from snapsortd.config.preflight import check_folders, missing_commands
from snapsortd.config.settings import Config, Expectation, Label, ModelConfig, WatchFolder


def default_config_text() -> str:
    """Return the commented configuration that a new user starts with."""
    from snapsortd.config import load  # validation takes long to import

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
    "missing_commands",
]
