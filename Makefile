# Two commands on a fresh machine: make demo, make test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test long conformance corpus bench lint clean

CORPUS ?= spec

TESTSERVER := .testserver/node_modules/@microsoft.azure/autorest.testserver/package.json

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $(READY)

demo: $(READY)  ## Set up, run the main job on the embedded sandbox, print what happened.
	@$(BIN)/python docs/demo.py

test: $(READY)  ## Every test but the long sweeps.
	$(BIN)/python -m pytest -n auto -m "not long"

long: $(READY)  ## The long sweeps: the laws with 1,000 examples each, a gigabyte each way.
	LONG=1 $(BIN)/python -m pytest -n auto -m "long or law"

$(TESTSERVER):
	npm install --silent --no-fund --no-audit --prefix .testserver @microsoft.azure/autorest.testserver@3.3.51

conformance: $(READY) $(TESTSERVER)  ## Every case against the AutoRest test server (needs node), by document.
	$(BIN)/python -m tests.conformance

corpus: $(READY)  ## Every connector below CORPUS=<folder>: loads, operations, requests, findings, seconds, memory.
	$(BIN)/python -m bench.corpus $(CORPUS) --json corpus.json

bench: $(READY)  ## Loading CORPUS=<folder of connector folders>, beside aiopenapi3 and bravado-core.
	$(BIN)/python -m pip install --quiet aiopenapi3 bravado-core
	$(BIN)/python -m bench.catalogue $(CORPUS)

lint: $(READY)  ## Style, types, and the project's own documents.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/connectors validate spec

clean:
	rm -rf $(VENV)
