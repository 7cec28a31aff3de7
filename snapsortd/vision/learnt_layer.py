"""Send the classifier process what was learnt."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from typing import Any

from snapsortd.vision.wire import Channel


def send_layer(channel: Channel, layer: Mapping[str, Any] | None, timeout: float) -> None:
    """Have the layer used from the next image on; None has none used. Raise OSError if the process has ended."""
    content = None if layer is None else {key: layer[key] for key in ("weights", "prototypes")}
    with tempfile.TemporaryFile() as file:  # each message has a descriptor, so that none takes that of another
        file.write(json.dumps(content).encode("ascii"))
        file.seek(0)
        channel.send({"learnt": True}, file.fileno(), timeout=timeout)
