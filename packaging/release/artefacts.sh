#!/bin/sh
# Build everything that is published into build/release: artefacts.sh PYTHON. The same commit gives the same wheel.
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

"$tools/python" packaging/release/release.py sums
