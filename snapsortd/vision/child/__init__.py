"""The processes that decode and compute: nothing else imports Pillow, numpy, OpenCV, onnxruntime and torch."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""Otherwise ONNX Runtime, from 1.29 on, stores an identifier of this computer and reports to its maker (Privacy.md)."""
