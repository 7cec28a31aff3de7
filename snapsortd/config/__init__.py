"""The configuration: `load_config` reads it strictly, `check_folders` compares it with the disk."""

from snapsortd.config.folders import check_folders
from snapsortd.config.load import default_config_text, load_config
from snapsortd.config.settings import Config, Expectation, Label, ModelConfig, WatchFolder

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
