"""Render the first page of a PDF with PDFium. Requires the extra `pdf`.

No scripts are run, no forms are filled in, and no system fonts are used.
"""

from __future__ import annotations

import ctypes
import math
import threading
from typing import BinaryIO

import pypdfium2
from PIL import Image
from pypdfium2 import raw as pdfium

from snapsortd.domain.errors import ImageError
from snapsortd.vision.child.decoding.picture import Picture
from snapsortd.vision.child.decoding.time_limit import check_time, wait_turn

MAX_ASPECT = 16
"""Longer side divided by shorter side. Longer pages are squashed to this."""

_TAIL_BYTES = 1024
"""The end-of-file marker is in the last bytes (ISO 32000-1, annex H, note 18); PDFium would repair a truncated file."""

_REFUSED = {
    pdfium.FPDF_ERR_PASSWORD: "it is encrypted and cannot be read without its password",
    pdfium.FPDF_ERR_SECURITY: "it is encrypted by an unknown method",
}

_PAUSE_ALWAYS = ctypes.CDLL(None).abs
"""Returns non-zero for any pointer, so that PDFium pauses often and can be stopped if it takes too long. An exception
raised in a Python callback would be lost."""

_ONE_AT_A_TIME = threading.Lock()
"""PDFium must never be called by two threads at once, not even for different documents (its README)."""


def open_pdf(file: BinaryIO, side: int) -> Picture:
    """Return the first page in RGB on white, its shorter side 2 × `side` pixels; width and height are in points."""
    file.seek(0)
    data = file.read()
    if b"%%EOF" not in data[-_TAIL_BYTES:]:
        raise ImageError("the file is truncated or damaged (a PDF ends with %%EOF)")
    wait_turn(_ONE_AT_A_TIME, file)
    try:
        with pypdfium2.PdfDocument(data) as document:
            page = document[0]
            width, height = page.get_size()
            scale = 2 * side / min(width, height)
            image = _draw(
                file, page, *(min(math.ceil(length * scale), MAX_ASPECT * 2 * side) for length in (width, height))
            )
            return Picture(image, max(1, round(width)), max(1, round(height)), frames=len(document))
    except pypdfium2.PdfiumError as error:
        # PDFium may still report the error of an earlier file.
        refused = _REFUSED.get(error.err_code) if b"/Encrypt" in data else None
        raise ImageError(refused or "the file is truncated or damaged, or has no page") from None
    finally:
        _ONE_AT_A_TIME.release()


def _draw(file: BinaryIO, page: pypdfium2.PdfPage, width: int, height: int) -> Image.Image:
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR, rev_byteorder=True)
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
    pause = pdfium.IFSDK_PAUSE(version=1)
    pause.NeedToPauseNow = ctypes.cast(_PAUSE_ALWAYS, type(pause.NeedToPauseNow))
    flags = pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER
    try:
        status = pdfium.FPDF_RenderPageBitmap_Start(bitmap, page, 0, 0, width, height, 0, flags, pause)
        while status == pdfium.FPDF_RENDER_TOBECONTINUED:
            check_time(file)
            status = pdfium.FPDF_RenderPage_Continue(page, pause)
    finally:
        pdfium.FPDF_RenderPage_Close(page)
    if status != pdfium.FPDF_RENDER_DONE:
        raise ImageError("its first page cannot be rendered")
    image: Image.Image = bitmap.to_pil().copy()
    bitmap.close()
    page.close()
    return image
