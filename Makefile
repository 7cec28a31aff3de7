PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt
STAMP := $(VENV)/installed
DEV := $(VENV)/installed-dev

.PHONY: venv dev run demo picture test bench-test crash-test soak lint check bench bench-model bench-learn install clean

venv: $(STAMP)

# All that is needed to run it. systemd-python is built only where its headers are installed, and pywuffs only where it can
# be built: without it, PNG files are decoded by kornia-rs, one at a time.
$(STAMP): pyproject.toml constraints.txt setup.py $(wildcard packaging/onnx-towers/*.py) snapsortd/vision/embedded/model.safetensors
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable .
	if pkg-config --exists libsystemd 2>/dev/null; then $(INSTALL) 'systemd-python>=235'; fi
	$(INSTALL) 'pywuffs>=2' || echo 'pywuffs could not be built: without it, a backlog of PNG files takes longer'
	touch $@

dev: $(DEV)

# PyTorch, transformers and the test tools. The constraints file selects the CPU build of torch.
$(DEV): $(STAMP)
	$(INSTALL) --editable '.[dev]'
	touch $@

run: venv
	$(BIN)/snapsortctl init --if-missing --yes
	$(BIN)/snapsortd

demo: venv
	$(BIN)/python packaging/demo/demo.py

picture: dev
	$(BIN)/python packaging/demo/picture.py packaging/demo/demo.svg
	$(BIN)/python packaging/demo/pictures.py packaging/demo check

# Two files at a time, because most tests wait for something; the tests of a file stay together and share slow fixtures.
test: dev
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Whether the benches work: minutes of starting programs, one after the other.
bench-test: dev
	$(BIN)/python -m pytest -m bench

# The review page in a real Chromium; its screenshots are in build/review.
browser-test: venv
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

install: venv
	$(BIN)/snapsortctl init --if-missing --no-service
	$(BIN)/snapsortctl service install

clean:
	rm -rf $(VENV) build
