# One command each; everything lives in .venv and needs only Python 3.11, pip and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check

.PHONY: demo test test-browser test-slow test-spark coverage docs bench bench-siting

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(PIP) -e '.[dev]'
	touch $@

# Draw a synthetic county, run it, say what came of it: luoyang-2016/out/report.html
demo: $(VENV)/.demo
	$(BIN)/resettle demo luoyang-2016

# Style, types, import contracts, doctests and tests; PostgreSQL comes from a wheel.
test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

# The report in a real browser; says what is missing where there is none, and fails.
test-browser: $(VENV)/.dev
	$(PIP) -e '.[dev,browser]'
	@test -x /usr/bin/chromium || { echo "Chromium is missing: install the package chromium"; exit 1; }
	$(BIN)/pytest -m browser tests/browser

# Long tests: ten thousand tiny siting problems and the like.
test-slow: $(VENV)/.dev
	$(BIN)/pytest -m slow tests

# The conformance body on Spark; needs Java 17 or later, says so and fails where it is absent.
test-spark: $(VENV)/.dev
	$(PIP) -e '.[dev,spark]'
	@$(BIN)/python -c "from resettle.store.spark import lacking; from resettle.words import explain_problem; \
		p = lacking(); p and exit(' '.join(explain_problem(p, 'en')))"
	$(BIN)/pytest -m spark tests/ground/policy/test_engines_agree.py tests/ground/journey/test_run_elsewhere.py \
		tests/ground/store/test_spark_places.py

# About five minutes: does every printed interval cover? Writes docs/reference/coverage.md.
coverage: $(VENV)/.dev
	$(BIN)/python benchmarks/evaluation/coverage.py 1000

# Measured, never asserted. Rivals run in environments of their own; see each script's head.
bench: $(VENV)/.dev benchmarks/measured/openfisca/.made benchmarks/measured/neworder/.made
	$(PIP) -e '.[dev,bench]'
	$(BIN)/python -m benchmarks.registry.bench
	$(BIN)/python benchmarks/rules_12.py benchmarks/measured/rules_12 --openfisca benchmarks/measured/openfisca/bin/python
	$(BIN)/python benchmarks/projection_rates.py --store benchmarks/measured/persons.npz
	benchmarks/measured/neworder/bin/python benchmarks/neworder/model.py benchmarks/measured/persons.npz 4
	$(BIN)/python benchmarks/reconcile/measure.py
	test -d benchmarks/measured/luoyang-2016/out || $(BIN)/resettle demo benchmarks/measured/luoyang-2016
	$(BIN)/python benchmarks/whatif.py benchmarks/measured/luoyang-2016

# A rival's environment of its own, from its own requirements.
benchmarks/measured/%/.made: benchmarks/%/requirements.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install -q --disable-pip-version-check -r $<
	touch $@

RIVALS := $(addprefix benchmarks/measured/siting/,scip/.made cpsat/.made spopt/.made)

bench-siting: $(VENV)/.dev $(RIVALS)
	@mkdir -p benchmarks/measured
	$(BIN)/python benchmarks/siting/run.py --out benchmarks/measured/siting.jsonl
	$(BIN)/python benchmarks/siting/allot.py --out benchmarks/measured/allot.jsonl

# The dictionary of tables and the list of commands, from what is there.
docs: $(VENV)/.demo
	$(BIN)/python -m resettle.journey.dictionary
