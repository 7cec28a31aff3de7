"""A real Chromium that shows the review page, driven by its own driver."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.selenium import Axe
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.support.waiting import wait_for

SHOTS = Path(__file__).parents[2] / "build" / "review"


class Browser:
    """One window."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Have the page shown in this many pixels, light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def open(self, address: str) -> None:
        """Open the one-time address."""
        self.driver.get(address)
        self.complaints()  # those of a page before
        loaded = "return document.readyState === 'complete' && document.querySelector('main') !== null"
        wait_for(lambda: self.run(loaded), what="the page and its scripts")

    def tab(self, name: str) -> None:
        """Go to a tab of the page."""
        self.driver.get(self.base + name)

    @property
    def base(self) -> str:
        """The address of the page."""
        path = self.one("body").get_attribute("data-base")
        return "/".join(self.driver.current_url.split("/")[:3]) + f"{path}/"

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements that match."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """Return the first element that matches."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def names(self) -> list[str]:
        """Return the names of the images that are listed."""
        return [
            str(name)
            for name in self.run("return [...document.querySelectorAll('.card .name')].map(e => e.textContent)")
        ]

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page."""
        return self.driver.execute_script(script, *arguments)

    def pictures_are_loaded(self) -> bool:
        """Return whether all pictures in view are there."""
        script = "return [...document.images].every(e => e.complete || e.getBoundingClientRect().top > innerHeight)"
        return bool(self.run(script))

    def shoot(self, name: str) -> None:
        """Save what the page looks like."""
        wait_for(self.pictures_are_loaded, what="pictures")
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))

    def violations(self) -> list[str]:
        """Return what axe-core finds wrong for people who do not see, or not well, or use no mouse."""
        found = Axe().run(self.driver)["violations"]
        return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]

    def complaints(self) -> list[str]:
        """Return the errors in the console."""
        return [each["message"] for each in self.driver.get_log("browser") if "favicon.ico" not in each["message"]]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium until the block ends; skip the test where it is not installed."""
    program, helper = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or helper is None:
        pytest.skip("chromium and chromedriver are not installed")
    options = ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(helper))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
