# Sourcespan: `make run` to see it work, `make test` to check it. Everything lands in .venv and in $(DATA_DIR).

PYTHON   ?= $(shell command -v python3.11 || command -v python3)
DATA_DIR ?= data
HOST     ?= 127.0.0.1
PORT     ?= 8000
DEMO     ?= 1
DATA     ?=

VENV := .venv
BIN  := $(VENV)/bin
LOCK := requirements.lock
# setuptools comes from the lock like everything else, so nothing is fetched to build with
PIP  := $(BIN)/python -m pip --disable-pip-version-check --no-input
# What is already there is not news.
INSTALL = set -o pipefail; quiet() { sed -u '/^Requirement already satisfied/d'; }; \
	install() { $(PIP) install -c $(LOCK) --no-build-isolation "$$@" | quiet; }; install

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench bench-retrieval lock clean

help:
	@echo "make run     install, start the service on ./data and show the main job once (DATA_DIR=, PORT=, DEMO=0)"
	@echo "make test    install what the tests need and run them all"
	@echo "make lint    linters, type checker and import contracts"
	@echo "make bench   measure on a folder of documents (DATA=folder)"
	@echo "make bench-retrieval   quality and cost beside other frameworks (DATA=folder QUESTIONS=file)"
	@echo "make setup   only install, into .venv"
	@echo "make lock    pin the dependencies anew"
	@echo "make clean   remove what was built (never the data)"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed: sudo apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments: sudo apt-get install python3-venv"; exit 1; }
	@echo "Making the virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml $(LOCK) | $(BIN)/python
	@echo "Installing the locked dependencies into $(VENV) (some 3 GB, a few minutes the first time)"
	@$(INSTALL) setuptools
	@$(INSTALL) -e '.[tesseract,unstructured]'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	@echo "Installing what the tests need"
	@$(INSTALL) -e '.[test]'
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed
	@echo "Installing what the benchmarks compare with"
	@$(INSTALL) -e '.[bench]'
	@touch $@

setup: $(VENV)/.installed
	@echo "Ready: $(BIN)/sourcespan --help"

run: setup
	@exec $(BIN)/sourcespan serve --data-dir "$(DATA_DIR)" --host "$(HOST)" --port "$(PORT)" \
		$(if $(filter 0,$(DEMO)),,--demo eval_data)

# Real servers that the tests start themselves. Where they cannot be installed, the tests that need them say so.
.PHONY: servers
servers:
	@if command -v redis-server >/dev/null && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing PostgreSQL and Redis for the tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends postgresql redis-server >/dev/null; \
	else echo "Without PostgreSQL and Redis some tests are skipped: sudo apt-get install postgresql redis-server"; fi

test: $(VENV)/.installed-test servers
	@$(BIN)/python -m pytest -o console_output_style=progress -ra $(ARGS)

lint: $(VENV)/.installed-test
	@echo "ruff check";          $(BIN)/ruff check .
	@echo "ruff format --check"; $(BIN)/ruff format --check .
	@echo "mypy";                $(BIN)/mypy
	@echo "lint-imports";        $(BIN)/lint-imports

bench: $(VENV)/.installed-bench
	@test -n "$(DATA)" || { echo "Say which documents to measure with: make bench DATA=folder"; exit 2; }
	@$(BIN)/python -m benchmarks "$(DATA)" $(ARGS)

# The frameworks have an environment of their own: they would move the versions that the service is locked to.
PEERS := .venv-peers

$(PEERS)/.installed: benchmarks/peers-requirements.txt
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --disable-pip-version-check --no-input --quiet -r $<
	@touch $@

bench-retrieval: $(VENV)/.installed-bench $(PEERS)/.installed
	@test -n "$(DATA)" -a -n "$(QUESTIONS)" || { echo "make bench-retrieval DATA=folder QUESTIONS=file.jsonl"; exit 2; }
	@$(BIN)/python -m benchmarks.retrieval_quality "$(DATA)" "$(QUESTIONS)" --peers $(PEERS)/bin/python $(ARGS)

# Every extra in one resolution. The CPU build of torch has a local version (+cpu) that package indexes do not serve.
lock: $(BIN)/python
	@$(PIP) install --quiet pip-tools
	@$(BIN)/python -m piptools compile --quiet --strip-extras --allow-unsafe --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--extra test --extra bench --output-file $(LOCK).new pyproject.toml
	@{ echo "# Every dependency of Sourcespan and of its extras, pinned. Made by 'make lock' from pyproject.toml,"; \
	   echo "# used as constraints by 'make setup'."; \
	   sed -e 's/+cpu$$//' -e '/^sourcespan/d' -e '/^#/d' -e '/^pip==/d' -e '/^$$/d' $(LOCK).new; } > $(LOCK)
	@rm $(LOCK).new
	@echo "Wrote $(LOCK)"

clean:
	rm -rf $(VENV) $(PEERS) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
