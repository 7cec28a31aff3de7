"""Make a release: `release.py begin VERSION`, then the artefacts, then `release.py end`; `release.py check` alone.

The version is in one place, `snapsortd/__init__.py`: everything else reads it, or gets it when it is built.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from changelog import notes, released
from requirements import TREE, disagreements

VERSION = re.compile(r'^__version__ = "(.+)"$', re.M)
ARTEFACTS = "build/release"
RELEASED = "tests/config/released"
RECIPES = ("packaging/homebrew/snapsortd.rb.in", "packaging/arch/PKGBUILD.in")


def main(words: list[str]) -> str:
    """Carry out one step in the current checkout; return why it is refused, empty if it was done."""
    match words:
        case ["check"]:
            return "\n".join(faults(TREE))
        case ["begin", version]:
            return begin(TREE, version, time.strftime("%Y-%m-%d", time.gmtime()))
        case ["sums"]:
            return sums(TREE / ARTEFACTS)
        case ["recipes", url]:
            return recipes(TREE, url)
        case ["end"]:
            return end(TREE)
    return "usage: release.py check | begin VERSION | recipes URL | sums | end"


def begin(tree: Path, version: str, day: str) -> str:
    """Write the version and the changelog's section, check everything, and commit."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return f"a version is three numbers, such as 0.2.0, not {version!r}"
    if git(tree, "status", "--porcelain", "--untracked-files=no"):
        return "commit or stash your changes first"
    if f"v{version}" in git(tree, "tag", "--list").split():
        return f"there is a tag v{version} already"
    source, log = tree / "snapsortd" / "__init__.py", tree / "CHANGELOG.md"
    try:
        changed = released(log.read_text(), version, day)
    except ValueError as error:
        return str(error)
    log.write_text(changed)
    source.write_text(VERSION.sub(f'__version__ = "{version}"', source.read_text()))
    if found := list(faults(tree)):
        return "\n".join([*found, "`git checkout .` takes back what was written"])
    keep_configurations(tree, version)
    git(tree, "commit", "--quiet", "--all", "--message", f"Release {version}")
    return ""


def keep_configurations(tree: Path, version: str) -> None:
    """Copy the configurations that this version ships to the tests, which later versions must be able to load."""
    kept = tree / RELEASED / version
    kept.mkdir(parents=True, exist_ok=True)
    for name in ("default.yaml", "example.yaml"):
        shutil.copyfile(tree / "snapsortd" / "config" / name, kept / name)
    git(tree, "add", RELEASED)


def end(tree: Path) -> str:
    """Tag the release once its artefacts are there, with its section of the changelog as the message."""
    version = package_version(tree)
    if not any((tree / ARTEFACTS).glob(f"snapsortd-{version}*.whl")):
        return f"there is no wheel of {version} in {ARTEFACTS}"
    text = notes((tree / "CHANGELOG.md").read_text(), version)
    git(tree, "tag", "--annotate", "--cleanup=verbatim", "--message", f"snapsortd {version}\n\n{text}", f"v{version}")
    print(f"v{version} is tagged, and its artefacts are in {ARTEFACTS}. To publish: git push --follow-tags")
    return ""


def sums(folder: Path) -> str:
    """Write SHA256SUMS of all artefacts, as `sha256sum --check` reads it."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths]
    (folder / "SHA256SUMS").write_text("".join(lines))
    return ""


def recipes(tree: Path, url: str) -> str:
    """Write the recipes of Homebrew and of Arch for the source archive, which is downloaded from a folder at `url`."""
    version, built = package_version(tree), tree / ARTEFACTS
    source = built / f"snapsortd-{version}.tar.gz"
    if not source.exists():
        return f"there is no {source.relative_to(tree)}"
    values = {"VERSION": version, "URL": url, "SHA256": hashlib.sha256(source.read_bytes()).hexdigest()}
    for path in RECIPES:
        text = re.sub("@([A-Z0-9]+)@", lambda found: values[found[1]], (tree / path).read_text())
        (built / Path(path).stem).write_text(text)
    return ""


def faults(tree: Path) -> Iterator[str]:
    """Yield what keeps this tree from being released: versions written twice, and pins that disagree."""
    yield from disagreements(tree)
    version = package_version(tree)
    for path in sorted((tree / "packaging").rglob("*")):
        if path.suffix in (".in", ".nix", ".sh") and re.search(rf"\b{re.escape(version)}\b", path.read_text()):
            yield f"{path.relative_to(tree)} has the version {version} by itself"


def package_version(tree: Path) -> str:
    """Return the version that the package says it has."""
    found = VERSION.search((tree / "snapsortd" / "__init__.py").read_text())
    assert found is not None
    return found[1]


def git(tree: Path, *words: str) -> str:
    """Run git and return its output."""
    return subprocess.run(["git", "-C", tree, *words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
