"""Check a regular expression of the configuration, and list the groups that templates may use."""

from __future__ import annotations

_MAX_QUOTED = 80


def check_regex(pattern: str) -> str:
    """Return the pattern. Raise ValueError with what is wrong, and where, if it cannot be compiled.

    A pattern that some names keep busy is accepted: RegexFilter limits the time of each match.
    """
    import regex  # only a configuration that has a regex filter needs it

    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, ValueError) as error:  # ValueError: flags that exclude each other
        quoted = pattern if len(pattern) <= _MAX_QUOTED else pattern[:_MAX_QUOTED] + "…"
        glob = "; the filter `name` takes patterns such as *.png" if pattern.startswith("*") else ""
        raise ValueError(f"'{quoted}' is not a valid regular expression: {error}{glob}") from None
    return pattern


def named_groups(pattern: str) -> tuple[str, ...]:
    """Return the names of the groups in a valid pattern, in order."""
    import regex

    groups = regex.compile(pattern).groupindex
    return tuple(sorted(groups, key=groups.__getitem__))
