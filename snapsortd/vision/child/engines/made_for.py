"""The weights for which a graph of the embedded model was made: digests that its build notes and its loading compares.

A graph whose weights are in the checkpoint's file fits their places. One that contains weights of the image tower, in
8 bits, fits the values that it was made from as well.
"""

from __future__ import annotations

import json
from hashlib import sha256

PLACES, VALUES = "layout", "weights"
"""Keys in the metadata of a graph."""
_IMAGE_TOWER = ("vision_model.", "visual_projection.")


def digest_weights(path: str, key: str) -> str:
    """Return the SHA-256, in hex, of a safetensors file's header; for VALUES, of the image tower's weights as well."""
    with open(path, "rb") as file:
        header = file.read(int.from_bytes(file.read(8), "little"))  # github.com/huggingface/safetensors, "Format"
        found, start = sha256(header), file.tell()
        if key == VALUES:
            for name, place in json.loads(header).items():
                if name.startswith(_IMAGE_TOWER):
                    begin, end = place["data_offsets"]
                    file.seek(start + begin)
                    found.update(file.read(end - begin))
    return found.hexdigest()
