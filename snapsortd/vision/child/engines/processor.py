"""Find out whether the processor multiplies 8-bit integers fast."""

from __future__ import annotations

from contextlib import suppress

_FLAGS = frozenset({"avx_vnni", "avx512_vnni"})


def multiplies_8_bits(about: str = "/proc/cpuinfo") -> bool:
    """Return whether the processor multiplies and adds 8-bit integers in one instruction (x86: VNNI), as Linux says.

    Without it, ONNX Runtime adds pairs of products in 16 bits, where they overflow (onnxruntime.ai, "Quantize ONNX
    models"), and is no faster. Other processors have such instructions, too, but none has been measured.
    """
    with suppress(OSError), open(about, encoding="utf-8", errors="replace") as lines:
        return any(line.startswith("flags") and _FLAGS.intersection(line.split()) for line in lines)
    return False
