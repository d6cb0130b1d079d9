# Two commands on a fresh machine: make demo, make test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint validate clean

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $(READY)

demo: $(READY)  ## Set up, run the main job on the embedded sandbox, print what happened.
	@$(BIN)/python docs/demo.py

test: $(READY)  ## Every test but the long sweeps.
	$(BIN)/python -m pytest -n auto -m "not long"

lint: $(READY)  ## Style, types, and the project's own documents.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/connectors validate spec

clean:
	rm -rf $(VENV)
