"""Facts that are found out only if a rule asks for them: the text in an image, and its description in words.

Both are kept in the journal, so that neither is found out twice.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Protocol, TypeVar

from snapsortd.domain.caption import Caption
from snapsortd.domain.decision import Ask
from snapsortd.domain.errors import FileChanged
from snapsortd.domain.image_text import ImageText
from snapsortd.files.installed import can_read_text
from snapsortd.files.open_file import OpenFile
from snapsortd.journal import Journal
from snapsortd.rules.filters import Facts
from snapsortd.vision.captioner import Captioner
from snapsortd.vision.reader import Reader

T = TypeVar("T")


class Awaited(Protocol):
    """The answer that an image's life waits for."""

    @property
    def is_answered(self) -> bool:
        """True if it need not wait any more."""
        ...


class AskedFacts:
    """Finds out facts. Several threads may do so at the same time, each of its own image."""

    def __init__(self, journal: Journal, reader: Reader, captioner: Captioner | None) -> None:
        self._journal = journal
        self._reader = reader
        self._captioner = captioner

    def find(
        self, ask: Ask, facts: Facts, image: OpenFile, should_stop: Callable[[], bool], *, keep: bool = True
    ) -> Generator[Awaited, None, Facts]:
        """Return the facts about a hashed image with the one that is asked for; yield what it waits for.

        Text is stored only with `keep`; a description always, because the captioner may write another one next time.
        Raise FileChanged, Interrupted on `should_stop`, JournalError, and as `Reading.wait` does.
        """
        match ask:
            case Ask.TEXT:
                facts = replace(facts, text=(yield from self._read(image, facts.file.format, should_stop, keep)))
            case Ask.CAPTION:
                facts = replace(facts, caption=(yield from self._describe(image, facts.file.format, should_stop)))
        return facts

    def _read(
        self, image: OpenFile, image_format: str, should_stop: Callable[[], bool], keep: bool
    ) -> Generator[Awaited, None, ImageText]:
        known = self._journal.texts.of(image.sha256)
        if known is not None:
            return known
        if not can_read_text():  # only rules that can do without it ask then
            return ImageText()
        with self._reader.ask(image.fd, image_format) as reading:
            yield reading
            text = reading.wait(should_stop)
        _check_unchanged(image)
        if keep:
            self._journal.texts.store(image.sha256, text)
        return text

    def _describe(
        self, image: OpenFile, image_format: str, should_stop: Callable[[], bool]
    ) -> Generator[Awaited, None, Caption]:
        captioner = self._captioner
        if captioner is None:
            return Caption(why_not="there is no captioner (describe: in the configuration)")
        name = captioner.described.name
        known = self._journal.captions.of(image.sha256, name)
        if known is not None:
            return Caption(known)
        request = captioner.ask(image.fd, image_format)
        try:
            yield request
            caption = captioner.finish(request, should_stop)
        finally:
            captioner.drop(request)
        _check_unchanged(image)
        if caption.text:
            self._journal.captions.store(image.sha256, name, caption.text)
        return caption


def waited_for(life: Generator[Awaited, None, T]) -> T:
    """Return the result of a generator whose answers this thread waits for."""
    try:
        while True:
            next(life)
    except StopIteration as ended:
        result: T = ended.value
        return result
    finally:
        life.close()


def _check_unchanged(image: OpenFile) -> None:
    if not image.is_in_place():
        raise FileChanged("the file changed while its rules were applied")
