"""Program code in editors and sessions in terminals, highlighted by Pygments in its many styles."""

# ruff: noqa: E501 - markup stays in one piece

from __future__ import annotations

import random

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.styles import get_all_styles

from rendering.page import MONO, Page, Source, Theme, icon, safe, tone

STYLES = sorted(get_all_styles())


def python(source: Source) -> str:
    rng, words = source.rng, source.words
    lines = [f"import {words.word()}", f"from {words.word()} import {words.word()}", ""]
    while len(lines) < 60:
        lines += [f"class {words.word().title()}:", f'    """{words.sentence()}"""', ""] if rng.random() < 0.3 else []
        lines.append(f"def {words.word()}_{words.word()}({words.word()}, {words.word()}={rng.randint(0, 99)}):")
        for _ in range(rng.randint(2, 7)):
            lines.append("    " + rng.choice([f"{words.word()} = {words.word()}.{words.word()}({rng.randint(0, 9)})", f"if {words.word()} > {rng.randint(0, 99)}:\n        return '{words.some(1, 4)}'",
                                              f"for {words.word()} in range({rng.randint(2, 50)}):\n        print({words.word()})", f"# {words.sentence()}", f"raise ValueError(f\"{words.some(2, 5)}\")"]))  # fmt: skip
        lines += ["", ""]
    return "\n".join(lines)


def braces(source: Source) -> str:
    """Return code in a mixture of C, Java and JavaScript."""
    rng, words = source.rng, source.words
    lines = [f"#include <{words.word()}.h>", f"import {{ {words.word()} }} from './{words.word()}';", ""][
        rng.randint(0, 1) :
    ]
    while len(lines) < 60:
        lines.append(
            f"{rng.choice(['static int', 'void', 'public String', 'function', 'const auto'])} {words.word()}({words.word()} {words.word()}) {{"
        )
        for _ in range(rng.randint(2, 7)):
            lines.append("    " + rng.choice([f"int {words.word()} = {rng.randint(0, 999)};", f"if ({words.word()} == null) {{\n        return {words.word()}({rng.randint(0, 9)});\n    }}",
                                              f"{words.word()}.{words.word()}(\"{words.some(1, 4)}\");", f"// {words.sentence()}", f"for (int i = 0; i < {rng.randint(2, 99)}; i++) {words.word()}[i] += 1;"]))  # fmt: skip
        lines += ["}", ""]
    return "\n".join(lines)


def markup(source: Source) -> str:
    rng, words = source.rng, source.words
    rows = "\n".join(
        "  " * rng.randint(1, 4)
        + f'<{rng.choice(["div", "p", "a", "li"])} class="{words.word()}" id="{words.word()}">{words.some(1, 5)}</div>'
        for _ in range(50)
    )
    return f"<!DOCTYPE html>\n<html>\n{rows}\n</html>"


def coloured(source: Source) -> tuple[str, str, str, str]:
    """Return code as HTML, its CSS, its background and a file name."""
    rng = source.rng
    make, lexers, end = rng.choice(
        [
            (python, ("python",), "py"),
            (python, ("python",), "py"),
            (braces, ("c", "java", "javascript", "rust", "go"), "c"),
            (markup, ("html",), "html"),
        ]
    )
    look = rng.choice(STYLES)
    formatter = HtmlFormatter(style=look, linenos="inline" if rng.random() < 0.6 else False, cssclass="k")
    text = highlight(make(source), get_lexer_by_name(rng.choice(lexers)), formatter)
    back = formatter.style.background_color
    return text, formatter.get_style_defs(".k"), back, f"{source.latin().word()}.{end}"


def editor(source: Source) -> Page:
    """Return code alone, in a card with a shadow, or in an editor with side bar and tabs."""
    rng, words = source.rng, source.words
    text, css, back, name = coloured(source)
    size = rng.choice([11, 12, 13, 14, 16, 20])
    base = f"*{{box-sizing:border-box}}body{{margin:0;height:100vh;overflow:hidden;background:{back}}}.k pre{{margin:0;padding:10px;font:{size}px/{rng.uniform(1.2, 1.7):.2f} '{rng.choice(MONO[:6])}'}}{css}"
    kind = rng.choice(["alone", "card", "editor", "editor", "editor"])
    size_ = rng.choice([(1280, 720), (900, 600), (1100, 800), (640, 640)])
    if kind == "alone":
        return Page("code_screenshot", "source code", text, *rng.choice([(640, 360), (800, 500), (500, 500)]), base)
    if kind == "card":
        dots = (
            "<div style='padding:12px'>"
            + "".join(
                f"<span style='display:inline-block;width:13px;height:13px;border-radius:9px;background:{c};margin-right:7px'></span>"
                for c in ("#f55", "#fb3", "#3c4")
            )
            + "</div>"
        )
        shade = f"body{{background:linear-gradient({rng.randint(0, 180)}deg,{tone(rng.random(), 0.6, 0.8)},{tone(rng.random(), 0.6, 0.8)});padding:50px}}"
        return Page(
            "code_screenshot",
            "a picture of source code",
            f"<div style='background:{back};border-radius:10px;height:100%;overflow:hidden;box-shadow:0 12px 40px #0008'>{dots}{text}</div>",
            760,
            520,
            base + shade,
        )
    theme = Theme(rng)
    files = "".join(
        f"<div class=row style='padding:2px {rng.choice([10, 24, 38])}px'>{icon(theme, rng, 14)} {safe(words.word())}.{rng.choice(['py', 'c', 'md', 'js', 'json'])}</div>"
        for _ in range(26)
    )
    tabs = "".join(
        f"<span style='padding:7px 14px;border-right:1px solid {theme.line};background:{back if k == 0 else theme.panel}'>{name if k == 0 else safe(words.word()) + '.py'} ×</span>"
        for k in range(rng.randint(1, 5))
    )
    menu = (
        f"<div style='padding:4px 10px;background:{theme.panel}'>File &nbsp; Edit &nbsp; View &nbsp; Run &nbsp; Help</div>"
        if rng.random() < 0.5
        else ""
    )
    shell = (
        f"<div style=\"height:150px;border-top:1px solid {theme.line};padding:8px;font:12px '{MONO[0]}'\">{'<br>'.join(safe(line) for line in session(source)[:8])}</div>"
        if rng.random() < 0.35
        else ""
    )
    foot = f"<div style='background:{theme.accent};color:#fff;padding:2px 10px;font-size:12px'>main ✓ &nbsp; Ln {rng.randint(1, 99)}, Col {rng.randint(1, 80)} &nbsp; UTF-8</div>"
    side = (
        f"<div style='width:{rng.randint(150, 240)}px;background:{theme.panel};overflow:hidden;font-size:13px'>{files}</div>"
        if rng.random() < 0.75
        else ""
    )
    body = f"<div style='height:100vh;display:flex;flex-direction:column'>{menu}<div style='display:flex;flex:1;min-height:0'>{side}<div class=grow style='display:flex;flex-direction:column'><div style='display:flex;font-size:13px'>{tabs}</div><div style='flex:1;overflow:hidden'>{text}</div>{shell}</div></div>{foot}</div>"
    return Page("code_screenshot", "a code editor", body, *size_, theme.css() + base)


