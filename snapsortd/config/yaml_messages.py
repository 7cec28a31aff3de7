"""Explain what the YAML parser rejects, or reads as something other than what was meant."""

from __future__ import annotations

import re

import yaml

_PLAIN_MESSAGES = (
    (r"character '\\t'", "YAML cannot be indented with tabs; use spaces"),
    (r"character '[%@`]'", "text that starts with % @ or ` needs quotes"),
    (r"scanning an (alias|anchor)", "text that starts with * or & needs quotes"),
    (r"scanning a block scalar|character '[>|]'", "text that starts with > or | needs quotes"),
    (r"mapping values are not allowed", "unexpected ':'; check the indentation, or put the text in quotes"),
    (r"escape sequence|unknown escape", "a backslash in double quotes is special; write / between folders"),
    (r"unexpected end of stream", "a quote is never closed"),
    (r"could not find expected ':'", "a ':' is missing on this line or the one before"),
    (
        r"parsing a flow (sequence|mapping)",
        "a ']', '}' or ',' is missing, or text that contains one needs quotes",
    ),
    (r"parsing a block", "this line does not fit the lines above; check the indentation"),
    (r"special characters", "a control character, which YAML does not allow"),
)

_LINE_END = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
_SPACES = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff"
_ODD_SPACE = re.compile(rf"[ \-]*(?:[\w ]+:)?(?P<found>[{_SPACES}])")
"""A space that YAML takes as text, in the indentation or behind the dash or the colon of a key."""
_WIDE_COLON = re.compile(r"[ \-]*[\w ]+(?P<found>：)")
_UNQUOTED = re.compile(r"(?:[:\-,\[] +)(?P<found>\{[^{}]*\}(?:[^{},\]\s#:]|\{[^{}]*\})(?:[^{},\]\n#]|\{[^{}]*\})*)")
"""Text that goes on behind a placeholder, without quotes: `move: {created}/x`."""
_APOSTROPHE = re.compile(r"[:\-,\[] +'[^']*\w(?P<found>')\w")
_QUOTES = "“”„‟«»‹›‘’‚‛"

Found = tuple[int, int, str]
"""A line and a column, both from 0, and what is wrong there."""


def lines_of(text: str) -> list[str]:
    """Return the lines of a text as YAML counts them."""
    return _LINE_END.split(text)


def odd_space(text: str) -> Found | None:
    """Return the first space in a place of meaning that YAML takes as text, or None."""
    found = [
        (number, space.start("found"), space["found"])
        for number, line in enumerate(lines_of(text))
        if (space := _ODD_SPACE.match(line))
    ]
    if not found:
        return None
    line, column, character = found[0]
    more = f", here and on {len(found) - 1} more lines" if len(found) > 1 else ""
    message = f"a special space (U+{ord(character):04X}), which YAML takes as text{more}; write an ordinary space"
    return line, column, message


def without_typographic_quotes(text: str) -> str:
    """Return unquoted text without the typographic quotes around it, if it has some."""
    return text[1:-1] if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES else text


def explain(error: yaml.YAMLError, text: str) -> Found:
    """Return where the parser stopped and a message that a person can act on, or that of the parser."""
    message = " ".join(str(error).split())
    line, column = _place(error, text)
    if "unexpected end of stream" in message and isinstance(error, yaml.MarkedYAMLError) and error.context_mark:
        line, column = error.context_mark.line, error.context_mark.column
        curly = next((char for char in lines_of(text)[line] if char in _QUOTES), "")
        hint = f"; {curly} is a typographic quote, which closes none" if curly else ""
        return line, column, f"this quote is never closed{hint}"
    lines = lines_of(text)
    for number in (line, line - 1):
        if not 0 <= number < len(lines):
            continue
        if found := _UNQUOTED.search(lines[number]):
            quoted = f"'{found['found'].rstrip()}'" if '"' in found["found"] else f'"{found["found"].rstrip()}"'
            return number, found.start("found"), f"text that starts with {{ needs quotes: {quoted}"
        if found := _APOSTROPHE.search(lines[number]):
            return number, found.start("found"), "the quotes end at this apostrophe; use double quotes around the text"
        if found := _WIDE_COLON.match(lines[number]):
            return number, found.start("found"), "a full-width colon, which YAML takes as text; write ': '"
    own = str(getattr(error, "problem", None) or message)
    return line, column, next((plain for pattern, plain in _PLAIN_MESSAGES if re.search(pattern, message)), own)


def _place(error: yaml.YAMLError, text: str) -> tuple[int, int]:
    if isinstance(error, yaml.reader.ReaderError):
        before = lines_of(text[: error.position])
        return len(before) - 1, len(before[-1])
    mark = error.problem_mark or error.context_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return (mark.line, mark.column) if mark else (0, 0)
