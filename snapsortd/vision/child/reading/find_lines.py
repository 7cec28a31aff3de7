"""Find the lines of text in an image of any size: tile by tile, so that memory does not grow with the image."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from snapsortd.vision.child.reading.weights import Network

TILE, MARGIN = 736, 32
"""Side of a tile in pixels, and the part of it on each side that only shows letters at the edge whole."""
MAX_PIXELS = 2_400_000
"""Pixels of the image that is searched; a larger one is shrunk for it, and read at its own size all the same."""
MIN_SIDE = 736
"""The shorter side of the image that is searched, in pixels; a smaller one is enlarged, at most twice."""
MAX_BOXES = 1000
STEP = 32
"""The network takes multiples of so many pixels."""
FLAT = 12
"""A tile whose darkest and brightest values differ less has nothing in it."""


def text_map(detector: Network, image: Any) -> Any:
    """Return the probability of text for each pixel of an RGB image (h × w × 3, uint8), in a size fit for searching."""
    small = cv2.resize(image, fitting_size(image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    found = np.zeros((height, width), np.float32)
    for top, bottom in _spans(height):
        for left, right in _spans(width):
            tile = small[max(0, top - MARGIN) : bottom + MARGIN, max(0, left - MARGIN) : right + MARGIN]
            if np.ptp(tile) > FLAT:
                y, x = min(top, MARGIN), min(left, MARGIN)
                found[top:bottom, left:right] = _probabilities(detector, tile)[
                    y : y + bottom - top, x : x + right - left
                ]
    return found


def boxes_in(found: Any, width: int, height: int) -> Any:
    """Return the lines in a map of probabilities, n × 4 × 2 corners in an image of this size, the first at top left."""
    search = DBPostProcess(thresh=0.3, box_thresh=0.5, max_candidates=MAX_BOXES, unclip_ratio=1.6, use_dilation=True)
    boxes, _ = search(found[None, None], (height, width))
    return np.asarray(boxes, np.float32).reshape(-1, 4, 2)


def fitting_size(width: int, height: int) -> tuple[int, int]:
    """Return the width and height to which an image is resized before it is searched."""
    scale = min(2.0, max(1.0, MIN_SIDE / min(width, height)))
    scale = min(scale, (MAX_PIXELS / (width * height)) ** 0.5)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _spans(length: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a side that the tiles are responsible for, equally long."""
    count = 1 if length <= TILE else -(-length // (TILE - 2 * MARGIN))
    edges = [length * number // count for number in range(count + 1)]
    yield from pairwise(edges)


def _probabilities(detector: Network, tile: Any) -> Any:
    height, width = tile.shape[:2]
    padded = cv2.copyMakeBorder(tile, 0, -height % STEP, 0, -width % STEP, cv2.BORDER_REPLICATE)
    values = padded[:, :, ::-1].astype(np.float32)  # the network expects BGR, from -1 to 1
    values /= 127.5
    values -= 1.0
    return detector(values.transpose(2, 0, 1)[None])[0, 0]
