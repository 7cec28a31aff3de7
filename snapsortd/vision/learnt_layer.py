"""What was learnt, as it is sent to the classifier process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from snapsortd.vision.wire import Channel


class LearntLayer:
    """The layer that the classifier process uses, which has none when it starts."""

    def __init__(self, stored: Callable[[Mapping[str, Any]], Mapping[str, Any] | None]) -> None:
        """`stored` returns the layer that was learnt for a model, which is described as by the process."""
        self._stored = stored
        self._is_in_use = False

    def begin(self) -> None:
        """Take note of a new process."""
        self._is_in_use = False

    def send(self, channel: Channel, model: Mapping[str, Any], timeout: float) -> Mapping[str, Any] | None:
        """Have the layer used that is stored now, from the next image on; return it.

        Raise OSError if the process has ended.
        """
        layer = self._stored(model)
        if layer is not None or self._is_in_use:
            _send(channel, layer, timeout)
            self._is_in_use = layer is not None
        return layer


def _send(channel: Channel, layer: Mapping[str, Any] | None, timeout: float) -> None:
    content = None if layer is None else {key: layer[key] for key in ("weights", "near", "prototypes")}
    with tempfile.TemporaryFile() as file:  # each message has a descriptor, so that none takes that of another
        file.write(json.dumps(content).encode("ascii"))
        file.seek(0)
        channel.send({"learnt": True}, file.fileno(), timeout=timeout)
