"""The daemon files images while another program attacks them."""

from __future__ import annotations

import io
from functools import cache

from tests.support.attack import Attack, contents
from tests.support.images import screenshot
from tests.support.instance import Instance
from tests.support.waiting import wait_for


@cache
def drawn(seed: int) -> bytes:
    memory = io.BytesIO()
    screenshot(seed).resize((320, 200)).save(memory, "PNG")
    return memory.getvalue()


def image(number: int) -> bytes:
    return drawn(number % 4)


def test_an_attack_on_the_daemon_touches_and_loses_nothing(instance: Instance) -> None:
    text = instance.config.read_text().replace("settle: 300ms", "settle: 100ms\n    subfolders: true")
    instance.config.write_text(text)
    attack = Attack(
        instance.inbox, instance.filed / "Screenshots" / "screenshot", instance.folder / "outside", image, rest=0.02
    )
    instance.start()
    pid = instance.status()["pid"]
    with attack:
        pass
    wait_for(instance.is_idle, seconds=120, what="the daemon idle")
    status = instance.status()
    assert status["pid"] == pid
    assert status["filed"] > 5, "it was not attacked while it worked"
    assert "Traceback" not in instance.log.read_text()
    instance.ctl("pause")  # a file that moves during the count is counted twice
    attack.check(instance.filed, status["conflicts"])
    before = len(contents(instance.inbox)) + len(contents(instance.filed))
    taken_back = instance.json("undo", "--all", ok=(0, 1))
    assert taken_back["done"] > 0
    attack.check(instance.filed, status["conflicts"])
    assert len(contents(instance.inbox)) + len(contents(instance.filed)) == before
