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
        ("Στιγμιότυπο 2024-05-17, 9.30.12 μ.μ..png", EVENING),
        ("Στιγμιότυπο 2024-05-17, 9.30.12 π.μ..png", MORNING),
        ("Ảnh màn hình 2024-05-17 lúc 9.30.12 CH.png", EVENING),
        ("截圖 2024-05-17 晚上9.30.12.png", EVENING),
        ("ภาพถ่ายหน้าจอ 2567-05-17 เวลา 21.30.12.png", EVENING),
        ("vlcsnap-2024-05-17-09h30m12s123.png", MORNING),
        ("20240517_09h30m12s_grim.png", MORNING),
        ("2024-05-17_09-30.png", "2024-05-17T09:30"),
        ("2024-05-17_09-30_1.png", "2024-05-17T09:30"),
        ("2024-05-17_00001.jpg", MIDNIGHT),
        ("2024051709301200-1F2E3D.jpg", MORNING),
        ("2024-05-17T09-30-12Z.png", f"{MORNING}+00:00"),
        ("Screenshot 2024-05-17T09_30_12.123Z.png", f"{MORNING}+00:00"),
        ("photo_1@05-03-2024_09-30-12.jpg", "2024-03-05T09:30:12"),
        ("Foto 05.03.2024.jpg", "2024-03-05"),
        ("Halo 5_17_2024 9_30_12 PM.png", EVENING),
        ("Elden Ring 17_05_2024 21_30_12.png", EVENING),
        ("Photo 05-03-2024, 09 30 12.jpg", None),
        ("FB_IMG_1715938212123.jpg", f"{MORNING}+00:00"),
        ("mmexport1715938212123.jpg", f"{MORNING}+00:00"),
        ("STK-20240517-WA0001.webp", MIDNIGHT),
        ("SCR-20240517-abcd.png", MIDNIGHT),
        ("20240517_0001.jpg", MIDNIGHT),
        ("20240517ab_0001.jpg", None),
        ("order 20240517.jpg", None),
        ("IMG_19700101_000000.jpg", None),
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
