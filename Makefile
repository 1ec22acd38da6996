# `make build` builds the site. `make test` runs the tests. `make soak` runs the tests that take minutes each.
# Building needs only Python 3.11 and make. .ci/system installs the other programs that the tests start, where it may;
# a test is skipped, with the reason, if its program is missing.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: build test soak test-stores lint docs examples bench clean system

build: .venv/ready
	$(BIN)/cica-graph build

test: system lint .venv-sssom/ready tests/npm/ready
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# A thousand killed processes, floods of requests, a million rows; and a thousand examples of each law.
soak: system .venv/ready
	$(BIN)/python -m pytest -m 'soak or hypothesis' --hypothesis-profile thorough

# The same tests on every store: memory, directory, Oxigraph's server, Virtuoso.
test-stores: system .venv/ready
	$(BIN)/python -m pytest tests/test_stores.py tests/test_store_folder.py tests/test_store_http.py tests/test_store_check.py

system:
	@.ci/system

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/ready
	$(BIN)/python docs/generate.py

# Run every command that the documents show, and write its output in the place of the old one.
examples: .venv/ready
	$(BIN)/python docs/generate.py --examples

bench: .venv/ready
	$(BIN)/python -m benchmarks.run

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# A separate environment, because the sssom package needs other versions of our dependencies.
.venv-sssom/ready:
	$(PYTHON) -m venv .venv-sssom
	.venv-sssom/bin/python -m pip install --quiet --disable-pip-version-check sssom==0.4.21
	touch $@

# axe-core and the Nu HTML checker check the site; Comunica queries the server.
tests/npm/ready: tests/npm/package.json
	if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix tests/npm; fi
	touch $@

clean:
	rm -rf .venv .venv-sssom tests/npm/node_modules tests/npm/ready tests/output out build dist
