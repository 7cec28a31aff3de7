"""Templates such as `/photos/{taken:%Y}/{name}.{ext}`: parsed once, filled per image, never left.

The text comes from the configuration with `~` and `$VAR` already expanded; values are never expanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from snapsortd.domain.decision import PATH_MARK, Destination
from snapsortd.domain.errors import TemplateError
from snapsortd.domain.names import IMAGE_SUFFIXES, MAX_NAME_BYTES, NameSeries, shorten, split_name
from snapsortd.rules.placeholders import PATH, PATH_ONLY, Part, Placeholder, placeholders_in, read_parts

_UNSAFE = dict.fromkeys((*range(32), *range(127, 160), ord("/")), "_")
_UNPRINTABLE = {code: sign for code, sign in _UNSAFE.items() if code != ord("/")}
_NUL = {0: "_"}
_COUNTER_DIGITS = 8


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """A file name: `stem`, a dot and `ext`."""

    stem: Part
    ext: Placeholder

    def fill(self, values: Mapping[str, object]) -> NameSeries:
        """The names of one image. Raises TemplateError for what it has no value for."""
        known = values.get("ext") or self.ext.default
        suffix = f".{_safe(self.ext.text(values))}" if known else ""
        digits = max((each.digits for each in placeholders_in(self.stem)), default=1)
        return NameSeries(_name_pieces(self.stem, values, suffix), suffix, digits)


@dataclass(frozen=True, slots=True)
class DestinationTemplate:
    """`root` holds no placeholder; `name` is None where the file keeps its own."""

    root: str
    folders: tuple[Part, ...]
    name: NameTemplate | None

    def fill(self, values: Mapping[str, object]) -> Destination:
        """The destination of one image. `values`: see `values_of`; raises TemplateError for what it has none for."""
        folders = tuple(folder for part in self.folders for folder in _folders(part, values))
        names = self.name.fill(values) if self.name else _own_name(values)
        return Destination(self.root, folders, names, keeps_name=self.name is None)


@dataclass(frozen=True, slots=True)
class WordTemplate:
    """Text that is no path: a tag, an argument of a command, the text of a notification."""

    part: Part
    verbatim: bool = False
    """An argument: it keeps its control characters, for it may be a name."""

    def fill(self, values: Mapping[str, object]) -> str:
        """The text for one image, with PATH_MARK for `{path}`. Raises TemplateError for what it has no value for."""
        unwanted = _NUL if self.verbatim else _UNPRINTABLE
        return "".join(
            piece
            if isinstance(piece, str)
            else PATH_MARK
            if piece.name == PATH
            else piece.text(values).translate(unwanted)
            for piece in self.part
        )

    @property
    def begins_with_value(self) -> bool:
        """True if the image's facts say how it begins."""
        return isinstance(self.part[0], Placeholder)

    @property
    def is_fixed(self) -> bool:
        """True if it is the same for every image."""
        return not any(placeholders_in(self.part))


def parse_destination(text: str, groups: Sequence[str] | None = None) -> DestinationTemplate:
    """A folder, or a file where the last part ends with `.{ext}`. Raises TemplateError.

    `groups`: the names that `{regex.…}` may have; None: any.
    """
    if not text.startswith("/"):
        raise TemplateError(f"the destination '{text}' is not absolute", "start it with / or ~/")
    if "\0" in text:
        raise TemplateError("the destination holds a NUL character, which no path can")
    *folders, last = read_parts(text, groups, in_path=True)
    name = None
    if any(piece.name == "ext" for piece in placeholders_in(last)):
        name = _file_name(last)
    elif last:
        _refuse_file_name(last)
        folders.append(last)
    folders = [part for part in folders if part]
    for part in folders:
        _check_folder(part)
    fixed = next((i for i, part in enumerate(folders) if any(placeholders_in(part))), len(folders))
    root = "".join("/" + "".join(str(piece) for piece in part) for part in folders[:fixed])
    return DestinationTemplate(root or "/", tuple(folders[fixed:]), name)


def parse_name(text: str, groups: Sequence[str] | None = None) -> NameTemplate:
    """A file name that ends with `.{ext}`. Raises TemplateError."""
    if "\0" in text:
        raise TemplateError("the name holds a NUL character, which no name can")
    part, *more = read_parts(text, groups, in_path=True)
    if more:
        raise TemplateError(f"'{text}' is a path, not a name", "a file goes to another folder by move")
    return _file_name(part)


