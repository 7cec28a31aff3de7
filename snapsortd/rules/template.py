"""Templates such as `/photos/{taken:%Y}/{name}.{ext}`: parsed once, filled per image, never left.

The text comes from the configuration with `~` and `$VAR` already expanded; values are never expanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from snapsortd.domain.decision import PATH_MARK, Destination
from snapsortd.domain.errors import TemplateError
from snapsortd.domain.names import MAX_NAME_BYTES, NameSeries, shorten
from snapsortd.rules.placeholders import PATH, Part, Placeholder, placeholders_in

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
        raise TemplateError(
            "the name would be empty for this image", "use a placeholder that always has a value, such as {name}"
        )
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
