#!/usr/bin/env python3
"""Take screenshots of real desktop programs on a virtual screen, into the folder that `render.py` fills.

Windows appear at varying times, so two runs are only roughly the same.

usage: python -m rendering.desktop CORPUS OUT [--sessions 90] [--seed 0]
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from rendering.page import Source
from rendering.programs import Program, choose, fill, wallpaper
from rendering.render import add, row, save
from rendering.sources import usable_photos
from rendering.text import Words
from rendering.xsession import Session

FIRST_DISPLAY = 70
FIXED = {"galculator", "lbreakout2", "pingus", "kobodl", "supertux2"}  # windows of one size


def flat(picture: Image.Image) -> bool:
    """Return whether there is nothing to see, as in a window that has not been drawn yet."""
    small = picture.convert("L").resize((48, 48))
    low, high = small.getextrema()
    return int(high) - int(low) < 12  # type: ignore[arg-type]


def shots(session: Session, source: Source, home: Path) -> Iterator[tuple[Image.Image, str, str]]:
    """Yield pictures with class and caption: the screen as it fills up, single windows, one window that fills all."""
    rng, files = source.rng, fill(home, source)
    time.sleep(1.5)
    if rng.random() < 0.3:
        yield session.picture(), "desktop_screenshot", "an empty computer desktop"
    for count in range(rng.randint(2, 4)):
        program = choose(source, files, home)
        known = session.windows()
        session.run(*program.command, bus=program.bus)
        window = session.wait_window(known, 25)
        if window is None:
            continue
        time.sleep(program.patience)
        yield from views(session, program, session.windows()[-1], count)


def views(session: Session, program: Program, window: str, count: int) -> Iterator[tuple[Image.Image, str, str]]:
    """Yield the window alone, the screen with it, and the screen filled by it."""
    rng = session.rng
    small = program.fine == "settings_dialog"
    if not small and program.command[0] not in FIXED:
        session.place(window)
        time.sleep(1)
    screen = session.picture()
    alone = session.cut(screen, window)
    if (small or rng.random() < 0.6) and not flat(alone):
        yield alone, program.fine, program.caption
    windows = "several windows" if count else "a window"
    yield screen, "desktop_screenshot", f"a computer desktop with {windows}"
    if not small and program.command[0] not in FIXED and rng.random() < 0.35:
        wide, high = session.size
        session.tool("windowmove", window, "0", str(rng.choice([0, 24])))
        session.tool("windowsize", window, str(wide), str(high - rng.choice([0, 30, 60])))
        time.sleep(1.2)
        yield session.picture(), program.whole, f"{program.caption}, filling the screen"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sessions", type=int, default=90)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that programs are ended too
    os.environ["PATH"] += ":/usr/games"
    args.out.mkdir(parents=True, exist_ok=True)
    index, known = args.out / "index.csv", set()
    if index.exists():
        with index.open(newline="") as lines:
            known = {Path(line["path"]).name.rsplit("-", 1)[0] for line in csv.DictReader(lines)}
    photos = usable_photos(args.corpus)
    for number in range(args.sessions):
        name = f"desktop-{args.seed}-{number:04}"
        if name in known:
            continue
        rng, begin, made = random.Random(f"{args.seed} desktop {number}"), time.monotonic(), 0
        source = Source(rng, Words(rng), photos)
        with tempfile.TemporaryDirectory(prefix="rendering-", ignore_cleanup_errors=True) as folder:
            home = Path(folder)
            session = Session(rng, FIRST_DISPLAY + number % 20, home, wallpaper(home / "wallpaper.jpg", source))
            try:
                session.start()
                for picture, fine, caption in shots(session, source, home):
                    path = args.out / "images" / fine / f"{name}-{made}.jpg"
                    size = picture.size
                    save(picture, path, rng.randint(65, 95))
                    add(index, row(path, args.out, fine, caption, size, "desktop"))
                    made += 1
            except (OSError, RuntimeError, subprocess.SubprocessError) as fault:
                print(f"{name}: {fault}", flush=True)
            finally:
                session.close()
        print(f"{name}: {made} images in {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
