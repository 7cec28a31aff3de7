"""Read a PNG whatever accompanies its picture: texts, times, profiles and chunks of other programs never end it."""

from __future__ import annotations

import struct

from PIL import ImageFile, PngImagePlugin

_OF_THE_PICTURE = frozenset({b"tRNS", b"acTL", b"fcTL", b"fdAT"})
"""Chunks that a program may pass over (the first letter is small), but without which the picture is another."""


class TolerantStream(PngImagePlugin.PngStream):
    """Chunks of a PNG, of which those that accompany the picture are passed over if they are broken or too large."""

    def call(self, cid: bytes, pos: int, length: int) -> bytes:
        """Read and interpret a chunk. Raise nearly anything if it is broken and belongs to the picture."""
        if not _accompanies(cid):
            return super().call(cid, pos, length)
        if self.text_memory <= PngImagePlugin.MAX_TEXT_MEMORY:
            try:
                return super().call(cid, pos, length)
            except (ValueError, SyntaxError, IndexError, struct.error):
                pass
        assert self.fp is not None
        self.fp.seek(pos)
        return ImageFile._safe_read(self.fp, length)

    def crc(self, cid: bytes, data: bytes) -> None:
        """Verify the checksum of a chunk that belongs to the picture. Raise SyntaxError."""
        if _accompanies(cid):
            self.crc_skip(cid, data)
        else:
            super().crc(cid, data)


def _accompanies(cid: bytes) -> bool:
    return cid[:1].islower() and cid not in _OF_THE_PICTURE
