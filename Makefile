PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# 0: pip compiles nothing. It would use one core, and compile what is needed for the build only, too.
INSTALL := PIP_NO_COMPILE=0 $(BIN)/python -m pip install --quiet --constraint constraints.txt
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true # a few packages have templates named .py
STAMP := $(VENV)/installed
NATIVE := $(VENV)/installed-native
DEV := $(VENV)/installed-dev

.PHONY: venv dev run demo picture test bench-test browser-test crash-test soak lint check lowest audit release-check artefacts deb release bench bench-model bench-learn bench-discover bench-text install dist-test clean

venv: $(STAMP)

# All that is needed to run it.
$(STAMP): pyproject.toml constraints.txt packaging/build_hook.py $(wildcard packaging/onnx-towers/*.py) snapsortd/vision/child/engines/made_for.py snapsortd/vision/embedded/model.safetensors
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	$(COMPILE)
	touch $@

# Parts that are built here, in a minute, if that is possible: messages in systemd's journal, and PNG files several at a time.
$(NATIVE): $(STAMP)
	if pkg-config --exists libsystemd 2>/dev/null; then $(INSTALL) 'systemd-python>=235'; fi
	$(INSTALL) 'pywuffs>=2' || echo 'pywuffs could not be built: without it, a backlog of PNG files takes longer'
	touch $@

dev: $(DEV)

# PyTorch, transformers and the test tools. The constraints file selects the CPU build of torch.
$(DEV): $(NATIVE)
	$(INSTALL) --editable '.[dev]'
	$(COMPILE)
	touch $@

run: $(NATIVE)
	$(BIN)/snapsortctl init --if-missing --yes
	$(BIN)/snapsortd

demo: venv
	$(BIN)/python packaging/demo/demo.py

picture: dev
	$(BIN)/python packaging/demo/pictures.py packaging/demo

# Three files at a time, because most tests wait for something; the tests of a file stay together and share slow fixtures.
test: dev
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 12

# Whether the benches work: minutes of starting programs, one after the other.
bench-test: dev
	$(BIN)/python -m pytest -m bench

# The review page in a real Chromium; its screenshots are in build/review.
browser-test: dev
	$(BIN)/python -m pytest -m browser

crash-test: dev
	$(BIN)/python -m tests.crash_sweep

# An hour of random operations on four file systems; a seed repeats the choices, not the timing.
SECONDS ?= 3600
soak: dev
	$(BIN)/python -m tests.soak --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

lint: dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

# Writes build/bench.json and build/bench.png; the README shows a copy of the latter, tests/bench/bench.png.
bench: dev
	$(BIN)/python tests/bench/bench.py

# Requires a corpus of labelled images, which is not in the repository: `make bench-model CORPUS=FOLDER`.
CORPUS ?= ../shared/data
bench-model: dev
	$(BIN)/python packaging/embedded-model/bench_model.py $(CORPUS)

# How it learns from corrections, on the same images: writes build/bench-learn.json.
bench-learn: dev
	$(BIN)/python packaging/embedded-model/bench_learn.py $(CORPUS)

# How well the groups of `snapsortctl discover` agree with the kinds of these images: writes build/bench-discover.json.
bench-discover: dev
	$(BIN)/python packaging/embedded-model/bench_discover.py $(CORPUS)

# How well the text in images is read, on drawn ones: writes build/bench-text.json.
bench-text: dev
	$(BIN)/python tests/bench/text.py

# Installs the lowest versions that pyproject.toml allows, and runs the tests of decisions and of the model with them. Of torch
# it is the pinned one, in its CPU build: without the libraries that the other builds ask for.
lowest: build/tools/bin/uv
	grep '^torch==' constraints.txt > build/torch.txt
	$< pip compile --quiet --resolution lowest-direct --extra dev --constraint build/torch.txt --no-header --no-annotate pyproject.toml | \
	    grep -v -e '^nvidia' -e '^cuda' -e '^triton' > build/lowest.txt
	$(PYTHON) -m venv --clear build/lowest
	build/lowest/bin/python -m pip install --quiet --no-deps --requirement build/lowest.txt .
	build/lowest/bin/python -m pytest -p no:anyio -m pure
	build/lowest/bin/python -m pytest -p no:anyio tests/vision/test_engines.py tests/e2e/test_filing.py

# Known vulnerabilities of the pinned versions; asks pypi.org, and fails if a package is not found there. "Not found on PyPI"
# for the first one means that only a mirror can be reached, which has no such records.
audit: build/tools/bin/uv
	build/tools/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

build/tools/bin/uv: pyproject.toml
	$(PYTHON) -m venv build/tools
	build/tools/bin/python -m pip install --quiet 'build>=1.3' 'cyclonedx-bom>=7' 'pip-audit>=2.9' 'uv>=0.9'
	touch $@

# Installed, used and removed on this system by packaging/debian/try.sh, as root.
deb: build/tools/bin/uv
	rm -rf build/deb
	build/tools/bin/python -m build --wheel --outdir build/deb .
	sh packaging/debian/build.sh build/deb/snapsortd-*.whl build/deb
	lintian --fail-on error build/deb/snapsortd_*.deb

release-check: dev
	$(BIN)/python packaging/release/release.py check

# Wheel, source archive, Debian package, list of parts, and their checksums: build/release. With URL=…, the folder
# from which they will be downloaded, the recipes for Homebrew and Arch as well.
artefacts: build/tools/bin/uv
	sh packaging/release/artefacts.sh $(PYTHON) $(URL)

# The version, the changelog, a commit, the artefacts, and a tag: `make release VERSION=0.2.0`. It publishes nothing.
release: dev
	$(BIN)/python packaging/release/release.py begin $(VERSION)
	$(MAKE) artefacts
	$(BIN)/python packaging/release/release.py end

install: $(NATIVE)
	$(BIN)/snapsortctl init --if-missing --no-service
	$(BIN)/snapsortctl service install

# Builds wheel and sdist, and runs the demo's job from the wheel in an empty environment.
dist-test: dev
	folder=$$(mktemp -d) && $(BIN)/python packaging/dist/dist_test.py $$folder && rm -rf $$folder

clean:
	rm -rf $(VENV) build
