"""Desktop programs to start, the files to open in them, and captions for pictures of their windows."""

# ruff: noqa: E501 - lists of programs and their options

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from rendering import coding
from rendering.page import Source
from rendering.text import UI

CSV = "Text - txt - csv (StarCalc):44,34,76,1"  # commas, quotes, UTF-8, from line 1


@dataclass(frozen=True)
class Program:
    """A command; the class of its window alone, and of the screen when the window fills it; seconds to settle."""

    command: tuple[str, ...]
    fine: str
    caption: str
    patience: float = 1.5
    whole: str = "desktop_screenshot"
    bus: bool = False


def fill(home: Path, source: Source) -> dict[str, list[Path]]:
    """Create files to open, in `home`: texts, code, tables, pages, photos."""
    rng, words = source.rng, source.words
    kinds: dict[str, list[Path]] = {"text": [], "code": [], "table": [], "page": [], "photo": []}
    folders = [home / "Documents", home / "Pictures", home / "Desktop", home / "Documents" / words.word()]
    for folder in folders + [home / words.word().title() for _ in range(rng.randint(2, 8))]:
        folder.mkdir(parents=True, exist_ok=True)
    latin = source.latin()
    for _ in range(rng.randint(2, 6)):
        path = rng.choice(folders) / f"{latin.word()}.txt"
        path.write_text("\n\n".join(words.paragraph(2, 7) for _ in range(12)))
        kinds["text"].append(path)
        make, end = rng.choice(
            [(coding.python, "py"), (coding.braces, "c"), (coding.braces, "js"), (coding.markup, "html")]
        )
        path = home / "Documents" / f"{latin.word()}.{end}"
        path.write_text(make(source))
        kinds["code"].append(path)
        path = home / "Documents" / f"{latin.word()}.csv"
        path.write_text(
            "\n".join(
                ",".join([words.word(), *(str(rng.randint(0, 9999)) for _ in range(rng.randint(3, 9)))])
                for _ in range(50)
            )
        )
        kinds["table"].append(path)
        path = home / "Documents" / f"{latin.word()}.html"
        body = "".join(f"<h2>{words.title()}</h2><p>{words.paragraph(3, 9)}</p>" for _ in range(7))
        path.write_text(f"<meta charset=utf-8><h1>{words.title()}</h1>{body}")
        kinds["page"].append(path)
    for photo in rng.sample(source.photos, rng.randint(4, 14)):
        path = home / "Pictures" / f"{latin.word()}-{rng.randint(1, 999)}.jpg"
        shutil.copy(photo, path)
        kinds["photo"].append(path)
    for _ in range(rng.randint(0, 7)):
        (home / "Desktop" / f"{latin.word()}.{rng.choice(['txt', 'odt', 'zip', 'png'])}").write_text("")
    return kinds


def wallpaper(path: Path, source: Source) -> Path:
    """Create an image: a photo, a plain colour or a shaded one."""
    rng = source.rng
    if rng.random() < 0.6:
        shutil.copy(rng.choice(source.photos), path)
        return path
    corners = [[rng.randint(0, 200) for _ in range(3)] for _ in range(rng.choice([1, 2, 4, 9]))]
    small = Image.new("RGB", {1: (1, 1), 2: (1, 2), 4: (2, 2), 9: (3, 3)}[len(corners)])  # type: ignore[arg-type]
    small.putdata([tuple(c) for c in corners])
    small.resize((1280, 800), Image.Resampling.BICUBIC).save(path)
    return path


def dialog(source: Source) -> tuple[str, ...]:
    """Return a GTK dialog with fields, lists, questions."""
    rng, words = source.rng, source.words
    title = f"--title={words.title(1, 3)}"
    if rng.random() < 0.6:
        fields = [
            f"--field={rng.choice(UI)}:{rng.choice(['CHK', 'CHK', '', 'NUM', 'CB', 'SCL', 'CLR', 'FN', 'SW', 'DT'])}"
            for _ in range(rng.randint(4, 14))
        ]
        values = [
            "a!b!c"
            if f.endswith("CB")
            else rng.choice(["TRUE", "FALSE"])
            if f.endswith(("CHK", "SW"))
            else ""
            if f.endswith(("CLR", "FN", "DT"))
            else str(rng.randint(1, 99))
            for f in fields
        ]
        text = (
            [f"--text={words.sentence()}", f"--image=dialog-{rng.choice(['information', 'question', 'warning'])}"]
            if rng.random() < 0.4
            else []
        )
        return (
            "yad",
            "--form",
            title,
            f"--columns={rng.choice([1, 1, 2])}",
            "--button=Cancel:1",
            "--button=OK:0",
            *text,
            *fields,
            *values,
        )
    kind = rng.choice(
        ["question", "info", "warning", "error", "list", "entry", "scale", "calendar", "file-selection", "password"]
    )
    if kind == "list":
        rows = [
            cell
            for _ in range(rng.randint(4, 12))
            for cell in (rng.choice(["TRUE", "FALSE"]), rng.choice(UI), words.some(1, 4))
        ]
        return (
            "zenity",
            "--list",
            "--checklist",
            title,
            "--column=",
            "--column=Name",
            "--column=Info",
            f"--text={words.sentence()}",
            "--width=460",
            "--height=380",
            *rows,
        )
    text = () if kind in {"file-selection", "password"} else (f"--text={words.sentence()} {words.sentence()}",)
    return ("zenity", f"--{kind}", title, *text)


