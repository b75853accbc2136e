# Every command that people and CI run. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help install install-dev run test test-postgres chromium check format types imports lock demo bench clean

# The first Python that is new enough; name another one with `make PYTHON=python3.12 ...`.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
VENV := .venv/bin
ROOMS := config projects pricing store ingest analytics api dashboard sdk/src ops tests benchmarks manage.py
LOCK := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
# Checks need settings, settings need a directory; this one is not the data of an instance.
CHECKED := DATA_DIR=build/check
PYTEST := $(VENV)/python -m pytest $(if $(RANDOM_SEED),--randomly-seed=$(RANDOM_SEED))

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Make .venv from requirements.lock (quick when nothing changed)
	@$(PYTHON) ops/install.py

install-dev: ## The same, with everything tests and checks need
	@$(PYTHON) ops/install.py --dev

run: install ## Start Polymeter: store, web, worker, beat (PORT, DATA_DIR, DEMO, ADMIN_PASSWORD, DEMO_KEY)
	@exec $(VENV)/python -m config.launcher

test: install-dev chromium check test-postgres ## Everything CI runs, with its own PostgreSQL, Valkey, event store and browser
	$(PYTEST)

test-postgres: install-dev ## The control plane's tests once more, on PostgreSQL
	$(VENV)/python -m tests.services.postgres $(PYTEST) --no-header -q -m "not browser" tests/projects tests/pricing tests/api

chromium: # Debian's browser, when it is missing and this user may install it
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
		|| echo "No chromium here and no right to install it: browser tests will be skipped."

check: install-dev types imports ## Format, lint, types, import contracts, migrations
	$(VENV)/ruff format --check $(ROOMS)
	$(VENV)/ruff check $(ROOMS)
	$(CHECKED) $(VENV)/python manage.py makemigrations --check --dry-run

format: install-dev ## Rewrite files the way `make check` wants them
	$(VENV)/ruff format $(ROOMS)
	$(VENV)/ruff check --fix $(ROOMS)

types: install-dev ## mypy, strict
	$(CHECKED) $(VENV)/mypy

imports: install-dev ## The import contracts of pyproject.toml
	$(VENV)/lint-imports --no-cache

lock: install-dev ## Resolve pyproject.toml again into both lock files
	$(VENV)/python -m pip install --quiet uv
	$(LOCK) --upgrade pyproject.toml --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --group dev pyproject.toml --output-file requirements-dev.lock

demo: install ## Load the demo month into the running instance
	$(VENV)/python manage.py demo

bench: install-dev ## Name the programs behind docs/benchmarks.md; each says how to run it
	@for f in benchmarks/*.py; do sed -n '1s/^"*//; 1s/"*$$//; 1p' $$f | sed "s|^|$$f: |"; done

clean: ## Remove what can be made again; never the data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
