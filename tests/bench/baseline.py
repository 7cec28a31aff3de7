"""The per-image work of the original one-shot script, as a process that can be queried repeatedly.

It loads the model; then, for each batch of four, opens the images, runs the processor on labels and images together and
the whole model, both towers, and takes the best label. Prints a line of JSON once it is loaded, then reads lines with a
JSON list of paths and replies to each with the seconds that these took.

usage: baseline.py MODEL_DIR
"""

from __future__ import annotations

import json
import os
import sys
import time

BEGAN = time.perf_counter()
os.environ["HF_HUB_OFFLINE"] = "1"

from PIL import Image  # noqa: E402
from transformers import CLIPModel, CLIPProcessor  # noqa: E402

BATCH = 4
LABELS = [
    "a screenshot of a software interface or a screen capture from phone",
    "a photo of an invoice or a receipt",
    "a photo of a real-world scene, an object, a person, or any image not fitting the description of a screenshot,"
    " receipt, or invoice",
]


def classify(model: CLIPModel, processor: CLIPProcessor, paths: list[str]) -> list[str]:
    """Return the best label of each image."""
    found: list[str] = []
    for start in range(0, len(paths), BATCH):
        images = [Image.open(path) for path in paths[start : start + BATCH]]
        inputs = processor(text=LABELS, images=images, return_tensors="pt", padding=True)
        best = model(**inputs).logits_per_image.softmax(dim=1).max(dim=1).indices
        found += [LABELS[index] for index in best]
    return found


def main(folder: str) -> None:
    """Load, then reply until the input ends."""
    model, processor = CLIPModel.from_pretrained(folder), CLIPProcessor.from_pretrained(folder)
    print(json.dumps({"cold_start_s": time.perf_counter() - BEGAN}), flush=True)
    for line in sys.stdin:
        paths = json.loads(line)
        began = time.perf_counter()
        found = classify(model, processor, paths)
        print(json.dumps({"seconds": time.perf_counter() - began, "images": len(found)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
