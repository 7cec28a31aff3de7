"""What a release checks and writes, in a clone of this repository."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SCRIPT = Path("packaging", "release", "release.py")
WHO = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone with a commit of what is in this checkout; every test leaves it unchanged or committed."""
    tree = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-tags", REPOSITORY, tree], check=True)
    listed = git(REPOSITORY, "ls-files", "--modified", "--others", "--exclude-standard", "--deduplicate")
    for name in filter(None, listed.splitlines()):
        if (source := REPOSITORY / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes(source.read_bytes())
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--allow-empty", "--message", "The checkout")
    return tree


def git(tree: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", tree, *words], env=os.environ | WHO, check=True, capture_output=True, text=True)
    return done.stdout


def release(tree: Path, *words: str) -> tuple[int, str]:
    """Run a step of the release; return its exit code and what it says."""
    done = subprocess.run(
        [sys.executable, SCRIPT, *words], cwd=tree, env=os.environ | WHO, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def change(path: Path, pattern: str, replacement: str) -> None:
    text, times = re.subn(pattern, replacement, path.read_text(), count=1, flags=re.M)
    assert times == 1
    path.write_text(text)


def test_a_release_has_its_version_changelog_checksums_and_tag(tree: Path) -> None:
    assert release(tree, "begin", "9.8.7") == (0, "")
    assert git(tree, "log", "-1", "--format=%s") == "Release 9.8.7\n"
    assert '__version__ = "9.8.7"' in (tree / "snapsortd" / "__init__.py").read_text()
    kept = tree / "tests" / "config" / "released" / "9.8.7" / "example.yaml"
    assert kept.read_text() == (tree / "snapsortd" / "config" / "example.yaml").read_text()
    log = (tree / "CHANGELOG.md").read_text()
    assert re.search(r"## \[Unreleased\]\n\n## \[9\.8\.7\] - \d{4}-\d\d-\d\d\n\n### Added\n- \S", log)
    assert release(tree, "end")[0] == 1, "nothing is tagged before the artefacts are there"
    built = tree / "build" / "release"
    built.mkdir(parents=True, exist_ok=True)
    (built / "snapsortd-9.8.7-py3-none-any.whl").write_bytes(b"wheel")
    assert release(tree, "sums") == (0, "")
    digest = hashlib.sha256(b"wheel").hexdigest()
    assert (built / "SHA256SUMS").read_text() == f"{digest}  snapsortd-9.8.7-py3-none-any.whl\n"
    assert release(tree, "end")[0] == 0
    tag = git(tree, "cat-file", "-p", "v9.8.7")
    assert "\nsnapsortd 9.8.7\n\n### Added\n- " in tag
    assert release(tree, "begin", "9.8.7") == (1, "there is a tag v9.8.7 already\n")
    code, said = release(tree, "begin", "9.8.8")
    assert (code, said) == (1, "CHANGELOG.md has nothing under Unreleased\n")
    assert not git(tree, "status", "--porcelain")


def test_recipes_have_version_and_digest_of_the_source(tree: Path) -> None:
    built = tree / "build" / "release"
    built.mkdir(parents=True, exist_ok=True)
    version = re.search(r'^__version__ = "(.+)"$', (tree / "snapsortd" / "__init__.py").read_text(), re.M)
    assert version is not None
    (built / f"snapsortd-{version[1]}.tar.gz").write_bytes(b"source")
    assert release(tree, "recipes", "https://example.org/releases") == (0, "")
    read = subprocess.run(
        ["bash", "-euc", '. ./PKGBUILD && echo "$pkgver $source $sha256sums"'],
        cwd=built,
        check=True,
        capture_output=True,
        text=True,
    )
    digest = hashlib.sha256(b"source").hexdigest()
    assert read.stdout == f"{version[1]} https://example.org/releases/snapsortd-{version[1]}.tar.gz {digest}\n"
    formula = (built / "snapsortd.rb").read_text()
    assert {f'  url "https://example.org/releases/snapsortd-{version[1]}.tar.gz"', f'  sha256 "{digest}"'} <= set(
        formula.splitlines()
    )
    if ruby := shutil.which("ruby"):
        subprocess.run([ruby, "-c", built / "snapsortd.rb"], check=True, capture_output=True)
    shutil.rmtree(built)


@pytest.mark.parametrize(
    ("name", "pattern", "replacement", "said"),
    [
        pytest.param(
            "constraints.txt", r"^click==.*", "click==8.0.1", "click 8.0.1, but pyproject.toml wants", id="old"
        ),
        pytest.param("constraints.txt", r"^click==.*\n", "", "constraints.txt has no click", id="no pin"),
        pytest.param("constraints.txt", r"^click==.*", r"click>=9", "constraints.txt: click>=9", id="not a pin"),
        pytest.param(
            "packaging/release/artefacts.sh",
            r"^set -eu",
            "set -eu # VERSION",
            "artefacts.sh has the version",
            id="twice",
        ),
    ],
)
def test_what_disagrees_is_not_released(tree: Path, name: str, pattern: str, replacement: str, said: str) -> None:
    assert release(tree, "check") == (0, "")
    version = re.search(r'^__version__ = "(.+)"$', (tree / "snapsortd" / "__init__.py").read_text(), re.M)
    assert version is not None
    change(tree / name, pattern, replacement.replace("VERSION", version[1]))
    code, output = release(tree, "check")
    git(tree, "checkout", name)
    assert code == 1
    assert said in output
