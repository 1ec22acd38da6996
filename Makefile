# `make build` builds the site, `make test` runs every test. Python 3.11 and make are enough for the first; what else the
# second starts is installed by .ci/system where that is allowed, and a test whose program is missing says so.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: build test test-stores lint docs examples bench clean system

build: .venv/ready
	$(BIN)/cica-graph build

test: system lint .venv-sssom/ready tests/npm/ready
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# The same tests on every store: memory, folder, Oxigraph's server, Virtuoso.
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

# Its own environment: the sssom package wants versions of its own.
.venv-sssom/ready:
	$(PYTHON) -m venv .venv-sssom
	.venv-sssom/bin/python -m pip install --quiet --disable-pip-version-check sssom==0.4.21
	touch $@

# What checks the site: axe-core for accessibility, the Nu HTML checker. What asks the server: Comunica.
tests/npm/ready: tests/npm/package.json
	if command -v npm >/dev/null; then npm install --silent --no-audit --no-fund --prefix tests/npm; fi
	touch $@

clean:
	rm -rf .venv .venv-sssom tests/npm/node_modules tests/npm/ready tests/output out build dist
