"""Compute the values of placeholders from the facts of one image. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from snapsortd.domain.names import split_name
from snapsortd.domain.text import size_words
from snapsortd.rules.filters import Facts
from snapsortd.rules.in_words import in_words
from snapsortd.rules.placeholders import FILE_DATE
from snapsortd.rules.text_values import text_values


def values_of(facts: Facts, rule: str, groups: Mapping[str, str]) -> dict[str, object]:
    """Return the value of every placeholder but `counter` and `path`; None or empty text means that there is none.

    `groups` holds the text of the named groups of the rule's regex filters.
    """
    file, classification = facts.file, facts.classification
    folder, _, own_name = file.path.rpartition("/")
    name, ext = split_name(own_name)
    image = classification.image
    root = file.root.rstrip("/") + "/"
    written = text_values(facts.text)
    return {
        "name": name,
        "ext": ext,
        "label": classification.label,
        "score": classification.score,
        "margin": classification.margin,
        "rule": rule,
        "added": file.added,
        "created": file.created,
        "modified": file.modified,
        "taken": image.taken,
        FILE_DATE: file.earliest,
        "parent": folder.rpartition("/")[2],
        "relative": f"{folder}/".removeprefix(root).strip("/") if f"{folder}/".startswith(root) else "",
        "camera": image.camera,
        "width": image.width,
        "height": image.height,
        "megapixels": f"{image.width * image.height / 1e6:.1f}",
        "format": file.format,
        "size": size_words(file.identity.size),
        "frames": image.frames,
        "host": _host(file.urls),
        "caption": facts.caption and facts.caption.text,
        **{f"exif.{tag.casefold()}": " ".join(value.split()) for tag, value in image.exif.items()},
        **written,
        **in_words(facts, written),
        **{f"regex.{group}": text for group, text in groups.items()},
    }


def _host(urls: tuple[str, ...]) -> str | None:
    try:
        return urlsplit(urls[0]).hostname if urls else None
    except ValueError:  # the page that offered the file chooses this text
        return None
