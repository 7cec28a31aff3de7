"""Random label sets of the kind that people write: training asks for every image which label of a set it belongs to.

A set's labels do not overlap, and each is described by one or several prompts, which rarely name everything that the
label covers: people who write "a chart or a map" want the tables there too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from prompts import COARSE, GROUPS, JOINS, NOUNS, TEMPLATES, fill, is_held_out

ANYTHING_ELSE = (
    "any other image",
    "something else",
    "another kind of picture",
    "none of these",
    "all other files",
    "an image that fits nowhere else",
    "whatever remains",
)
NONE_OF = (
    "not {}",
    "anything but {}",
    "any image that is not {}",
    "any picture that does not look like {}",
    "everything that is neither {}",
    "an image without {}",
    "whatever is no {}",
    "images other than {}",
    "any file that can't be called {}",
)


@dataclass(frozen=True)
class Label:
    """Prompts, and the fine classes whose images belong to the label."""

    prompts: tuple[str, ...]
    covers: frozenset[str]


LabelSet = tuple[Label, ...]


class Writer:
    """Generate label sets about `classes`, a mapping of fine to coarse classes, drawing from `rng`."""

    def __init__(self, classes: Mapping[str, str], rng: random.Random) -> None:
        self.classes, self.rng = classes, rng
        self.members = {coarse: [f for f, c in classes.items() if c == coarse] for coarse in COARSE}

    def sets(self, count: int) -> Iterator[LabelSet]:
        """Yield `count` label sets; none contains a prompt reserved for evaluation."""
        while count:
            kind = self.rng.random()
            made = self.of_coarse() if kind < 0.4 else self.of_wishes() if kind < 0.75 else self.of_fine()
            if len(made) > 1 and not any(is_held_out(prompt) for label in made for prompt in label.prompts):
                count -= 1
                yield made

    def of_coarse(self) -> LabelSet:
        """Return the coarse classes; some may be missing, and some combined as "the rest"."""
        coarse = self.rng.sample(list(COARSE), self.rng.randint(3, len(COARSE)))
        rest = coarse[: self.rng.choice((0, 0, 2, 3))]
        labels = [Label(self.described(c), frozenset(self.members[c])) for c in coarse[len(rest) :]]
        return (*labels, *self.remaining(rest, frozenset()))

    def of_wishes(self) -> LabelSet:
        """Return the labels that a person wants filed, and negative labels for all the rest."""
        wishes: list[Label] = []
        names: list[str] = []
        taken: frozenset[str] = frozenset()
        while len(wishes) < self.rng.randint(1, 4):
            name, fines, prompts = self.wish()
            if not fines & taken:
                wishes.append(Label(prompts, fines))
                names.append(name)
                taken |= fines
        coarse = list(COARSE)
        self.rng.shuffle(coarse)
        together = self.rng.choice((1, 2, 3, len(coarse)))
        rest = [
            label
            for start in range(0, len(coarse), together)
            for label in self.remaining(
                coarse[start : start + together], taken, names if together == len(coarse) else []
            )
        ]
        return (*wishes, *rest)

    def of_fine(self) -> LabelSet:
        """Return a few fine classes, and nothing for the rest."""
        fines = self.rng.sample(list(self.classes), self.rng.randint(3, 10))
        return tuple(Label(self.several(partial(self.about, f)), frozenset({f})) for f in fines)

    def wish(self) -> tuple[str, frozenset[str], tuple[str, ...]]:
        """Return a fine class, a group of them, or a coarse class: its name, the classes it covers, and prompts."""
        kind = self.rng.random()
        if kind < 0.3:
            fines, nouns = self.rng.choice(GROUPS)
            template = self.rng.choice(TEMPLATES[self.classes[fines[0]]])
            single = [self.about(f) for f in fines] if self.rng.random() < 0.4 else []
            return self.rng.choice(nouns), frozenset(fines), (fill(template, self.rng.choice(nouns)), *single)
        if kind < 0.6:
            coarse = self.rng.choice(list(COARSE))
            return self.rng.choice(COARSE[coarse]), frozenset(self.members[coarse]), self.described(coarse)
        fine = self.rng.choice(list(self.classes))
        return self.rng.choice(NOUNS[fine]), frozenset({fine}), self.several(partial(self.about, fine))

    def remaining(self, coarse: list[str], taken: frozenset[str], names: Sequence[str] = ()) -> list[Label]:
        """Return a label for the coarse classes without `taken`, whose `names` it may exclude; none if none is left."""
        covers = frozenset(f for c in coarse for f in self.members[c]) - taken
        if not covers:
            return []
        named = [c for c in coarse if covers & set(self.members[c])]
        prompts = [p for c in named for p in self.described(c, covers)]
        if names and self.rng.random() < 0.6:
            prompts = [
                *self.rng.sample(prompts, min(len(prompts), 3)),
                self.rng.choice(NONE_OF).format(self.joined([*names])),
            ]
            if self.rng.random() < 0.6:
                prompts = [self.joined(prompts)]
        elif self.rng.random() < 0.5:
            prompts = [self.joined(self.rng.sample(prompts, min(len(prompts), 4)))]
        if self.rng.random() < 0.3:
            prompts.append(self.rng.choice(ANYTHING_ELSE))
        return [Label(tuple(prompts), covers)]

    def described(self, coarse: str, covers: frozenset[str] | None = None) -> tuple[str, ...]:
        """Return a coarse class by its name, by a list of its members, or by a few prompts about them."""
        members = [f for f in self.members[coarse] if covers is None or f in covers]
        kind = self.rng.random()
        if kind < 0.4:
            return self.several(lambda: fill(self.rng.choice(TEMPLATES[coarse]), self.rng.choice(COARSE[coarse])))
        some = self.rng.sample(members, min(len(members), self.rng.randint(1, 5)))
        if kind < 0.7:
            nouns = [self.rng.choice(NOUNS[f]) for f in some]
            return (fill(self.rng.choice(TEMPLATES[coarse]), self.joined(nouns)),)
        return tuple(self.about(f) for f in some)

    def about(self, fine: str) -> str:
        return fill(self.rng.choice(TEMPLATES[self.classes[fine]]), self.rng.choice(NOUNS[fine]))

    def several(self, one: Callable[[], str]) -> tuple[str, ...]:
        return tuple(one() for _ in range(self.rng.choice((1, 1, 2, 3))))

    def joined(self, parts: list[str]) -> str:
        return ", ".join(parts[:-1]) + self.rng.choice(JOINS) + parts[-1] if len(parts) > 1 else parts[0]
