"""A virtual X screen with a window manager, wallpaper and panel, on which real programs are started."""

# ruff: noqa: E501 - configuration files in one piece

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from PIL import Image, ImageGrab

SIZES = ((1280, 720), (1366, 768), (1280, 1024), (1440, 900), (1600, 900), (1920, 1080), (1024, 768))
GTK = (
    "Adwaita",
    "Adwaita:dark",
    "Arc",
    "Arc-Dark",
    "Arc-Darker",
    "Greybird",
    "Greybird-dark",
    "Raleigh",
    "HighContrast",
)
ICONS = ("Adwaita", "Papirus", "Papirus-Dark", "elementary-xfce")
BOX = Path("/usr/share/themes")
START = 40  # seconds for the screen to come up


class Session:
    """One screen with its own home folder; `start` brings it up, `close` ends everything that was started on it."""

    def __init__(self, rng: random.Random, number: int, home: Path, wallpaper: Path) -> None:
        self.rng, self.home, self.display = rng, home, f":{number}"
        self.size = rng.choice(SIZES)
        self.started: list[subprocess.Popen[bytes]] = []
        self.theme = rng.choice(GTK)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "DISPLAY": self.display, "GTK_THEME": self.theme, "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(home / ".config"), "XDG_RUNTIME_DIR": str(home / ".run"), "NO_AT_BRIDGE": "1",
            "SDL_AUDIODRIVER": "dummy", "LIBGL_ALWAYS_SOFTWARE": "1", "GDK_BACKEND": "x11", "SAL_USE_VCLPLUGIN": "gtk3",
        }  # fmt: skip
        for folder in (".config/gtk-3.0", ".config/openbox", ".run"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        (home / ".run").chmod(0o700)
        (home / ".config/gtk-3.0/settings.ini").write_text(
            f"[Settings]\ngtk-icon-theme-name={rng.choice(ICONS)}\n"
            f"gtk-font-name={rng.choice(['Cantarell', 'DejaVu Sans', 'Roboto', 'Open Sans'])} {rng.choice([9, 10, 11, 13])}\n"
        )
        frames = sorted(p.parent.parent.name for p in BOX.glob("*/openbox-3/themerc"))
        (home / ".config/openbox/rc.xml").write_text(
            '<?xml version="1.0"?><openbox_config xmlns="http://openbox.org/3.4/rc"><theme>'
            f"<name>{rng.choice(frames)}</name><titleLayout>{rng.choice(['NLIMC', 'CLIM', 'LIMC'])}</titleLayout></theme></openbox_config>"
        )
        self.wallpaper = wallpaper

    def start(self) -> None:
        """Start the screen, a window manager, the wallpaper and the panel; raise TimeoutError if that fails."""
        rng, home, wallpaper = self.rng, self.home, self.wallpaper
        wide, high = self.size
        self.run("Xvfb", self.display, "-screen", "0", f"{wide}x{high}x24", "-nolisten", "tcp", "-noreset")
        self.wait_property("_NET_SUPPORTING_WM_CHECK", ":")
        self.run("openbox")
        self.wait_property("_NET_SUPPORTING_WM_CHECK", "window id")
        if rng.random() < 0.5:
            looks = home / ".config/pcmanfm/default"
            looks.mkdir(parents=True)
            (looks / "desktop-items-0.conf").write_text(
                f"[*]\nwallpaper_mode=crop\nwallpaper={wallpaper}\nshow_documents=1\n"
            )
            self.run("pcmanfm", "--desktop", bus=True)
        else:
            self.run("feh", "--bg-fill", str(wallpaper))
        self.tool("mousemove", str(rng.choice([3, wide - 3])), str(rng.randint(high // 3, high // 2)))
        if rng.random() < 0.85:
            self.run("tint2", "-c", str(self.panel()))

    def panel(self) -> Path:
        """Start a panel of random design: at the top or bottom, dark or light, slim or tall."""
        rng = self.rng
        dark = rng.random() < 0.6
        back, ink = ("#15181c 92", "#eeeeee 100") if dark else ("#f2f2f2 95", "#222222 100")
        starters = "".join(
            f"launcher_item_app = /usr/share/applications/{name}.desktop\n"
            for name in ("pcmanfm", "lxterminal", "geany", "galculator", "gimp", "libreoffice-writer")
        )
        path = self.home / "tint2rc"
        path.write_text(
            f"background_color = {back}\nborder_width = 0\nbackground_color = {rng.choice(['#3b6ea5 80', '#888888 50', '#e95420 80'])}\nborder_width = 1\n"
            f"panel_items = {rng.choice(['LTSC', 'TSC', 'LTC', 'CLT', 'TLSC'])}\npanel_size = {rng.choice(['100%', '100%', '70%'])} {rng.choice([26, 32, 40, 52])}\n"
            f"panel_position = {rng.choice(['bottom', 'bottom', 'bottom', 'top'])} center horizontal\npanel_background_id = 1\ntask_text = {rng.choice([0, 1, 1])}\ntask_icon = 1\n"
            f"task_maximum_size = 180 40\ntask_font_color = {ink}\ntask_active_background_id = 2\ntime1_format = %H:%M\ntime2_format = {rng.choice(['', '%d.%m.%Y'])}\n"
            f"clock_font_color = {ink}\nlauncher_icon_theme = {rng.choice(ICONS)}\nlauncher_padding = 6 3 6\n{starters}"
        )
        return path

    def run(self, *command: str, bus: bool = False) -> subprocess.Popen[bytes]:
        """Start a program on the screen, optionally with a message bus of its own."""
        if shutil.which(command[0]) is None:
            raise FileNotFoundError(command[0])
        started = subprocess.Popen(
            (["dbus-run-session", "--"] if bus else []) + list(command),
            env=self.environment, cwd=self.home, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.started.append(started)
        return started

    def tool(self, *arguments: str) -> str:
        """Return xdotool's output."""
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, timeout=20, check=False
        )
        return done.stdout.strip()

    def wait_property(self, name: str, answer: str) -> None:
        """Wait until the root window responds as expected."""
        end = time.monotonic() + START
        command = ["xprop", "-root", name]
        while True:
            done = subprocess.run(
                command, env=self.environment, capture_output=True, text=True, timeout=20, check=False
            )
            if answer in done.stdout:
                return
            if time.monotonic() > end:
                raise TimeoutError(f"no response from the screen {self.display}")
            time.sleep(0.2)

    def windows(self) -> list[str]:
        """Return the numbers of the programs' windows, newest last."""
        found = subprocess.run(
            ["xprop", "-root", "_NET_CLIENT_LIST"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        numbers = found.stdout.partition("#")[2]
        return [n.strip() for n in numbers.split(",") if n.strip().startswith("0x")]

    def wait_window(self, known: list[str], seconds: float) -> str | None:
        """Return the first window that was not known before, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            new = [w for w in self.windows() if w not in known]
            if new:
                return new[-1]
            time.sleep(0.2)
        return None

    def place(self, window: str) -> None:
        """Move the window to a random position, in a random size."""
        rng, (wide, high) = self.rng, self.size
        width, height = int(wide * rng.uniform(0.35, 0.85)), int(high * rng.uniform(0.4, 0.8))
        self.tool("windowsize", window, str(width), str(height))
        self.tool(
            "windowmove",
            window,
            str(rng.randint(0, max(1, wide - width))),
            str(rng.randint(0, max(1, high - height - 60))),
        )

    def picture(self) -> Image.Image:
        """Return a picture of the whole screen."""
        return ImageGrab.grab(xdisplay=self.display).convert("RGB")

    def cut(self, picture: Image.Image, window: str) -> Image.Image:
        """Return a picture of the window with some of its frame."""
        facts = dict(
            line.split("=") for line in self.tool("getwindowgeometry", "--shell", window).split() if "=" in line
        )
        left, top, width, height = (int(facts.get(k, 0)) for k in ("X", "Y", "WIDTH", "HEIGHT"))
        above = self.rng.choice([0, 22, 22])
        box = (
            max(0, left - 1),
            max(0, top - above),
            min(picture.width, left + width + 1),
            min(picture.height, top + height + 1),
        )
        return picture.crop(box) if box[2] - box[0] > 60 and box[3] - box[1] > 60 else picture

    def close(self) -> None:
        """End everything started on the screen, found by the home folder in its environment.

        Message buses start further programs.
        """
        mark = f"HOME={self.home}\0".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:  # ended by itself, or another user's
                continue
        for started in self.started:
            started.wait(10)
        number = self.display[1:]
        Path(f"/tmp/.X11-unix/X{number}").unlink(missing_ok=True)
        Path(f"/tmp/.X{number}-lock").unlink(missing_ok=True)
