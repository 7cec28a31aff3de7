"""The first page of a PDF, drawn by PDFium. Needs the extra `pdf`.

No script of it is run, no form filled in, and no font of the system used.
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
from snapsortd.vision.child.decoding.time_limit import check_time

MAX_ASPECT = 16
"""A longer page is drawn squeezed to this."""

_TAIL_BYTES = 1024
"""The end of the file is marked in its last bytes (ISO 32000-1, annex H, note 18); PDFium would mend a file cut off."""

_REFUSED = {
    pdfium.FPDF_ERR_PASSWORD: "it is encrypted: it can't be read without its password",
    pdfium.FPDF_ERR_SECURITY: "it is encrypted in a way that is not known",
}

_PAUSE_ALWAYS = ctypes.CDLL(None).abs
"""Says "not 0" to any pointer, so that PDFium comes back to us often, to be stopped where it takes too long. A function
of Python's would have what stops it raised inside of it, and lost."""

_ONE_AT_A_TIME = threading.Lock()
"""PDFium must never be called by two threads at once, not even over two documents (its README)."""


def open_pdf(file: BinaryIO, side: int) -> Picture:
    """The first page in RGB on white, its shorter side 2 × `side` pixels. Width and height are in points, 1/72 inch."""
    file.seek(0)
    data = file.read()
    if b"%%EOF" not in data[-_TAIL_BYTES:]:
        raise ImageError("the file is truncated or damaged (a PDF ends with %%EOF)")
    try:
        with _ONE_AT_A_TIME, pypdfium2.PdfDocument(data) as document:
            page = document[0]
            width, height = page.get_size()
            scale = 2 * side / min(width, height)
            image = _draw(
                file, page, *(min(math.ceil(length * scale), MAX_ASPECT * 2 * side) for length in (width, height))
            )
            return Picture(image, max(1, round(width)), max(1, round(height)), frames=len(document))
    except pypdfium2.PdfiumError as error:
        # PDFium may say here what was wrong with another file, before.
        refused = _REFUSED.get(error.err_code) if b"/Encrypt" in data else None
        raise ImageError(refused or "the file is truncated or damaged, or has no page") from None


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
        raise ImageError("its first page can't be drawn")
    image: Image.Image = bitmap.to_pil().copy()
    bitmap.close()
    page.close()
    return image
