"""Destinations such as `/photos/{taken:%Y}/{name}.{ext}`: parsed once, filled per image, never left.

The text comes from the configuration with `~` and `$VAR` already expanded; values are never expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from snapsortd.errors import TemplateError
from snapsortd.models import IMAGE_SUFFIXES, MAX_NAME_BYTES, Destination, NameSeries, shorten
from snapsortd.nearest import suggestion

DATES = frozenset({"created", "modified", "taken"})
PLACEHOLDERS = ("name", "ext", "label", "score", "created", "modified", "taken", "rule", "counter")
DEFAULT_DATE_FORMAT = "%Y-%m-%d"

_TOKEN = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<inside>[^{}]*)\}|(?P<stray>[{}])|(?P<slash>/)|(?P<text>[^{}/]+)")
_DATE_FORMAT = re.compile(r"([^%]|%-?[aAbBcdeFfGHIjmMpRSTuUVwWxXyYzZ%])*")
"""The codes that Python documents for strftime, but `%D`, whose slashes would be lost."""
_UNSAFE = dict.fromkeys((*range(32), *range(127, 160), ord("/")), "_")
_MAX_SUFFIX_BYTES = 32
"""A longer "suffix" is part of the name: no real one is, and the name must have room beside it."""
_COUNTER_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Placeholder:
    name: str
    date_format: str = ""


Part = tuple[str | Placeholder, ...]
"""One component of a path: literal text and placeholders."""


@dataclass(frozen=True, slots=True)
class DestinationTemplate:
    """`root` holds no placeholder; `stem` is the name without `.{ext}`, None where the file keeps its own."""

    root: str
    folders: tuple[Part, ...]
    stem: Part | None

    def fill(self, values: Mapping[str, object]) -> Destination:
        """The destination of one image. `values` has every placeholder but `counter`; dates are `date`s."""
        folders = tuple(_folder_name(_fill(part, values)) for part in self.folders)
        if self.stem is None:
            return Destination(self.root, folders, _own_name(values))
        suffix = f".{_safe(values['ext'])}" if values["ext"] else ""
        return Destination(self.root, folders, NameSeries(_name_pieces(self.stem, values, suffix), suffix))


def split_name(file_name: str) -> tuple[str, str]:
    """Stem and suffix without its dot: `a.tar.gz` → `a.tar`, `gz`; leading dots belong to the stem."""
    dots = len(file_name) - len(file_name.lstrip("."))
    stem, _, suffix = file_name[dots:].rpartition(".")
    if not stem or not suffix or shorten(suffix, _MAX_SUFFIX_BYTES) != suffix:
        return file_name, ""
    return file_name[:dots] + stem, suffix


def parse_destination(text: str) -> DestinationTemplate:
    """A folder, or a file where the last part ends with `.{ext}`. Raises TemplateError."""
    if not text.startswith("/"):
        raise TemplateError(f"the destination '{text}' is not absolute", "start it with / or ~/")
    if "\0" in text:
        raise TemplateError("the destination holds a NUL character, which no path can")
    *folders, last = _parts(text)
    stem = None
    if any(isinstance(piece, Placeholder) and piece.name == "ext" for piece in last):
        stem = _file_stem(last)
    elif last:
        _refuse_file_name(last)
        folders.append(last)
    folders = [part for part in folders if part]
    for part in folders:
        if part in ((".",), ("..",)):
            raise TemplateError(f"'{part[0]}' has no place in a destination", "write the folder out")
        if Placeholder("counter") in part:
            raise TemplateError(
                "{counter} numbers files, not folders", "use it in a file name: …/{name} {counter}.{ext}"
            )
    fixed = next((i for i, part in enumerate(folders) if not all(isinstance(p, str) for p in part)), len(folders))
    root = "".join("/" + "".join(str(piece) for piece in part) for part in folders[:fixed])
    return DestinationTemplate(root or "/", tuple(folders[fixed:]), stem)


def _parts(text: str) -> list[Part]:
    parts: list[list[str | Placeholder]] = [[]]
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "slash":
                parts.append([])
            case "brace":
                parts[-1].append(token[0][0])
            case "inside":
                parts[-1].append(_placeholder(token["inside"]))
            case "stray":
                raise TemplateError(f"a '{token[0]}' stands alone", f"write '{token[0] * 2}' for the character itself")
            case _:
                parts[-1].append(token[0])
    return [tuple(part) for part in parts]


def _placeholder(inside: str) -> Placeholder:
    name, colon, date_format = inside.partition(":")
    if name not in PLACEHOLDERS:
        raise TemplateError(f"unknown placeholder {{{name}}}{suggestion(name, PLACEHOLDERS)}")
    if name not in DATES:
        if colon:
            raise TemplateError(f"{{{name}}} takes no format", f"write {{{name}}}")
        return Placeholder(name)
    if not colon:
        return Placeholder(name, DEFAULT_DATE_FORMAT)
    if "/" in date_format:
        split = "/".join(f"{{{name}:{piece}}}" for piece in date_format.split("/"))
        raise TemplateError("a date format holds no '/'", f"write {split}")
    if "%" not in date_format or not _DATE_FORMAT.fullmatch(date_format):
        raise TemplateError(f"'{date_format}' is not a date format", f"write for example {{{name}:%Y-%m-%d}}")
    return Placeholder(name, date_format)


def _file_stem(part: Part) -> Part:
    """The part without its closing `.{ext}`, which is where `{ext}` must be, once."""
    *before, last = part
    ext = Placeholder("ext")
    dotted = before[-1] if before else None
    if last != ext or before.count(ext) or not isinstance(dotted, str) or not dotted.endswith("."):
        raise TemplateError(
            "a file name ends with '.{ext}'",
            "write for example {name}.{ext}; a folder named {ext} ends with a '/'",
        )
    if before.count(Placeholder("counter")) > 1:
        raise TemplateError("{counter} may stand once in a file name")
    stem = (*before[:-1], dotted[:-1]) if dotted != "." else tuple(before[:-1])
    if not stem:
        raise TemplateError("the file name is empty before '.{ext}'", "write for example {name}.{ext}")
    return stem


def _refuse_file_name(part: Part) -> None:
    """A last part such as `receipt.png` is meant as a file, but would be a folder."""
    tail = part[-1]
    if isinstance(tail, str) and split_name(f"x{tail}")[1].lower() in IMAGE_SUFFIXES:
        raise TemplateError(
            f"'{tail}' looks like a file name", "end it with .{ext} for a file, or with a '/' for a folder"
        )


def _fill(part: Part, values: Mapping[str, object]) -> str:
    return "".join(_text(piece, values) for piece in part)


def _text(piece: str | Placeholder, values: Mapping[str, object]) -> str:
    if isinstance(piece, str):
        return piece
    value = values[piece.name]
    if isinstance(value, date):
        return _safe(value.strftime(piece.date_format))
    return _safe(f"{value:.2f}" if isinstance(value, float) else value)


def _safe(value: object) -> str:
    """A value as text that cannot end a path's component; lone surrogates (a name that is not UTF-8) stay."""
    return str(value).translate(_UNSAFE)


