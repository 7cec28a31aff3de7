"""`make bench-model` and `make bench-discover` on a corpus of drawn images: only the form of the figures is checked."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.support.images import receipt, screenshot

BENCH = Path(__file__).parents[2] / "packaging" / "embedded-model"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return the smallest possible corpus: ImageNet's classes are held out by their position in the list."""
    columns = ("path", "fine_class", "coarse_class", "split", "source_repo", "source_path", "caption")
    folder = tmp_path / "images"
    for name in ("corpus", "imagenet-sample"):
        (folder / name).mkdir(parents=True)
    receipt(1).save(folder / "corpus" / "receipt.png")
    screenshot(1).save(folder / "corpus" / "screenshot.png")
    with (folder / "corpus" / "index.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerow(("receipt.png", "receipt", "receipt", "test", "us/ours", "receipt.png", ""))
        rows.writerow(("screenshot.png", "web_page_screenshot", "screenshot", "test", "us/ours", "screenshot.png", ""))
    (folder / "more" / "images" / "new").mkdir(parents=True)
    receipt(2).save(folder / "more" / "images" / "new" / "receipt.png")
    screenshot(2).save(folder / "more" / "images" / "new" / "screen.png")
    with (folder / "more" / "index.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerow(("images/new/receipt.png", "receipt", "receipt", "test", "us/more", "receipt.png", ""))
        rows.writerow(
            ("images/new/screen.png", "web_page_screenshot", "screenshot", "test", "us/more", "screen.png", "")
        )
    with (folder / "imagenet-sample" / "index.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("path", "class_name", "wordnet_id"))
        for number in range(20):
            screenshot(number).save(folder / "imagenet-sample" / f"{number}.jpg")
            rows.writerow((f"{number}.jpg", f"thing {number}", f"n{number:08}"))
    return folder


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_a_small_bench_tells_every_figure(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "bench-model.json"
    done = subprocess.run(
        [sys.executable, BENCH / "bench_model.py", corpus, "--small", "--out", out], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr

    figures = json.loads(out.read_text())
    for name in json.loads((BENCH / "expected.json").read_text()):
        value = figures
        for part in name.split("."):
            value = value[part]
        assert value is None or value >= 0, name
        assert name in done.stdout or value is None
    assert [figures[part]["n"] for part in ("corpus", "more", "both")] == [2, 2, 4]
    assert figures["both"]["default"]["n"] == 4
    with Image.open(tmp_path / "bench-model-both.png") as picture:
        assert picture.format == "PNG"


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_a_small_bench_of_groups_tells_every_figure(corpus: Path, tmp_path: Path) -> None:
    folder, out = corpus / "corpus", tmp_path / "bench-discover.json"
    with (folder / "index.csv").open("a", newline="") as file:
        rows = csv.writer(file)
        for number in range(6):
            receipt(number).save(folder / f"r{number}.png")
            screenshot(number).save(folder / f"s{number}.png")
            rows.writerow((f"r{number}.png", "receipt", "receipt", "test", "us/ours", "", ""))
            rows.writerow((f"s{number}.png", "web_page_screenshot", "screenshot", "test", "us/ours", "", ""))
    done = subprocess.run(
        [sys.executable, BENCH / "bench_discover.py", corpus, "--out", out], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(out.read_text())
    assert (figures["images"], figures["kinds"], figures["groups"]) == (16, 2, 2)
    assert (figures["purity"], figures["mutual_information"]) == pytest.approx((1, 1))
    assert 0 < figures["covered"] <= 1


@pytest.mark.parametrize("bench", ["bench_model.py", "bench_discover.py"])
def test_without_a_corpus_it_says_what_to_do(bench: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, BENCH / bench, tmp_path], capture_output=True, text=True)
    assert done.returncode != 0
    assert "name the folder with the image corpus" in done.stderr
