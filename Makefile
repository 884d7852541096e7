# Two commands matter: `make demo` and `make test`. Everything else is a part of one of them.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
SOAK_S ?= 3600
SOAK_DEVICES ?= 500
CORE   := $(shell find firmware/core firmware/bindings -name '*.cc' -o -name '*.h' -o -name CMakeLists.txt 2>/dev/null)

.PHONY: demo test lint types unit bench soak format clean help

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cutpoint needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

# The device's kernels (tflite-micro) exist as a wheel for Linux on x86-64 only; without them LiteRT stands in and says so.
$(VENV)/.installed: pyproject.toml CMakeLists.txt $(CORE) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[tflm,plot]' || $(BIN)/python -m pip install --quiet --editable '.[plot]'
	@touch $@

# MicroPython itself, as WebAssembly for node; without npm the tests that need it are skipped, and say so.
$(VENV)/.installed-dev: $(VENV)/.installed tests/micropython/package.json
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	if command -v npm >/dev/null; then npm install --prefix tests/micropython --no-package-lock --no-audit --no-fund --silent; fi
	@touch $@

demo: $(VENV)/.installed  ## three virtual devices, a broker and an edge server, on this machine
	$(BIN)/cutpoint demo $(ARGS)

test: lint types unit  ## everything that CI runs

lint: $(VENV)/.installed-dev  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev  ## mypy --strict
	$(BIN)/mypy

unit: $(VENV)/.installed-dev  ## pytest, the C++ tests under sanitizers included
	$(BIN)/python -m pytest $(ARGS)

bench: $(VENV)/.installed-dev  ## measure; writes bench/results.json and prints a table
	$(BIN)/python -m bench $(ARGS)

soak: $(VENV)/.installed-dev  ## faults over and over under load for SOAK_S seconds; ends with the invariant's verdict
	$(BIN)/python -m host_tools.load.soak --duration $(SOAK_S) --devices $(SOAK_DEVICES) $(ARGS)

format: $(VENV)/.installed-dev  ## ruff format and the fixes that ruff can make
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## what was built; the environment stays
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