def _folder_name(text: str) -> str:
    # Some file systems drop trailing dots and spaces; this also does away with `.` and `..`.
    return shorten(text, MAX_NAME_BYTES).rstrip(". ") or "_"


def _own_name(values: Mapping[str, object]) -> NameSeries:
    """The file's own name as it is: control characters and all are its owner's business."""
    stem, ext = (str(values[key]).replace("/", "_").replace("\0", "_") for key in ("name", "ext"))
    suffix = f".{ext}" if ext else ""
    return NameSeries((_never_special(stem, suffix),), suffix)


def _never_special(stem: str, suffix: str) -> str:
    return "_" if not stem or (not suffix and stem in (".", "..")) else stem


def _name_pieces(stem: Part, values: Mapping[str, object], suffix: str) -> tuple[str | None, ...]:
    pieces = list(_counted(stem, values))
    if None not in pieces:
        return (_never_special("".join(piece or "" for piece in pieces), suffix),)
    # A long name is cut here, beside the counter, so that cutting it later never takes the number away.
    room = MAX_NAME_BYTES - len(suffix.encode("utf-8", "surrogateescape")) - _COUNTER_DIGITS
    for index, piece in enumerate(pieces):
        if piece is not None:
            pieces[index] = shorten(piece, room)
            room -= len((pieces[index] or "").encode("utf-8", "surrogateescape"))
    return tuple(pieces)


def _counted(stem: Part, values: Mapping[str, object]) -> Iterator[str | None]:
    """The texts of a file name, None for `{counter}`."""
    for piece in stem:
        yield None if piece == Placeholder("counter") else _text(piece, values)
