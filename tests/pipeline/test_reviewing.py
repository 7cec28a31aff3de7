"""What a person does with unsure images takes effect; what was reviewed is not listed again, until it is undone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from snapsortd.domain.image_text import ImageText, TextLine
from snapsortd.domain.to_forget import ToForget
from snapsortd.pipeline.session import Session
from snapsortd.pipeline.terms import Terms
from tests.support.taught import Taught

CONFIG = """\
version: 1
labels:
  alpha: a receipt
  beta: a screenshot
  rest: {{negative: true, prompts: [a photo of a person]}}
watch: ["{inbox}"]
rules:
  - name: Alphas
    locations: "{inbox}"
    filters: [label: {{is: alpha, min_score: 1}}]
    actions: [move: "{filed}/alpha/"]
  - name: Betas
    mode: shadow
    filters: [label: beta]
    actions: [move: "{filed}/beta/"]
  - name: Rests
    mode: shadow
    filters: [name: "*.rest.*"]
    actions: [move: "{filed}/rest/"]
  - name: Named
    mode: shadow
    filters: [name: "*.named.*"]
    actions: [move: "{filed}/named/{{slug|name}}.{{ext}}"]
"""


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    return Taught(tmp_path_factory.mktemp("reviewed"), CONFIG)


@pytest.fixture(scope="module")
def session(taught: Taught) -> Iterator[Session]:
    with taught.session() as one:
        yield one


def listed(session: Session, *names: str) -> dict[tuple[str, str], list[str]]:
    """Return which of these images are unsure, by kind and rule."""
    found: dict[tuple[str, str], list[str]] = {}
    for group in session.reviewing.unsure()["groups"]:
        page = session.reviewing.unsure(group["kind"], group["rule"])["images"]
        assert len(page) == group["count"]
        here = sorted({Path(each["path"]).name for each in page} & set(names))
        found |= {(group["kind"], group["rule"]): here} if here else {}
    return found


def put(taught: Taught, name: str, seed: int, kind: str = "receipt") -> str:
    path = Path(taught.receipt(seed) if kind == "receipt" else taught.screenshot(seed))
    return str(path.rename(path.with_name(name)))


def test_a_review(taught: Taught, session: Session) -> None:
    near, shadow = put(taught, "near.png", 0), put(taught, "shadow.png", 1, "screenshot")
    third, broken = put(taught, "third.png", 2), taught.inbox / "broken.png"
    broken.write_bytes(Path(third).read_bytes()[:500])
    for path in (near, shadow, third, str(broken)):
        session.image(path)
    everything = {
        ("left", "Alphas"): ["near.png", "third.png"],
        ("shadow", "Betas"): ["shadow.png"],
        ("quarantined", ""): ["broken.png"],
    }
    names = ("near.png", "shadow.png", "third.png", "broken.png")
    assert listed(session, *names) == everything

    (first,) = session.reviewing.unsure("left", "Alphas", limit=1)["images"]
    assert (first["path"], first["label"]) == (third, "alpha")
    best, second, *_ = first["labels"]
    assert (best["rule"], best["target"]) == ("Alphas", str(taught.filed / "alpha" / "third.png"))
    assert second["score"] < best["score"]
    assert [each["target"] for each in first["labels"] if each["label"] == "rest"] == [""]
    (rest,) = session.reviewing.unsure("left", "Alphas", before=first["number"])["images"]
    assert rest["path"] == near

    accepted = session.reviewing.accept(near)
    assert (accepted["source"], accepted["target"]) == ("confirmed", str(taught.filed / "alpha" / "near.png"))
    by_label = session.reviewing.accept(third, "beta")
    assert (by_label["source"], by_label["target"]) == ("corrected", str(taught.filed / "beta" / "third.png"))
    session.reviewing.accept(shadow, batch=by_label["batch"])
    assert session.reviewing.review([str(broken), "/nowhere.png"]) == {"reviewed": 1}
    assert listed(session, *names) == {}

    session.reviewing.review([str(broken)], reviewed=False)
    session.undoing.undo(batch=by_label["batch"])
    session.undoing.undo(batch=accepted["batch"])
    again = [name for group in listed(session, *names).values() for name in group]
    assert sorted(again) == sorted(names)
    assert all(Path(path).exists() for path in (near, shadow, third))
    assert session.journal.examples.in_effect() == []


def test_what_a_rule_without_a_label_files_tells_no_label(taught: Taught, session: Session) -> None:
    path = put(taught, "a.rest.png", 3)
    session.image(path)
    assert listed(session, "a.rest.png") == {("shadow", "Rests"): ["a.rest.png"]}
    found = session.reviewing.accept(path)
    assert found["target"] == str(taught.filed / "rest" / "a.rest.png")
    assert listed(session, "a.rest.png") == {}
    assert session.journal.examples.in_effect() == []
    session.undoing.undo(batch=found["batch"])
    assert listed(session, "a.rest.png") == {("undone", "Rests"): ["a.rest.png"]}


def test_the_target_that_is_shown_has_the_text_of_the_image(taught: Taught, session: Session) -> None:
    path = put(taught, "a.named.png", 5)
    text = ImageText((TextLine("Corner Shop"), TextLine("Total 23.40 EUR")))
    session.journal.texts.store(hashlib.sha256(Path(path).read_bytes()).digest(), text)
    session.image(path)
    (found,) = session.reviewing.unsure("shadow", "Named")["images"]
    targets = {each["label"]: each["target"] for each in found["labels"]}
    assert targets["rest"] == str(taught.filed / "named" / "rest-corner-shop-23.40.png")


def test_a_mark_follows_its_image_and_is_forgotten_with_it(taught: Taught, session: Session) -> None:
    path = put(taught, "b.rest.png", 4)
    session.image(path)
    filed = Path(session.reviewing.accept(path)["target"])
    assert listed(session, "b.rest.png") == {}
    moved = filed.rename(filed.with_name("moved.rest.png"))
    assert session.pipeline.process(str(moved), str(taught.filed), lambda: False, Terms()).known
    assert listed(session, "moved.rest.png") == {}
    session.forgetting.forget(ToForget((str(moved),)))
    assert listed(session, "moved.rest.png") == {("filed", "Rests"): ["moved.rest.png"]}
