"""A daemon announces what it files on a real session bus, and its button moves the image back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.images import receipt
from tests.support.instance import SHARED, Instance, kept
from tests.support.notification_service import NotificationService, session_bus
from tests.support.waiting import wait_for

CONFIG = SHARED.replace('[move: "{filed}/"]', '[move: "{filed}/", notify: "of its rule"]') + "notify: true\n"


@pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed")
def test_the_button_moves_the_image_back(tmp_path: Path) -> None:
    with session_bus() as address, kept(Instance(tmp_path, CONFIG)) as one:
        service = NotificationService(address, ("actions", "body"))
        one.env["DBUS_SESSION_BUS_ADDRESS"] = address
        one.start()
        image, broken = one.inbox / "a.png", one.inbox / "broken.jpg"
        receipt().save(image)
        broken.write_bytes(b"\xff\xd8\xff\xe0")
        wait_for(lambda: len(service.shown) == 3, what="shown")
        titles = [notification[3] for notification in service.shown]
        assert sorted(titles) == ["1 image could not be filed", "All", "Filed as picture"]
        assert service.shown[titles.index("All")][4] == "of its rule"
        assert not image.exists()
        service.press(titles.index("Filed as picture") + 1, "undo")
        wait_for(image.exists, what="moved back")
        assert one.json("explain", str(image))["outcome"] == "undone"
        service.close()
