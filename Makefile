# One verb a chore. Everything happens in .venv, made on first use.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow bench docs samples lint clean

demo: $(VENV)/.installed
	$(BIN)/credlabel demo --into demo

test: $(VENV)/.testing
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

test-slow: $(VENV)/.testing
	$(BIN)/python -m pytest -m slow --timeout 900

bench: $(VENV)/.testing
	$(BIN)/python tests/benchmarks/run.py

docs: $(VENV)/.testing
	$(BIN)/python docs/build.py

samples: $(VENV)/.testing
	$(BIN)/python samples/make.py
	$(BIN)/python samples/make_documents.py

lint: $(VENV)/.testing
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.testing: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info demo
