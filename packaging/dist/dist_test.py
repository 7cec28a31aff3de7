"""Build the wheel and the source archive, check that they are complete, and run the demo's job from the wheel alone.

usage: dist_test.py FOLDER

Both are built twice, the wheel once from the source archive and once from the checkout: the bytes must be the same.
`make dist-test` does this in a temporary folder.
"""

from __future__ import annotations

import email
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TOWERS = {f"snapsortd/vision/embedded/towers/{name}.onnx" for name in ("image", "image-8bit", "text")}
"""What the build adds to the package."""
SHARED = {
    "man/man1/snapsortd.1",
    "man/man1/snapsortctl.1",
    "man/man1/snapsortctl-undo.1",
    "bash-completion/completions/snapsortctl",
    "fish/vendor_completions.d/snapsortctl.fish",
    "zsh/site-functions/_snapsortctl",
}
"""What it adds below `share`, among other pages."""
LICENCES = {"LICENSE", "packaging/licences/Apache-2.0.txt"}
NEEDLESS = {"hf-xet", "huggingface_hub", "onnx", "scipy", "tokenizers", "torch", "transformers"}
"""Packages that the embedded model must not need."""
MAX_BYTES = 350_000_000
"""Of the environment, with all that it needs: 350 MB, and so less than 350 MiB, too."""


def run(*words: str | Path, **env: str) -> str:
    """Run a program in the repository; return its output, or end with it."""
    done = subprocess.run(words, cwd=REPOSITORY, env=os.environ | env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def check_same(label: str, expected: set[str], found: set[str]) -> None:
    """End with what is missing or too much."""
    if expected != found:
        sys.exit(f"{label}: missing {sorted(expected - found)}, too much {sorted(found - expected)}")


def build(folder: Path) -> tuple[Path, Path]:
    """Return the source archive and the wheel, after a comparison with a second build."""
    epoch = run("git", "log", "-1", "--format=%ct").strip()
    for options, target in (((), "dist"), (("--sdist", "--wheel"), "again")):
        command = (sys.executable, "-m", "build", *options, "--outdir", folder / target)
        run(*command, REPOSITORY, SOURCE_DATE_EPOCH=epoch)
    (sdist,), (wheel,) = ((folder / "dist").glob(pattern) for pattern in ("*.tar.gz", "*.whl"))
    for each in (sdist, wheel):
        if each.read_bytes() != (folder / "again" / each.name).read_bytes():
            sys.exit(f"{each.name} is different when it is built again: see {folder}")
    return sdist, wheel


def check_content(sdist: Path, wheel: Path) -> None:
    """Compare the files with those of the repository."""
    tracked = {name for name in run("git", "ls-files", "-z").split("\0") if name}
    with tarfile.open(sdist) as archive:
        packed = {member.name.partition("/")[2] for member in archive.getmembers()}
    check_same(sdist.name, tracked | {"PKG-INFO"}, packed)
    with zipfile.ZipFile(wheel) as parts:
        names = set(parts.namelist())
        (about,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(parts.read(about))
    check_same(
        wheel.name,
        {name for name in tracked if name.startswith("snapsortd/")} | TOWERS,
        {name for name in names if name.startswith("snapsortd/")},
    )
    share = f"{about.split('.dist-info')[0]}.data/data/share"
    licences = f"{about.removesuffix('/METADATA')}/licenses"
    if missing := ({f"{share}/{each}" for each in SHARED} | {f"{licences}/{each}" for each in LICENCES}) - names:
        sys.exit(f"{wheel.name}: missing {sorted(missing)}")
    if not metadata.get_all("Classifier") or not {"clip", "hub"} <= {*metadata.get_all("Provides-Extra", ())}:
        sys.exit(f"{wheel.name}: its metadata are incomplete")


def try_out(wheel: Path, folder: Path) -> int:
    """Install the wheel with pipx, file and undo with it as the demo does; return the bytes of the environment."""
    places = {f"PIPX_{name}": str(folder / "pipx" / name) for name in ("HOME", "BIN_DIR", "MAN_DIR")}
    constraints = f"--pip-args=--constraint {REPOSITORY / 'constraints.txt'}"
    run(sys.executable, "-m", "pipx", "install", constraints, wheel, **places)
    run(folder / "pipx" / "BIN_DIR" / "snapsortctl", "--version")
    if not (folder / "pipx" / "MAN_DIR" / "man1" / "snapsortctl.1").is_file():
        sys.exit("pipx shows no manual page")
    environment = folder / "pipx" / "HOME" / "venvs" / "snapsortd"
    python = environment / "bin" / "python"
    names = {line.partition("==")[0] for line in run(python, "-m", "pip", "list", "--format=freeze").splitlines()}
    if names & NEEDLESS:
        sys.exit(f"the wheel brings {sorted(names & NEEDLESS)}")
    where = run(python, "-P", "-c", "import snapsortd; print(snapsortd.__file__)").strip()
    if not Path(where).is_relative_to(folder):
        sys.exit(f"{where} is not the wheel's")
    run(python, "packaging/demo/demo.py")
    return sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file())


def main() -> None:
    """Do all of it."""
    folder = Path(sys.argv[1]).resolve()
    sdist, wheel = build(folder)
    check_content(sdist, wheel)
    taken = try_out(wheel, folder)
    size = f"{taken / 1e6:.0f} MB ({taken / 2**20:.0f} MiB)"
    print(f"{sdist.name} and {wheel.name} are complete; pipx installs {size}.")
    if taken > MAX_BYTES:
        sys.exit(f"that is more than {MAX_BYTES / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
