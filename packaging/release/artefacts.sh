#!/bin/sh
# Build what is published into build/release: artefacts.sh PYTHON [URL]. The same commit gives the same wheel. URL is
# the folder from which it will be downloaded: the recipes of Homebrew and Arch name it.
set -eu
cd "$(dirname "$0")/../.."
tools=build/tools/bin
out=build/release
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

rm -rf "$out" build/lib build/bdist.*
mkdir -p "$out"
"$tools/python" -m build --outdir "$out" .

# The parts: what an installation of the wheel with the pinned versions consists of.
"$1" -m venv --clear build/installed
build/installed/bin/python -m pip install --quiet --constraint constraints.txt "$out"/snapsortd-*.whl
"$tools/cyclonedx-py" environment --output-reproducible --output-file "$out/snapsortd.cdx.json" build/installed/bin/python

if command -v dpkg-deb >/dev/null; then sh packaging/debian/build.sh "$out"/snapsortd-*.whl "$out"; fi
if [ -n "${2:-}" ]; then "$tools/python" packaging/release/release.py recipes "$2"; fi
"$tools/python" packaging/release/release.py sums
