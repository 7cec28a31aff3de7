"""The date in the name that phones, messengers and desktops give to a picture."""

from __future__ import annotations

from datetime import datetime
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsortd.rules.date_in_name import date_in_name

pytestmark = pytest.mark.pure

MORNING, EVENING, MIDNIGHT = "2024-05-17T09:30:12", "2024-05-17T21:30:12", "2024-05-17"


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("IMG_20240517_093012.jpg", MORNING),
        ("IMG_20240517_093012123_HDR.jpg", MORNING),
        ("PXL_20240517_093012123.MP.jpg", f"{MORNING}+00:00"),
        ("20240517_093012.jpg", MORNING),
        ("20240517093012_1.jpg", MORNING),
        ("00100lPORTRAIT_00100_BURST20240517093012123_COVER.jpg", MORNING),
        ("20240517.jpg", MIDNIGHT),
        ("WIN_20240517_09_30_12_Pro.jpg", MORNING),
        ("IMG-20240517-WA0003.jpg", MIDNIGHT),
        ("WhatsApp Image 2024-05-17 at 9.30.12 PM (1).jpeg", EVENING),
        ("WhatsApp Bild 2024-05-17 um 09.30.12_1f2e3d4c.jpg", MORNING),
        ("signal-2024-05-17-093012.jpg", MORNING),
        ("signal-2024-05-17-09-30-12-123.jpg", MORNING),
        ("photo_2024-05-17_09-30-12.jpg", MORNING),
        ("2024-05-17 09.30.12.jpg", MORNING),
        ("Screenshot_20240517-093012_Maps.png", MORNING),
        ("Screenshot_2024-05-17-09-30-12-123_com.app.png", MORNING),
        ("Screenshot from 2024-05-17 09-30-12.png", MORNING),
        ("Bildschirmfoto vom 2024-05-17 09-30-12.png", MORNING),
        ("Screenshot 2024-05-17 093012.png", MORNING),
        ("Capture d'écran 2024-05-17 093012.png", MORNING),
        ("Screenshot 2024-05-17 at 9.30.12\N{NARROW NO-BREAK SPACE}PM.png", EVENING),
        ("Screen Shot 2024-05-17 at 09.30.12.png", MORNING),
        ("Bildschirmfoto 2024-05-17 um 09.30.12 2.png", MORNING),
        ("Capture d’écran 2024-05-17 à 09.30.12.png", MORNING),
        ("Captura de pantalla 2024-05-17 a la(s) 9.30.12\N{NO-BREAK SPACE}p.m..png", EVENING),
        ("Captura de Tela 2024-05-17 às 09.30.12.png", MORNING),
        ("Schermata 2024-05-17 alle 09.30.12.png", MORNING),
        ("Schermafbeelding 2024-05-17 om 09.30.12.png", MORNING),
        ("Skärmavbild 2024-05-17 kl. 09.30.12.png", MORNING),
        ("Näyttökuva 2024-5-17 kello 9.30.12.png", MORNING),
        ("Zrzut ekranu 2024-05-17 o 09.30.12.png", MORNING),
        ("Снимок экрана 2024-05-17 в 09.30.12.png", MORNING),
        ("スクリーンショット 2024-05-17 午後9.30.12.png", EVENING),
        ("截屏2024-05-17 下午9.30.12.png", EVENING),
        ("스크린샷 2024-05-17 오후 9.30.12.png", EVENING),
        ("لقطة شاشة ٢٠٢٤-٠٥-١٧ في ٩.٣٠.١٢ م.png", EVENING),
        ("Screen Shot 2024-05-17 at 12.30.12 AM.png", "2024-05-17T00:30:12"),
        ("Foto 2024-05-17 am 21.30.12.jpg", EVENING),
        ("截屏2024-05-17 上午12.30.12.png", "2024-05-17T00:30:12"),
        ("スクリーンショット 2024-05-17 午前9.30.12.png", MORNING),
        ("スクリーンショット 2024-05-17 21.30.12 pm.png", EVENING),
        ("IMG_20240517_250000.jpg", MIDNIGHT),
        ("Scan 2024-05-17.png", MIDNIGHT),
        ("2024-05-17 12 photos.png", MIDNIGHT),
        ("IMG_20241345_093012.jpg", None),
        ("2024-02-30.jpg", None),
        ("order 1234-05-06.png", None),
        ("wp_ss_20240517_0001.png", MIDNIGHT),
        ("1985-07-04 wedding.jpg", "1985-07-04"),
        ("0000-00-00 00.00.00.jpg", None),
        ("IMG_0042.jpg", None),
        ("invoice 20240517 copy.png", None),
        ("1202405179.jpg", None),
        ("", None),
    ],
)
def test_the_date_in_a_name(name: str, date: str | None) -> None:
    expected = None if date is None else datetime.fromisoformat(date)
    assert [date_in_name(normalize(form, name)) for form in ("NFC", "NFD")] == [expected] * 2


@given(st.text(st.characters(categories=["Nd", "Pd", "Zs", "Lu", "Cs"]), max_size=40))
def test_whatever_the_name_is(name: str) -> None:
    assert date_in_name(name) is None or isinstance(date_in_name(name), datetime)
