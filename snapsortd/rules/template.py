"""Templates such as `/photos/{taken:%Y}/{name}.{ext}`, filled for one image at a time.

Values are never expanded, and none can lead out of the folder that the template names.
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
_OWN_NAMES = frozenset({"name", "parent", "relative"})
"""Names that the file and its folders have already. Those made of other values must look like no option to programs."""


@dataclass(frozen=True, slots=True)
class NameTemplate:
    """A file name: `stem`, a dot and `ext`."""

    stem: Part
    ext: Placeholder

    def fill(self, values: Mapping[str, object]) -> NameSeries:
        """Return the names that one image may get. Raises TemplateError if a placeholder has no value."""
        known = values.get("ext") or self.ext.default
        suffix = f".{_safe(self.ext.text(values))}" if known else ""
        digits = max((each.digits for each in placeholders_in(self.stem)), default=1)
        return NameSeries(_name_pieces(self.stem, values, suffix), suffix, digits)


@dataclass(frozen=True, slots=True)
class DestinationTemplate:
    """A folder and a file name. `root` contains no placeholder; `name` is None if the file keeps its own."""

    root: str
    folders: tuple[Part, ...]
    name: NameTemplate | None

    def fill(self, values: Mapping[str, object]) -> Destination:
        """Return the destination of one image, see `values_of`. Raises TemplateError if a placeholder has no value."""
        folders = tuple(folder for part in self.folders for folder in _folders(part, values))
        names = self.name.fill(values) if self.name else _own_name(values)
        return Destination(self.root, folders, names, keeps_name=self.name is None)


@dataclass(frozen=True, slots=True)
class WordTemplate:
    """Text that is not a path: a tag, an argument of a command, the text of a notification."""

    part: Part
    verbatim: bool = False
    """Control characters are kept, as in an argument, which may be a file name."""

    def fill(self, values: Mapping[str, object]) -> str:
        """Return the text for one image, PATH_MARK for `{path}`. Raises TemplateError if a placeholder has no value."""
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
        """Return True if the text begins with a value of the image."""
        return isinstance(self.part[0], Placeholder)

    @property
    def is_fixed(self) -> bool:
        """Return True if the text is the same for every image."""
        return not any(placeholders_in(self.part))


def _folders(part: Part, values: Mapping[str, object]) -> Iterator[str]:
    """Yield the folders of one part: one, several for `{relative}`, or none if its default makes it empty."""
    lone = part[0]
    if isinstance(lone, Placeholder) and lone.name == "relative":
        for each in str(values.get("relative") or "").split("/"):
            if text := lone.text({"relative": each}):
                yield _folder_name(_safe(text))
    elif text := "".join(each or "" for each in _texts(part, values)):
        yield _folder_name(text)


def _texts(part: Part, values: Mapping[str, object]) -> Iterator[str | None]:
    """Yield the texts of one component, None for `{counter}`. A value at its beginning begins with no dash."""
    is_first = True
    for piece in part:
        text: str | None
        if isinstance(piece, str):
            text = piece
        elif piece.name == "counter":
            text = None
        else:
            text = _safe(piece.text(values))
            if is_first and piece.name not in _OWN_NAMES and text.startswith("-"):
                text = f"_{text[1:]}"
        is_first = is_first and text == ""
        yield text


def _safe(value: str) -> str:
    """Return a value without slashes and control characters; lone surrogates (a name that is not UTF-8) are kept."""
    return value.translate(_UNSAFE)


def _folder_name(text: str) -> str:
    # Some file systems drop trailing dots and spaces; this also removes `.` and `..`.
    return shorten(text, MAX_NAME_BYTES).rstrip(". ") or "_"


def _own_name(values: Mapping[str, object]) -> NameSeries:
    """Return the file's own name unchanged, control characters included: the owner chose it."""
    stem, ext = (str(values[key]).replace("/", "_").replace("\0", "_") for key in ("name", "ext"))
    suffix = f".{ext}" if ext else ""
    return NameSeries((_valid_stem(stem, suffix),), suffix)


def _valid_stem(stem: str, suffix: str) -> str:
    """Return the stem, or `_` if the name would be empty, `.` or `..`."""
    return "_" if not stem or (not suffix and stem in (".", "..")) else stem


def _name_pieces(stem: Part, values: Mapping[str, object], suffix: str) -> tuple[str | None, ...]:
    pieces = list(_texts(stem, values))
    if not any(piece is None or piece for piece in pieces):
        raise TemplateError(
            "the name would be empty for this image", "use a placeholder that always has a value, such as {name}"
        )
    if None not in pieces:
        return (_valid_stem("".join(piece or "" for piece in pieces), suffix),)
    return tuple(pieces)