def parse_words(text: str, groups: Sequence[str] | None = None, *, path: bool, verbatim: bool = False) -> WordTemplate:
    """Text that is no path; `path`: may it hold `{path}`? Raises TemplateError."""
    if "\0" in text:
        raise TemplateError("the text holds a NUL character")
    (part,) = read_parts(text, groups, in_path=False)
    for piece in placeholders_in(part):
        if piece.name == "counter":
            raise TemplateError("{counter} numbers files", "use it in the name of a file")
        if piece.name == PATH and not path:
            raise TemplateError(PATH_ONLY)
        if piece.name == PATH and piece != Placeholder(PATH):
            raise TemplateError("{path} is there always, and as it is", "write {path}")
    return WordTemplate(part, verbatim)


def _check_folder(part: Part) -> None:
    if part in ((".",), ("..",)):
        raise TemplateError(f"'{part[0]}' has no place in a destination", "write the folder out")
    for piece in placeholders_in(part):
        if piece.name == "counter":
            raise TemplateError(
                "{counter} numbers files, not folders", "use it in a file name: …/{name} {counter}.{ext}"
            )
        if piece.name == "relative" and len(part) > 1:
            raise TemplateError("{relative} may be several folders", "let it stand alone: …/{relative}/…")
        if piece.name == PATH:
            raise TemplateError(PATH_ONLY)


def _file_name(part: Part) -> NameTemplate:
    """The part as a stem and the closing `.{ext}`, which is where `{ext}` must be, once."""
    *before, last = part or ("",)
    dotted = before[-1] if before else None
    if (
        not isinstance(last, Placeholder)
        or [piece.name for piece in placeholders_in(part)].count("ext") != 1
        or last.name != "ext"
        or not isinstance(dotted, str)
        or not dotted.endswith(".")
    ):
        raise TemplateError(
            "a file name ends with '.{ext}'",
            "write for example {name}.{ext}; a folder named {ext} ends with a '/'",
        )
    for piece in placeholders_in(part):
        if piece.name == "relative":
            raise TemplateError("{relative} is a folder", "let it stand before the name: …/{relative}/{name}.{ext}")
        if piece.name == PATH:
            raise TemplateError(PATH_ONLY)
    if [piece.name for piece in placeholders_in(part)].count("counter") > 1:
        raise TemplateError("{counter} may stand once in a file name")
    stem = (*before[:-1], dotted[:-1]) if dotted != "." else tuple(before[:-1])
    if not stem:
        raise TemplateError("the file name is empty before '.{ext}'", "write for example {name}.{ext}")
    return NameTemplate(stem, last)


def _refuse_file_name(part: Part) -> None:
    """A last part such as `receipt.png` is meant as a file, but would be a folder."""
    tail = part[-1]
    if isinstance(tail, str) and split_name(f"x{tail}")[1].lower() in IMAGE_SUFFIXES:
        raise TemplateError(
            f"'{tail}' looks like a file name", "end it with .{ext} for a file, or with a '/' for a folder"
        )


def _folders(part: Part, values: Mapping[str, object]) -> Iterator[str]:
    """The folders that one part stands for: one, several for `{relative}`, none where it is empty by its default."""
    lone = part[0]
    if isinstance(lone, Placeholder) and lone.name == "relative":
        for each in str(values.get("relative") or "").split("/"):
            if text := lone.text({"relative": each}):
                yield _folder_name(_safe(text))
    elif text := "".join(_text(piece, values) for piece in part):
        yield _folder_name(text)


def _text(piece: str | Placeholder, values: Mapping[str, object]) -> str:
    return piece if isinstance(piece, str) else _safe(piece.text(values))


def _safe(value: str) -> str:
    """A value as text that cannot end a path's component; lone surrogates (a name that is not UTF-8) stay."""
    return value.translate(_UNSAFE)


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
    if not any(piece is None or piece for piece in pieces):
        raise TemplateError("this image's name would be empty", "use a placeholder with a value, such as {name}")
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
        yield None if isinstance(piece, Placeholder) and piece.name == "counter" else _text(piece, values)