def session(source: Source) -> list[str]:
    """Return lines as a shell prints them."""
    rng, words = source.rng, source.latin()
    prompt = rng.choice(
        ["$ ", f"{words.word()}@{words.word()}:~$ ", "# ", "❯ ", f"~/{words.word()} % ", "C:\\Users> ", "➜  ~ "]
    )
    lines = []
    while len(lines) < 50:
        kind = rng.choice(["ls", "ls", "log", "build", "tree", "top", "error", "git"])
        lines.append(
            prompt
            + {
                "ls": "ls -l",
                "log": "tail -f app.log",
                "build": "make all",
                "tree": "tree",
                "top": "ps aux",
                "error": f"python {words.word()}.py",
                "git": "git log --oneline",
            }[kind]
        )
        for _ in range(rng.randint(2, 12)):
            lines.append({
                "ls": f"-rw-r--r-- 1 {words.word()[:6]:6} users {rng.randint(10, 999999):7} Jan {rng.randint(1, 28):2} {words.time()} {words.word()}.txt",
                "log": f"2026-0{rng.randint(1, 9)}-{rng.randint(10, 28)} {words.time()} [{rng.choice(['INFO', 'WARN', 'ERROR', 'DEBUG'])}] {words.some(3, 9)}",
                "build": f"[{rng.randint(1, 100):3}%] Building {words.word()}/{words.word()}.o",
                "tree": f"{'│   ' * rng.randint(0, 3)}├── {words.word()}.{rng.choice(['py', 'c', 'md'])}",
                "top": f"{rng.randint(1, 99999):6} root  20  0 {rng.randint(1, 999999):8} {rng.random() * 40:5.1f} {words.word()}",
                "error": f'  File "{words.word()}.py", line {rng.randint(1, 400)}, in {words.word()}',
                "git": f"{rng.getrandbits(28):07x} {words.sentence(3, 8)}",
            }[kind])  # fmt: skip
    return lines


def tinted(line: str, rng: random.Random, inks: list[str]) -> str:
    """Return the line with some of its words in colour."""
    parts = line.split(" ")
    return " ".join(
        f"<span style='color:{rng.choice(inks)}'>{safe(p)}</span>" if p and rng.random() < 0.2 else safe(p)
        for p in parts
    )


def terminal(source: Source) -> Page:
    rng = source.rng
    light = rng.random() < 0.15
    back = tone(rng.random(), rng.uniform(0.9, 1) if light else rng.uniform(0, 0.16), rng.choice([0, 0.2, 0.6]))
    ink = "#222" if light else rng.choice(["#ddd", "#eee", "#3f3", "#fb0", "#cfd8dc"])
    inks = [tone(rng.random(), 0.35 if light else 0.65, 0.8) for _ in range(rng.choice([1, 3, 5]))]
    lines = "\n".join(tinted(line, rng, inks) for line in session(source)[: rng.randint(5, 50)])
    size = rng.choice([11, 13, 14, 16, 20])
    title = rng.choice(
        [
            "",
            f"<div style='background:{rng.choice(['#ddd', '#333', '#3b4252'])};color:#999;padding:6px;text-align:center;font:13px Roboto'>{safe(source.words.word())} — bash — {rng.choice(['80x24', '120x40'])}</div>",
        ]
    )
    style = f"body{{margin:0;height:100vh;overflow:hidden;background:{back};color:{ink}}}pre{{margin:0;padding:8px;font:{size}px/1.25 '{rng.choice(MONO[:7])}'}}"
    return Page(
        "terminal_screenshot",
        "a terminal window",
        f"{title}<pre>{lines}█</pre>",
        *rng.choice([(720, 480), (960, 600), (640, 400), (1280, 720)]),
        style,
    )


KINDS = {"editor": (editor, 100), "terminal": (terminal, 80)}
