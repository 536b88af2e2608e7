# One command each; everything lives in .venv and needs only Python 3.11, pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test docs coverage
$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(VENV)/.demo
	$(BIN)/resettle demo luoyang-2016

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

# Slow (about five minutes): does every printed interval cover? Writes docs/reference/coverage.md.
coverage: $(VENV)/.dev
	$(BIN)/python benchmarks/evaluation/coverage.py 1000

docs: $(VENV)/.demo
	$(BIN)/python -m resettle.journey.dictionary
