"""Take in the answers of the classifier process about images in flight, and name what decides them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from snapsortd import __version__
from snapsortd.domain.errors import ImageError
from snapsortd.domain.image import Classification
from snapsortd.vision.messages import text_from_json
from snapsortd.vision.requests import InFlight
from snapsortd.vision.wire import BadMessage


def take_answer(
    message: dict[str, Any], in_flight: InFlight, now: float, classified: Callable[[float], Classification]
) -> bool:
    """Record an answer, and return False if the child is to be ended because of it.

    `classified` returns the classification in the message, given the milliseconds that it took. Raise BadMessage.
    """
    request = in_flight.get(message.get("id"))
    if request is None:
        raise BadMessage("an answer that was not asked for")
    if "slow" in message and not request.last:
        in_flight.record_slow(request, now)
        return True
    if "unreadable" in message:
        error, lacks_memory = ImageError(text_from_json(message["unreadable"])), "lacks_memory" in message
        in_flight.record_unreadable(request, error, now, lacks_memory=lacks_memory)
        # It may have taken the memory, and starts anew after the others.
        return not (lacks_memory and not request.is_answered and in_flight.is_one_last_sent)
    in_flight.record_answer(request, classified((now - request.sent_at) * 1000), now)
    return True


def answered_by(about: Mapping[str, Any], labels: Mapping[str, Sequence[str]], learnt: Mapping[str, Any] | None) -> str:
    """Return a name for all that decides an answer: this version, the model `about` which this was said and the kinds
    that were fitted for it, the labels with their prompts, and what was learnt."""
    model = about.get("digest"), about.get("kinds")
    decides = [__version__, *model, list(labels.items()), learnt and learnt["version"]]
    return hashlib.sha256(json.dumps(decides).encode("ascii")).hexdigest()[:32]