def shell(source: Source, home: Path) -> tuple[str, ...]:
    """Return a terminal program with colours of its own and some content."""
    rng = source.rng
    log = home / f"{source.latin().word()}.log"
    log.write_text("\n".join(coding.session(source)))
    show = rng.choice(
        [
            f"cat {log}",
            "ls -la --color=always . Documents Pictures",
            "htop",
            "top",
            f"less {log}",
            "mc",
            "ls -lR --color=always",
            "find . -type f",
            "ps aux",
            "df -h; free; uname -a; ls --color=always",
            f"vim.tiny {log}",
        ]
    )
    command = f"{show}; sleep 99"
    dark = rng.random() < 0.8
    back = (
        f"#{rng.randint(0, 50):02x}{rng.randint(0, 50):02x}{rng.randint(0, 60):02x}"
        if dark
        else rng.choice(["#ffffff", "#fdf6e3", "#eeeeee"])
    )
    ink = rng.choice(["#dddddd", "#33ff55", "#ffcc66", "#ffffff"]) if dark else "#222222"
    font = rng.choice(["DejaVu Sans Mono", "Liberation Mono", "Hack", "Fira Code", "JetBrains Mono"])
    if rng.random() < 0.65:
        return (
            "xterm",
            "-fa",
            font,
            "-fs",
            str(rng.choice([8, 9, 10, 12, 14])),
            "-bg",
            back,
            "-fg",
            ink,
            "-geometry",
            f"{rng.choice([80, 100, 120])}x{rng.choice([24, 30, 40])}",
            "-e",
            "sh",
            "-c",
            command,
        )
    return (rng.choice(["lxterminal", "xfce4-terminal"]), "-e", f"sh -c '{command}'")


def choose(source: Source, files: dict[str, list[Path]], home: Path) -> Program:
    """Return a random program, with content to show."""
    rng: random.Random = source.rng

    def some(kind: str) -> str:
        return str(rng.choice(files[kind]))

    plain = "desktop_screenshot"
    options: list[tuple[int, Program]] = [
        (5, Program(shell(source, home), "terminal_screenshot", "a terminal window", whole="terminal_screenshot")),
        (5, Program(dialog(source), "settings_dialog", "a dialog window")),
        (2, Program(("lxappearance",), "settings_dialog", "a settings window for the look of a desktop")),
        (4, Program(("geany", "-i", some("code"), some("code")), "code_screenshot", "a code editor on a desktop", 3, "code_screenshot")),
        (2, Program(("featherpad", some("code")), "code_screenshot", "source code in an editor", 2, "code_screenshot")),
        (2, Program(("mousepad", some("text")), plain, "a text editor on a desktop", bus=True)),
        (1, Program(("l3afpad", some("text")), plain, "a text editor on a desktop")),
        (3, Program(("pcmanfm", str(rng.choice([home, home / "Pictures", home / "Documents"]))), plain, "a file manager", 2, bus=True)),
        (2, Program(("thunar", str(rng.choice([home, home / "Pictures"]))), plain, "a file manager", 2, bus=True)),
        (2, Program(("gpicview", some("photo")), plain, "an image viewer on a desktop")),
        (2, Program(("mtpaint", some("photo")), plain, "an image editor on a desktop", 2)),
        (1, Program(("gimp", "-n", "-s", some("photo")), plain, "an image editor on a desktop", 14, bus=True)),
        (1, Program(("galculator",), plain, "a calculator on a desktop")),
        (5, Program(("soffice", "--norestore", "--nologo", "--writer", some("page")), plain, "a word processor on a desktop", 9)),
        (3, Program(("soffice", "--norestore", "--nologo", "--calc", f"--infilter={CSV}", some("table")), plain, "a spreadsheet on a desktop", 9)),
        (2, Program(("soffice", "--norestore", "--nologo", "--impress"), plain, "a presentation program on a desktop", 9)),
    ]  # fmt: skip
    games = (
        "gnome-mines",
        "quadrapassel",
        "gnome-mahjongg",
        "sol",
        "four-in-a-row",
        "iagno",
        "lbreakout2",
        "pingus",
        "kobodl",
        "supertux2",
    )
    options += [
        (1, Program((name,), "game_screenshot", "a computer game", 4, "game_screenshot", bus=True))
        for name in games
        if shutil.which(name) or Path(f"/usr/games/{name}").exists()
    ]
    return rng.choices([p for _, p in options], [w for w, _ in options])[0]
