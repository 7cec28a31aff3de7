"""Demonstrate snapsortd from outside: images arrive, are filed, and `snapsortctl undo` restores all of them.

Everything happens in a temporary folder; no user data is touched and nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import render
from PIL import Image

from snapsortd.domain.text import score_text

REPOSITORY = Path(__file__).resolve().parents[2]
COMMANDS = Path(sys.executable).parent
PHOTOS = Path(__file__).parent / "photos"
"""Both are in the public domain (CC0): a cat by Stefan van der Walt, a cup of coffee by Rachel Michetti."""
START_S = 120.0
"""Maximum wait for the daemon and its model."""


def images() -> dict[str, bytes]:
    """Return file name → bytes: screenshots and receipts drawn here, two photos."""

    def drawn(image: Image.Image, suffix: str) -> bytes:
        memory = io.BytesIO()
        image.save(memory, suffix, quality=90)
        return memory.getvalue()

    return {
        "Screenshot 2026-11-23 at 09.14.07.png": drawn(render.screenshot(1), "png"),
        "IMG_2207.jpg": drawn(render.receipt(1), "jpeg"),
        "chelsea.png": drawn(Image.open(PHOTOS / "chelsea.jpg"), "png"),
        "Bildschirmfoto.png": drawn(render.screenshot(4, (1440, 900)), "png"),
        "scan0007.jpg": drawn(render.receipt(5), "jpeg"),
        "coffee.png": drawn(Image.open(PHOTOS / "coffee.jpg"), "png"),
    }


def write_like_a_browser(path: Path, data: bytes) -> None:
    """Write a partial download that grows, and is then renamed to its final name."""
    partial = path.with_name(path.name + ".crdownload")
    write_slowly(partial, data)
    partial.rename(path)


def write_slowly(path: Path, data: bytes) -> None:
    """Write six pieces with pauses, as a slow screenshot tool or network does."""
    step = len(data) // 6 + 1
    with path.open("wb") as file:
        for start in range(0, len(data), step):
            file.write(data[start : start + step])
            file.flush()
            time.sleep(0.1)


def tree(folder: Path) -> dict[str, str]:
    """Return relative path → SHA-256 of every file below."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Demo:
    """One daemon with all of its locations in one temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        self.env = os.environ | {
            "SNAPSORTD_CONFIG": str(REPOSITORY / "config" / "demo.yaml"),
            "SNAPSORTD_DEMO": str(folder),
            "HOME": str(folder),  # so that it is shown as `~`
            **{f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "STATE", "CACHE")},
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PYTHONUNBUFFERED": "1",
        }

    def ctl(self, *words: str) -> None:
        """Show the command as a user would type it, and run it."""
        print(f"\n$ snapsortctl {' '.join(words)}", flush=True)
        done = subprocess.run([COMMANDS / "snapsortctl", *words], env=self.env)
        if done.returncode:
            sys.exit(f"snapsortctl {words[0]} ended with {done.returncode}")

    def wait_until_running(self, daemon: subprocess.Popen[bytes]) -> None:
        """Wait until `status` reports running; meanwhile the model is loading."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and daemon.poll() is None:
            asked = subprocess.run(
                [COMMANDS / "snapsortctl", "status", "--json"], env=self.env, capture_output=True, text=True
            )
            if asked.returncode == 0 and json.loads(asked.stdout)["state"] == "running":
                return
            time.sleep(0.2)
        sys.exit(f"the daemon did not start; see {self.folder}/daemon.log")

    def show(self) -> None:
        """Run the whole demonstration."""
        with (self.folder / "daemon.log").open("wb") as log:
            daemon = subprocess.Popen([COMMANDS / "snapsortd"], env=self.env, stderr=log)
        try:
            self.wait_until_running(daemon)
            print(f"snapsortd is running and watches {self.inbox}\n")
            events = subprocess.Popen(
                [COMMANDS / "snapsortctl", "watch", "--json"], env=self.env, stdout=subprocess.PIPE, text=True
            )
            dropped = images()
            self.drop(dropped, events)
            events.terminate()
            events.wait()
            before = {name: hashlib.sha256(data).hexdigest() for name, data in dropped.items()}
            self.ctl("log")
            filed = sorted((self.folder / "filed").rglob("*.jpg"))
            self.ctl("explain", str(filed[0]))
            self.ctl("undo", "--all")
            if tree(self.inbox) != before or tree(self.folder / "filed"):
                sys.exit("the inbox is not as it was before")
            print(f"\nAll {len(before)} images are back in the inbox, byte for byte as before (SHA-256 compared).")
        finally:
            daemon.terminate()
            daemon.wait(timeout=30)

    def drop(self, dropped: dict[str, bytes], events: subprocess.Popen[str]) -> None:
        """Write the images one after another and print the result for each."""
        assert events.stdout is not None
        events.stdout.readline()  # the state: no event is missed from here on
        for i, (name, data) in enumerate(dropped.items()):
            (write_like_a_browser if i % 2 else write_slowly)(self.inbox / name, data)
            for line in events.stdout:
                event = json.loads(line)
                if event.get("path") == str(self.inbox / name):
                    print(describe(event, self.folder), flush=True)
                    break


def describe(event: dict[str, object], folder: Path) -> str:
    """Describe the result for one image in two lines."""

    def short(path: object) -> str:
        return str(path).removeprefix(f"{folder}/")

    what = f"{event['label']} {score_text(event['score'])} (margin {score_text(event['margin'])})"
    where = f"→ {short(event['target'])}" if event["event"] == "filed" else f"stays: {event['reason']}"
    rule = f", rule “{event['rule']}”" if event.get("rule") else ""
    return f"{short(event['path'])}\n    {what}{rule}, {event['milliseconds']:.0f} ms\n    {where}"


def main() -> None:
    """Run the demo and clean up; if something went wrong, the folder is kept."""
    folder = Path(tempfile.mkdtemp(prefix="snapsortd-demo-"))
    Demo(folder).show()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
