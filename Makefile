# On a machine with Python, make and git: `make demo` shows the sandbox, `make test` holds it to its word.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= .demo
ONCE ?=
PORT ?= 8800

.PHONY: demo test bench check format clean

demo: $(VENV)/installed
	$(BIN)/sandbox --data $(DATA) serve --demo --port $(PORT) $(if $(ONCE),--once)

test: $(VENV)/tested check
	$(BIN)/pytest

check: $(VENV)/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/tested
	$(BIN)/python -m benchmarks

format: $(VENV)/tested
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/tested: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

clean:
	rm -rf $(VENV) .demo build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
