"""Read lines of text: each is cut out of the image, straightened, and read by the network, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from snapsortd.vision.child.reading.weights import Network

HEIGHT = 48
"""Pixels of a line as the network expects it."""
MAX_WIDTH = 2400
"""Pixels of a line, and of all lines that are read at once; a longer line is read in pieces."""
MAX_PIECES = 8
"""Of one line; a line that is longer still is squeezed."""
GAP = 9
"""Columns between two words, about; those between two letters are fewer."""
MIN_WIDTH = 320
MIN_SCORE = 0.5
"""Mean probability of the characters of a line below which it is not text."""


@dataclass(frozen=True, slots=True)
class ReadLine:
    text: str
    score: float
    """Mean probability of its characters."""
    box: Any
    """4 × 2 corners, the first at top left."""


class Recogniser:
    """Reads lines with a network and its characters."""

    def __init__(self, network: Network, characters: Sequence[str]) -> None:
        self._network = network
        self._characters = characters

    def read(self, image: Any, boxes: Sequence[Any], may_continue: Callable[[], bool]) -> list[ReadLine]:
        """Return the lines of an RGB image that could be read, in no order, as many as time permits.

        Of a long line, each piece is a line.
        """
        boxes = [piece for box in boxes for piece in _pieces(image, box)]
        widths = [_width(box) for box in boxes]
        lines: list[ReadLine] = []
        for batch in _batches(widths):
            if not may_continue():
                break
            width = max(MIN_WIDTH, widths[batch[-1]])
            inputs = np.zeros((len(batch), 3, HEIGHT, width), np.float32)
            for row, index in enumerate(batch):
                inputs[row, :, :, : widths[index]] = _cut_out(image, boxes[index], widths[index])
            outputs = self._network(inputs)
            lines += (ReadLine(*self._text(each), boxes[index]) for each, index in zip(outputs, batch, strict=True))
        return lines

    def _text(self, output: Any) -> tuple[str, float]:
        """Return text and score of one output: repeated characters are one (connectionist temporal classification)."""
        best = output.argmax(axis=1)
        keep = best != 0
        keep[1:] &= best[1:] != best[:-1]
        text = "".join(self._characters[each] for each in best[keep]).strip()
        return text, float(output.max(axis=1)[keep].mean()) if text else 0.0


def _batches(widths: Sequence[int]) -> Iterator[list[int]]:
    """Yield indices of lines to read at once: similar widths together, so that little is padding."""
    batch: list[int] = []
    for index in sorted(range(len(widths)), key=widths.__getitem__):
        if batch and (len(batch) + 1) * max(MIN_WIDTH, widths[index]) > MAX_WIDTH:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _pieces(image: Any, box: Any) -> list[Any]:
    """Return the boxes of the pieces of a line, from left to right: it is cut between words where it is too long."""
    whole = _width(box, MAX_PIECES * MAX_WIDTH)
    count = -(-whole // MAX_WIDTH)
    if count == 1:
        return [box]
    contrast = np.ptp(_straight(image, box, whole).mean(axis=2), axis=0)
    contrast = np.convolve(contrast, np.ones(GAP) / GAP, "same")
    reach = whole // count // 4
    starts = [whole * number // count - reach for number in range(1, count)]
    cuts = [start + int(contrast[start : start + 2 * reach].argmin()) for start in starts]
    shares = np.array([0, *cuts, whole])[:, None] / whole
    top, bottom = (first + shares * (second - first) for first, second in ((box[0], box[1]), (box[3], box[2])))
    return [np.stack([top[at], top[at + 1], bottom[at + 1], bottom[at]]) for at in range(count)]


def _width(box: Any, most: int = MAX_WIDTH) -> int:
    width, height = size_of(box)
    return int(min(most, max(8, round(HEIGHT * width / max(height, 1.0)))))


def size_of(box: Any) -> tuple[float, float]:
    """Return width and height of a box, along its sides."""
    top, right, bottom, left = (np.linalg.norm(box[at] - box[(at + 1) % 4]) for at in range(4))
    return float(max(top, bottom)), float(max(left, right))


def _cut_out(image: Any, box: Any, width: int) -> Any:
    """Return a line as the network expects it: straight, 3 × 48 × width, BGR, from -1 to 1."""
    return _straight(image, box, width)[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0


def _straight(image: Any, box: Any, width: int) -> Any:
    """Return a line cut out and straightened, 48 × width × 3."""
    # The corners of a small cut-out, because the whole image is not needed to straighten a part of it.
    low = np.maximum(np.floor(box.min(axis=0)).astype(int) - 2, 0)
    high = np.ceil(box.max(axis=0)).astype(int) + 3
    part = image[low[1] : high[1], low[0] : high[0]]
    corners = np.array([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]], np.float32)
    matrix = cv2.getPerspectiveTransform((box - low).astype(np.float32), corners)
    return cv2.warpPerspective(part, matrix, (width, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
