"""Parse templates such as `/photos/{taken:%Y}/{name}.{ext}` strictly, and refuse those that cannot work for any image.

The text comes from the configuration with `~` and `$VAR` already expanded.
"""

from __future__ import annotations

from collections.abc import Sequence

from snapsortd.domain.errors import TemplateError
from snapsortd.domain.names import IMAGE_SUFFIXES, split_name
from snapsortd.rules.placeholders import PATH, PATH_ONLY, Part, Placeholder, placeholders_in, read_parts
from snapsortd.rules.template import DestinationTemplate, NameTemplate, WordTemplate


def parse_destination(text: str, groups: Sequence[str] | None = None) -> DestinationTemplate:
    """Return the template of a folder, or of a file if the last part ends with `.{ext}`. Raises TemplateError.

    `groups` are the names allowed in `{regex.…}`; None allows any.
    """
    if not text.startswith("/"):
        raise TemplateError(f"the destination '{text}' is not absolute", "start it with / or ~/")
    if "\0" in text:
        raise TemplateError("the destination contains a NUL character, which a path cannot")
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
    """Return the template of a file name, which must end with `.{ext}`. Raises TemplateError."""
    if "\0" in text:
        raise TemplateError("the name contains a NUL character, which a file name cannot")
    part, *more = read_parts(text, groups, in_path=True)
    if more:
        raise TemplateError(f"'{text}' is a path, not a name", "use move to put a file into another folder")
    return _file_name(part)


def parse_words(text: str, groups: Sequence[str] | None = None, *, path: bool, verbatim: bool = False) -> WordTemplate:
    """Return the template of text that is not a path; `path` allows `{path}` in it. Raises TemplateError."""
    if "\0" in text:
        raise TemplateError("the text contains a NUL character")
    (part,) = read_parts(text, groups, in_path=False)
    for piece in placeholders_in(part):
        if piece.name == "counter":
            raise TemplateError("{counter} numbers files", "use it only in file names")
        if piece.name == PATH and not path:
            raise TemplateError(PATH_ONLY)
        if piece.name == PATH and piece != Placeholder(PATH):
            raise TemplateError("{path} always has a value and takes no options", "write {path}")
    return WordTemplate(part, verbatim)


def _check_folder(part: Part) -> None:
    if part in ((".",), ("..",)):
        raise TemplateError(f"'{part[0]}' is not allowed in a destination", "write the full path")
    for piece in placeholders_in(part):
        if piece.name == "counter":
            raise TemplateError(
                "{counter} numbers files, not folders", "use it in a file name: …/{name} {counter}.{ext}"
            )
        if piece.name == "relative" and len(part) > 1:
            raise TemplateError("{relative} may stand for several folders", "put it between slashes: …/{relative}/…")
        if piece.name == PATH:
            raise TemplateError(PATH_ONLY)


def _file_name(part: Part) -> NameTemplate:
    """Split a part into stem and `ext`. Raise TemplateError unless `.{ext}` is at its end, and nowhere else."""
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
            "a file name must end with '.{ext}'",
            "write for example {name}.{ext}; end a folder named {ext} with a '/'",
        )
    for piece in placeholders_in(part):
        if piece.name == "relative":
            raise TemplateError("{relative} is a folder", "put it before the name: …/{relative}/{name}.{ext}")
        if piece.name == PATH:
            raise TemplateError(PATH_ONLY)
    if [piece.name for piece in placeholders_in(part)].count("counter") > 1:
        raise TemplateError("{counter} may appear only once in a file name")
    stem = (*before[:-1], dotted[:-1]) if dotted != "." else tuple(before[:-1])
    if not stem:
        raise TemplateError("the file name is empty before '.{ext}'", "write for example {name}.{ext}")
    return NameTemplate(stem, last)


def _refuse_file_name(part: Part) -> None:
    """Raise TemplateError for a last part such as `receipt.png`, which is meant as a file but would be a folder."""
    tail = part[-1]
    if isinstance(tail, str) and split_name(f"x{tail}")[1].lower() in IMAGE_SUFFIXES:
        raise TemplateError(
            f"'{tail}' looks like a file name", "end it with .{ext} for a file, or with a '/' for a folder"
        )
