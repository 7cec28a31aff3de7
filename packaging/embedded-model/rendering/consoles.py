"""Text-mode programs, run for real in a pseudo-terminal and drawn with a terminal's colours and fonts."""

# ruff: noqa: E501 - markup and lists of programs

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import tempfile
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pyte

from rendering import coding
from rendering.page import MONO, Page, Source, Theme, safe
from rendering.text import UI

NAMES = ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
PALETTES = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc 5e5c64 f66151 33da7a e9ad0c 2a7bde c061cb 33c7de ffffff",
    "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 586e75 cb4b16 93a1a1 839496 657b83 6c71c4 93a1a1 fdf6e3",
    "282a36 ff5555 50fa7b f1fa8c bd93f9 ff79c6 8be9fd f8f8f2 6272a4 ff6e6e 69ff94 ffffa5 d6acff ff92df a4ffff ffffff",
    "2e3440 bf616a a3be8c ebcb8b 81a1c1 b48ead 88c0d0 e5e9f0 4c566a bf616a a3be8c ebcb8b 81a1c1 b48ead 8fbcbb eceff4",
)
DIALOGS = (
    "--msgbox",
    "--yesno",
    "--infobox",
    "--inputbox",
    "--menu",
    "--checklist",
    "--radiolist",
    "--gauge",
    "--calendar",
    "--form",
)


def box(source: Source, wide: int, high: int) -> list[str]:
    """Return a command that shows a dialog box of text mode."""
    rng, words = source.rng, source.latin()
    program = rng.choice(["dialog", "dialog", "whiptail"])
    kind = rng.choice(DIALOGS[:8] if program == "whiptail" else DIALOGS)
    size = [str(rng.randint(9, high - 6)), str(rng.randint(34, wide - 8))]
    back = ["--backtitle", words.title(2, 6)] if rng.random() < 0.7 else []
    text = words.paragraph(1, 3)
    rest: list[str] = []
    if kind in {"--menu", "--checklist", "--radiolist"}:
        size[0] = str(high - 5)
        rest = [str(high - 14)]
        for number in range(rng.randint(4, 14)):
            rest += [str(number + 1), rng.choice(UI)] + ([rng.choice(["on", "off"])] if kind != "--menu" else [])
    elif kind == "--gauge":
        rest = [str(rng.randint(3, 97))]
    elif kind == "--calendar":
        size = ["0", "0"]
    elif kind == "--form":
        size, rest = [str(high - 5), str(wide - 12)], [str(high - 13)]
        for number in range(1, 7):
            rest += [rng.choice(UI), str(number), "1", words.word(), str(number), "22", "20", "30"]
    return [program, *back, "--title", words.title(1, 4), kind, text, *size, *rest]


def command(source: Source, home: Path, wide: int, high: int) -> tuple[list[str], str]:
    """Return a program with its arguments, and the keys to press."""
    rng = source.rng
    for _ in range(12):
        (home / f"{source.latin().word()}.{rng.choice(['txt', 'py', 'c', 'log'])}").write_text(coding.python(source))
        (home / source.latin().word().title()).mkdir(exist_ok=True)
    file = str(rng.choice([each for each in home.iterdir() if each.is_file()]))
    page = home / "page.html"
    page.write_text(
        "".join(
            f"<h2>{source.words.title()}</h2><p>{source.words.paragraph()} <a href=x>{source.words.word()}</a></p>"
            for _ in range(6)
        )
    )
    folder = rng.choice([str(home), "/usr/share", "/etc", "/usr/lib", "/usr/bin", "/var/lib/dpkg"])
    skins = [
        each.stem for each in Path("/usr/share/mc/skins").glob("*.ini") if "256" in each.stem or "16M" not in each.stem
    ]
    choices: list[tuple[int, list[str], str]] = [
        (7, box(source, wide, high), ""),
        (4, ["mc", "-S", rng.choice(skins or ["default"]), folder, str(home)], rng.choice(["", "", "\x1b[20~", "\x1b[20~\r", "\x1b[B" * 4, "\x1b[18~"])),
        (2, ["mcedit", file], ""),
        (3, ["htop"], rng.choice(["", "\x1b[15~", "\x1b[12~"])),
        (1, ["top"], ""),
        (2, ["nano", file], ""),
        (2, ["vim.tiny", "-c", "set number", file], rng.choice(["", ":split\r", "i"])),
        (2, ["w3m", str(page)], ""),
        (1, ["elinks", str(page)], rng.choice(["", "\x1b"])),
        (1, ["ncdu", str(rng.choice([home, "/usr/share/doc"]))], ""),
        (1, ["aptitude", "-s"], rng.choice(["", "\x14"])),
        (1, ["man", rng.choice(["ls", "tar", "bash", "find", "ssh", "dpkg"])], " " * rng.randint(0, 3)),
        (1, ["less", "-N", file], ""),
        (2, ["sh", "-c", f"ls -la --color=always {folder}; sleep 9"], ""),
        (1, ["sh", "-c", "ps aux --forest; df -h; sleep 9"], ""),
        (1, ["tmux", "-L", home.name, "-f", "/dev/null", "new-session", "htop; sleep 9", ";", "split-window", "-h", f"ls -l --color {folder}; sleep 9", ";", "split-window", f"less {file}"], ""),
    ]  # fmt: skip
    chosen = rng.choices(choices, [weight for weight, _, _ in choices])[0]
    return chosen[1], chosen[2]


