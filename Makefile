# Two commands to know: `make demo` and `make test`. Setup happens once, and again when pyproject.toml changes.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= demo
DATA ?= ../shared/data
MINUTES ?= 10
BUNDLE ?= models/lowcost-1

.PHONY: help demo test lint eval parity parity-arm aar fuzz bench bench-quick benchmarks train clean

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/.installed  ## render the fields of a smear, analyze them and say where the report is
	$(BIN)/lowcost render --fields 4 --out $(OUT)/smear
	$(BIN)/lowcost analyze $(OUT)/smear/images/* --out $(OUT)
	@echo "Open $(abspath $(OUT))/report.html in a browser."

test: $(VENV)/.installed-dev lint  ## run the checks and the tests
	$(BIN)/pytest -n 2

lint: $(VENV)/.installed-dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

eval: $(VENV)/.installed-dev  ## print the tables of benchmarks/results (needs the images of DATA)
	$(BIN)/lowcost evaluate --data $(DATA)

parity: $(VENV)/.installed-dev  ## compare Java with Python, stage by stage, on all images of DATA (needs a JDK 17)
	$(BIN)/python -m benchmarks.parity --data $(DATA)

parity-arm: $(VENV)/.installed-dev  ## compare an emulated 64-bit ARM with this machine (needs qemu-user-static on Debian 12)
	$(BIN)/python -m benchmarks.parity_arm

aar:  ## build the Android library with the bundle in it (needs a JDK 17 alone)
	$(PYTHON) android_bridge/build_aar.py --bundle $(BUNDLE)

fuzz: $(VENV)/.installed-dev  ## fuzz every reader of files for MINUTES each, guided by coverage (installs atheris; Linux, Python 3.11 to 3.13)
	$(BIN)/python -m pip install --quiet 'atheris>=3'
	status=0; for target in image bundle device labels result; do \
		$(BIN)/python -m tests.fuzz $$target --minutes $(MINUTES) || status=1; done; exit $$status

bench: $(VENV)/.installed-bench  ## measure lowcost beside other methods, for hours (needs the images of DATA; installs PyTorch)
	$(MAKE) benchmarks BENCH='--data $(DATA)'
	$(BIN)/python -m benchmarks.page

bench-quick: $(VENV)/.installed-bench  ## the shape of every table in ten minutes, and what got worse
	$(MAKE) benchmarks BENCH='--data $(DATA) --quick --out build/bench --work .cache/bench-quick'
	$(BIN)/python -m benchmarks.guard build/bench

benchmarks: export KERAS_BACKEND = torch
benchmarks:
	$(BIN)/python -m benchmarks.accuracy $(BENCH) $(if $(LEFT_OUT),--left-out $(LEFT_OUT))
	$(BIN)/python -m benchmarks.detection $(BENCH)
	$(BIN)/python -m benchmarks.segmentation $(BENCH)
	$(BIN)/python -m benchmarks.robustness $(BENCH)
	$(BIN)/python -m benchmarks.ablation $(BENCH) $(if $(LEFT_OUT),--left-out $(LEFT_OUT))
	$(BIN)/python -m benchmarks.augmentation $(BENCH)
	$(BIN)/python -m benchmarks.cost $(BENCH)
	$(BIN)/python -m benchmarks.growth $(BENCH)
	if command -v valgrind; then $(BIN)/python -m benchmarks.instructions $(BENCH); fi

train: $(VENV)/.installed-train  ## train the bundle's models anew (needs the images of DATA; installs TensorFlow)
	$(BIN)/lowcost train cell-type --data $(DATA) --out $(BUNDLE)
	$(BIN)/lowcost train morphology --data $(DATA) --out $(BUNDLE)
	$(BIN)/lowcost train attributes --data $(DATA)/pbc --out $(BUNDLE)
	$(BIN)/python -m lowcost.training.reliability --data $(DATA) --out $(BUNDLE)
	$(BIN)/python -m lowcost.training.novelty --data $(DATA) --out $(BUNDLE)

clean:  ## remove everything that was made
	rm -rf .venv demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.10 to 3.13 with its venv module found: install one (Debian: apt-get install python3-venv) or name it, as in make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-train: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev,train]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-dev

$(VENV)/.installed-bench: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@ $(VENV)/.installed
