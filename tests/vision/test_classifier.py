"""The classifier process from the daemon's side: real processes, with the embedded model and with tiny ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from snapsortd.domain.errors import ClassifierDied, ImageError, Interrupted, ModelError
from snapsortd.domain.image import Classification
from snapsortd.vision.classifier import Classifier
from tests.support import images
from tests.support.tiny_checkpoints import make_checkpoint
from tests.support.waiting import wait_for

REPOSITORY = Path(__file__).parents[2]
LABELS = {
    "screenshot": ("a screenshot of a software interface",),
    "receipt": ("a photo of a receipt", "a scanned invoice"),
    "photo": ("a photo of a person, an animal or an object",),
}


def _go_on() -> bool:
    return False


def _state(classifier: Classifier) -> str:
    classifier.poll()
    return classifier.state


def _look(classifier: Classifier, path: Path) -> Classification:
    with path.open("rb") as file:
        return classifier.classify(file.fileno(), _go_on)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("clip"), "clip")


@pytest.fixture(scope="module")
def tiny(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classifier]:
    """A classifier that loads fast; tests may kill its process, the next test gets a new one."""
    cache = tmp_path_factory.mktemp("cache")
    classifier = Classifier(model=str(checkpoint), labels=LABELS, cache_dir=str(cache), threads=1)
    yield classifier
    classifier.stop()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classifier]:
    classifier = Classifier(model="embedded", labels=LABELS, cache_dir=str(tmp_path_factory.mktemp("cache")))
    yield classifier
    classifier.stop()


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    images.photo(1).save(tmp_path / "cat.png")
    return tmp_path / "cat.png"


def test_the_daemon_side_loads_no_heavy_library() -> None:
    code = (
        "import sys, snapsortd.vision.classifier, snapsortd.vision.formats;"
        "print({name.partition('.')[0] for name in sys.modules} & {'torch', 'PIL', 'numpy', 'transformers'})"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("image", "label"),
    [
        pytest.param(images.screenshot(3), "screenshot", id="screenshot"),
        pytest.param(images.receipt(3), "receipt", id="receipt"),
        pytest.param(images.photo(1), "photo", id="cat"),
    ],
)
def test_the_embedded_model_tells_them_apart(
    embedded: Classifier, tmp_path: Path, image: Image.Image, label: str
) -> None:
    image.save(tmp_path / "image.png")
    classification = _look(embedded, tmp_path / "image.png")
    assert classification.label == label
    assert sum(classification.scores.values()) == pytest.approx(1)
    assert tuple(classification.scores) == tuple(LABELS)
    assert (classification.image.width, classification.image.height) == image.size
    assert (classification.model, embedded.model_info["name"]) == ("embedded", "embedded")
    assert len(classification.embedding) == 2 * embedded.model_info["dim"]
    assert classification.milliseconds > 0


def test_the_embedding_is_normalised_half_precision(embedded: Classifier, cat: Path) -> None:
    import numpy

    vector = numpy.frombuffer(_look(embedded, cat).embedding, "<f2").astype("f4")
    assert numpy.linalg.norm(vector) == pytest.approx(1, abs=1e-2)


def test_what_the_camera_wrote_comes_through_the_seal(tiny: Classifier, tmp_path: Path) -> None:
    """Behind the seal nothing can be loaded any more, such as a text codec."""
    exif = Image.Exif()
    exif[0x010F], exif[0x9C9B], exif[0x013B] = "Leica", "Küste\0".encode("utf-16-le"), "Zoë".encode()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "für Ann".encode("utf-16")
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.5), 3: "E", 4: (13.0, 24.0, 0.0)})
    Image.new("RGBA", (64, 48)).save(tmp_path / "a.png", exif=exif)
    found = _look(tiny, tmp_path / "a.png").image
    expected = {"Make": "Leica", "XPTitle": "Küste", "Artist": "Zoë", "UserComment": "für Ann"}
    expected |= {"GPSLatitudeRef": "N", "GPSLatitude": "52 30 0.5"}
    assert {name: found.exif.get(name) for name in expected} == expected
    assert found.has_alpha


def test_the_same_descriptor_gives_the_same_answer(tiny: Classifier, cat: Path) -> None:
    """The offset of a descriptor is arbitrary; classification must not depend on it, nor close the descriptor."""
    with cat.open("rb") as file:
        first = tiny.classify(file.fileno(), _go_on)
        file.seek(0, os.SEEK_END)
        second = tiny.classify(file.fileno(), _go_on)
        assert os.fstat(file.fileno()).st_size == cat.stat().st_size
    assert (first.scores, first.embedding) == (second.scores, second.embedding)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(lambda cat: cat[: len(cat) // 2], "truncated or damaged", id="truncated"),
        pytest.param(lambda _: b"Dear diary, this is no image.", "not an image in a known format", id="text"),
        pytest.param(lambda cat: cat[:16] + b"\0\0\xff\xff" * 2 + cat[24:], "truncated or damaged", id="false-size"),
    ],
)
def test_an_unreadable_image_costs_nothing_but_itself(
    tiny: Classifier, cat: Path, tmp_path: Path, content: Callable[[bytes], bytes], reason: str
) -> None:
    tiny.wait_ready(_go_on)
    pid = tiny.pid
    (tmp_path / "bad.png").write_bytes(content(cat.read_bytes()))
    with pytest.raises(ImageError, match=reason):
        _look(tiny, tmp_path / "bad.png")
    assert _look(tiny, cat).scores
    assert tiny.pid == pid


def test_a_wrong_suffix_does_not_matter(tiny: Classifier, tmp_path: Path) -> None:
    images.photo(0).save(tmp_path / "photo.png", "JPEG")
    assert _look(tiny, tmp_path / "photo.png").image.width == 512


def test_killed_between_images_it_comes_back(tiny: Classifier, cat: Path) -> None:
    tiny.wait_ready(_go_on)
    pid = tiny.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: _state(tiny) == "stopped", what="the end of the process is noticed")
    assert _look(tiny, cat).scores
    assert tiny.pid not in (None, pid)


def test_killed_over_an_image_it_says_so(tiny: Classifier, cat: Path) -> None:
    tiny.wait_ready(_go_on)
    pid = tiny.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)  # so that it is still busy when it is killed

    def kill() -> bool:
        os.kill(pid, signal.SIGKILL)
        return False

    with cat.open("rb") as file, pytest.raises(ClassifierDied, match=r"was killed \(SIGKILL\)"):
        tiny.classify(file.fileno(), kill)
    assert (tiny.state, tiny.pid) == ("stopped", None)


def test_hanging_over_an_image_it_is_ended(checkpoint: Path, cat: Path, tmp_path: Path) -> None:
    classifier = Classifier(
        model=str(checkpoint), labels=LABELS, cache_dir=str(tmp_path), threads=1, image_timeout_s=0.5
    )
    classifier.wait_ready(_go_on)
    pid = classifier.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(ClassifierDied, match=r"took more than 0\.5 seconds"):
        _look(classifier, cat)
    assert (classifier.state, classifier.pid) == ("stopped", None)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_waiting_ends_when_asked_to_stop(checkpoint: Path, cat: Path, tmp_path: Path) -> None:
    classifier = Classifier(model=str(checkpoint), labels=LABELS, cache_dir=str(tmp_path))
    try:
        with cat.open("rb") as file, pytest.raises(Interrupted):
            classifier.classify(file.fileno(), lambda: True)
        assert classifier.state == "loading"
        pid = classifier.pid
        classifier.start()
        assert classifier.pid == pid
    finally:
        classifier.stop()
    assert (classifier.state, classifier.pid) == ("stopped", None)


def test_a_model_that_is_not_there_stays_an_error_until_the_next_start(tmp_path: Path) -> None:
    classifier = Classifier(model=str(tmp_path / "none"), labels=LABELS, cache_dir=str(tmp_path))
    with pytest.raises(ModelError, match="there is no model in"):
        classifier.wait_ready(_go_on)
    assert (classifier.state, classifier.pid) == ("failed", None)
    with pytest.raises(ModelError, match="there is no model in"):
        classifier.classify(0, _go_on)
    classifier.start()
    assert classifier.state == "loading"
    classifier.stop()


def test_a_model_that_loads_for_ever_is_given_up(checkpoint: Path, tmp_path: Path) -> None:
    classifier = Classifier(model=str(checkpoint), labels=LABELS, cache_dir=str(tmp_path), load_timeout_s=0.2)
    with pytest.raises(ModelError, match=r"not loaded within 0\.2 seconds"):
        classifier.wait_ready(_go_on)
    assert (classifier.state, classifier.pid) == ("failed", None)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_works_behind_the_sandbox(tiny: Classifier) -> None:
    tiny.wait_ready(_go_on)
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{tiny.pid}/status").read_text().splitlines() if ":\t" in line
    )
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    limits = Path(f"/proc/{tiny.pid}/limits").read_text().splitlines()
    soft = {line[:25].strip(): line[25:].split()[0] for line in limits[1:]}
    assert soft["Max file size"] == soft["Max core file size"] == "0"
    assert soft["Max address space"].isdigit()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_holds_no_image_open_afterwards(tiny: Classifier, cat: Path) -> None:
    _look(tiny, cat)
    targets = [os.readlink(entry) for entry in Path(f"/proc/{tiny.pid}/fd").iterdir()]
    assert str(cat) not in targets


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_large_images_took_is_given_back(tiny: Classifier, cat: Path, tmp_path: Path) -> None:
    """Each image takes 170 MB, and several are decoded at the same time."""
    _look(tiny, cat)
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for path in paths:
        Image.new("RGBA", (6500, 6500), "white").save(path, compress_level=1)
    before = _resident(tiny.pid)
    with ExitStack() as opened:
        files = [opened.enter_context(path.open("rb")) for path in paths]
        requests = [tiny.begin(file.fileno()) for file in files]
        assert [tiny.finish(request, _go_on).image.width for request in requests] == [6500] * 4
    wait_for(lambda: _resident(tiny.pid) < before + (32 << 20), what="the memory is returned to the system")


def _resident(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_it_dies_with_the_daemon(checkpoint: Path, tmp_path: Path) -> None:
    code = (
        "import sys, signal; from snapsortd.vision.classifier import Classifier\n"
        "classifier = Classifier(model=sys.argv[1], labels={'a': ('a cat',)}, cache_dir=sys.argv[2])\n"
        "classifier.start(); print(classifier.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(checkpoint), str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE
    ) as daemon:
        assert daemon.stdout is not None
        child = int(daemon.stdout.readline())
        os.kill(child, 0)
        daemon.kill()
    wait_for(lambda: not _alive(child), what="the classifier ends with its daemon")


def _alive(pid: int) -> bool:
    """Return False for a zombie too, because the process that inherited it may be slow to reap it."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")