class Screen(pyte.Screen):
    """A screen that passes over private sequences of xterm on which pyte fails."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)

    def set_margins(self, top: int | None = None, bottom: int | None = None, private: bool = False) -> None:
        if not private:
            super().set_margins(top, bottom)


def screen(program: list[str], keys: str, home: Path, wide: int, high: int) -> Screen:
    """Return the screen of a program a second after its start and the keys; the program is ended."""
    shown = Screen(wide, high)
    stream = pyte.ByteStream(shown)
    child, end = pty.fork()
    if child == 0:
        os.chdir(home)
        os.environ.update(TERM="xterm-256color", HOME=str(home), LANG="C.UTF-8", LINES=str(high), COLUMNS=str(wide))
        try:
            os.execvp(program[0], program)
        finally:
            os._exit(127)
    ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", high, wide, 0, 0))
    begin, sent = time.monotonic(), False
    try:
        while time.monotonic() - begin < 1.6:
            if not sent and time.monotonic() - begin > 0.8:
                os.write(end, keys.encode())
                sent = True
            if select.select([end], [], [], 0.1)[0]:
                stream.feed(os.read(end, 65536))
    except OSError:
        pass  # the program has ended, and its last screen remains
    finally:
        os.close(end)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return shown


def drawn(shown: Screen, palette: list[str], ink: str, back: str) -> str:
    """Return the screen as HTML, one element for each run of characters in the same colours."""

    def colour(name: str, usual: str, bold: bool) -> str:
        if name == "default":
            return usual
        if name in NAMES:
            return f"#{palette[NAMES.index(name) + (8 if bold else 0)]}"
        if name.removeprefix("bright") in NAMES:
            return f"#{palette[NAMES.index(name.removeprefix('bright')) + 8]}"
        return f"#{name}" if len(name) == 6 else usual

    rows = []
    for y in range(shown.lines):
        runs: list[tuple[str, str]] = []
        for x in range(shown.columns):
            cell = shown.buffer[y][x]
            fore, behind = colour(cell.fg, ink, cell.bold), colour(cell.bg, back, False)
            if cell.reverse:
                fore, behind = behind, fore
            look = f"color:{fore};background:{behind};font-weight:{700 if cell.bold else 400}"
            if runs and runs[-1][0] == look:
                runs[-1] = (look, runs[-1][1] + cell.data)
            else:
                runs.append((look, cell.data))
        rows.append("".join(f"<span style='{look}'>{safe(text)}</span>" for look, text in runs))
    return "\n".join(rows)


def console(source: Source) -> Page:
    """Return a text-mode program: bare, in a terminal's window, or on a desktop."""
    rng = source.rng
    wide, high = rng.choice([(80, 24), (80, 25), (100, 30), (120, 36), (132, 43), (90, 50)])
    with tempfile.TemporaryDirectory(prefix="rendering-", ignore_cleanup_errors=True) as folder:
        program, keys = command(source, Path(folder), wide, high)
        shown = screen(program, keys, Path(folder), wide, high)
    palette = rng.choice(PALETTES).split()
    dark = rng.random() < 0.8
    ink, back = (
        (f"#{palette[7]}", rng.choice([f"#{palette[0]}", "#000", "#1e1e1e", "#300a24"]))
        if dark
        else (f"#{palette[0]}", rng.choice(["#fff", "#fdf6e3", "#ffffdd"]))
    )
    size = rng.choice([13, 14, 16, 18])
    text = f"<pre style=\"margin:0;padding:{rng.choice([0, 0, 4, 10])}px;background:{back};color:{ink};font:{size}px/{rng.choice([1.1, 1.17, 1.25])} '{rng.choice(MONO[:6])}','DejaVu Sans Mono',monospace;display:inline-block\">{drawn(shown, palette, ink, back)}</pre>"
    theme = Theme(rng)
    if rng.random() < 0.5:
        text = f"<div style='display:inline-block;background:{back};border-radius:{theme.radius}px;overflow:hidden;box-shadow:0 4px 20px #0006'><div style='background:{theme.panel};color:{theme.ink};padding:7px 12px;display:flex;font:13px Roboto'><span style='flex:1;text-align:center'>{rng.choice(['Terminal', 'user@host: ~', program[0]])}</span>{rng.choice(['— ☐ ✕', '● ● ●', '✕'])}</div>{text}</div>"
    outside = rng.choice([0, 0, 0, 40])
    behind = rng.choice(["#fff", theme.accent, f"url({source.photo()}) center/cover"])
    width = round(wide * size * 0.61) + 2 * outside
    caption = "a text-mode program in a terminal" if program[0] != "sh" else "a terminal"
    return Page(
        "terminal_screenshot",
        caption,
        f"<div style='padding:{outside}px;background:{behind};display:inline-block'>{text}</div>",
        width,
        0,
        "body{margin:0}",
        tall=1400,
        side=1280,
    )


KINDS = {"console": (console, 130)}
