"""Helpers shared by the fuzz tests: the number of examples, and how a valid input is corrupted."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import settings
from hypothesis import strategies as st

LONG = settings().max_examples > 100
"""Whether there is time for a long run, as with `--hypothesis-profile=long`."""


def tries(number: int) -> settings:
    """Use `number` examples in CI, scaled up as the profile requires (`tests/conftest.py`)."""
    return settings(max_examples=number * settings().max_examples // 100)


@st.composite
def spoiled(draw: st.DrawFn, good: Sequence[bytes], tokens: Sequence[bytes], most: int = 6) -> bytes:
    """Draw one of `good` after up to `most` changes: bytes cut out, repeated, flipped, or replaced with a token."""
    data = draw(st.sampled_from(good))
    for _ in range(draw(st.integers(1, most))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.one_of(st.integers(0, 8), st.integers(0, 400))))
        piece = data[start:end]
        put = draw(
            st.one_of(
                st.sampled_from(tokens),
                st.just(b""),
                st.just(piece * 2),
                st.binary(max_size=6),
                st.just(bytes(each ^ 0x80 for each in piece)),
            )
        )
        data = data[:start] + put + data[end:]
    return data
