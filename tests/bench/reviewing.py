"""The review page in Chromium with 10² to 10⁴ unsure images: until it is painted, and from a key to the next image."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from instance import COMMANDS, Instance
from PIL import Image
from prefill import CONFIG, identity, insert, last
from world import World

SIDE = 300
KEYS = 8
LOADS = 5
PAINTED = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
NEXT = """
const done = arguments[arguments.length - 1];
const large = document.getElementById("large");
const before = large.src;
const began = performance.now();
document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "l", bubbles: true }));
large.decode().then(() => requestAnimationFrame(() => done(large.src === before ? null : performance.now() - began)));
"""


def measure(world: World) -> dict[str, Any]:
    """Return `review`: a list of sizes with the milliseconds, medians; empty where Chromium is not installed."""
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        return {}
    image = world.folder / "unsure.png"
    Image.effect_noise((SIDE, SIDE), 50).convert("RGB").save(image)
    found = []
    for size in world.amounts.unsure:
        instance = Instance(world.folder / f"review-{size}", str(world.tiny_checkpoint), world.cache, CONFIG)
        fill(instance, image.read_bytes(), size)
        with page(instance) as address:
            found.append({"images": size, **watched(address)})
    ratios = {f"review_{name}_ratio": found[-1][name] / found[0][name] for name in ("paint_ms", "next_ms")}
    return {"review": found, **ratios}


def fill(instance: Instance, data: bytes, count: int) -> None:
    """Make the journal know many images about which a rule is not sure; one is really classified."""
    first = instance.inbox / "left.png"
    first.write_bytes(data)
    instance.ctl("sort", str(first))
    with closing(sqlite3.connect(instance.journal)) as connection, connection:
        connection.row_factory = sqlite3.Row
        connection.execute("UPDATE decisions SET doubt = 'Most'")
        decision, known = last(connection, "decisions"), last(connection, "images")
        for number in range(1000, 1000 + count - 1):
            path = instance.inbox / f"left-{number:06}.png"
            path.write_bytes(data)
            name = {"path": os.fsencode(path)}
            insert(connection, "decisions", decision | name | {"id": number})
            own = {"decision": number, "sha256": number.to_bytes(32, "little")}
            insert(connection, "images", known | identity(path) | name | own)


@contextmanager
def page(instance: Instance) -> Iterator[str]:
    """Serve the page, and yield its address."""
    command = [COMMANDS / "snapsortctl", "review", "--no-browser", "--json"]
    with subprocess.Popen(command, env=instance.env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["address"]
        finally:
            process.send_signal(signal.SIGINT)


def watched(address: str) -> dict[str, float]:
    """Return how long a browser takes."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--window-size=1440,900", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
    try:
        driver.get(address)
        painted, shown = [], []
        for _ in range(LOADS):
            driver.refresh()
            while (paint := driver.execute_script(PAINTED)) is None:
                pass
            painted.append(paint)
        for _ in range(KEYS):
            taken = driver.execute_async_script(NEXT)
            assert taken is not None, "the key had no effect"
            shown.append(taken)
        return {"paint_ms": statistics.median(painted), "next_ms": statistics.median(shown)}
    finally:
        driver.quit()
