# Navette. `make` alone lists what can be asked for.
# Needs make and Python 3.11 or later; everything else is fetched into .venv and node_modules.

PYTHON   ?= python3
PORT     ?= 8000
DATA_DIR ?= ./var
# What `make faults` gives to live drafts in some four minutes; a night may give millions.
FUZZ_UPDATES ?= 60000

BIN       := .venv/bin
FRONT_END := $(wildcard package.json package-lock.json tsconfig.json biome.json static/build.py) \
             $(shell find static/src -type f 2>/dev/null)
PIP       := $(BIN)/python -m pip --quiet --disable-pip-version-check install
LOCK      := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
             --no-emit-index-url --no-emit-find-links --no-annotate --no-header
# A stamp is touched when its step has succeeded; the step runs again when what it depends on is newer.
ENV       := .venv/.created
TO_RUN    := .venv/.installed-to-run
TO_TEST   := .venv/.installed-to-test
PACKAGE   := .venv/.package
BUILT     := static/dist/.built

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test lint fix check e2e faults bench lock clean

help: ## list these targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  Variables: PORT (now $(PORT)), DATA_DIR (now $(DATA_DIR)), PYTHON (now $(PYTHON))"

install: $(TO_TEST) $(PACKAGE) $(BUILT) ## install everything locked, for working on Navette, and build the front end

run: $(TO_RUN) $(PACKAGE) $(BUILT) ## install, build, migrate, load the two demonstrations on first start, and serve
	@PORT="$(PORT)" DATA_DIR="$(DATA_DIR)" exec $(BIN)/navette serve

test: install ## everything: lint, unit, properties, integration, consistency, then the browser
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory e2e

lint: $(TO_TEST) $(PACKAGE) $(BUILT) ## ruff, mypy, import contracts, Biome and tsc
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python static/build.py --check

fix: $(TO_TEST) ## let ruff put right what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: $(TO_TEST) $(PACKAGE) $(BUILT) ## the tests without a browser, most of them on one of the two databases
	NAVETTE_SHORT_RUN=1 $(BIN)/python -m pytest -n 2 --dist worksteal --ignore=tests/e2e

e2e: $(TO_TEST) $(PACKAGE) $(BUILT) ## the journeys in a real browser only, two files at a time
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/e2e

faults: $(TO_TEST) $(PACKAGE) $(BUILT) ## each story on the database that `make check` left out, all examples of each property, 1 000 rounds of each race, 50 servers killed (5 on PostgreSQL), 400 power cuts (needs strace), 2 000 random negotiations, 500 people cut off, 2 000 edits offline, ten times the load for ten minutes, files of 400 pages, 60 000 damaged updates (FUZZ_UPDATES) and a third as many through the socket
	NAVETTE_SHORT_RUN=other NAVETTE_FAULT_ROUNDS=1000 NAVETTE_FAULT_KILLS=50 NAVETTE_FAULT_CUTS=400 NAVETTE_NEGOTIATION_RUNS=2000 NAVETTE_NEGOTIATION_STEPS=50 NAVETTE_SEANCE_RUNS=200 \
	NAVETTE_CONVERGENCE_STEPS=10000 NAVETTE_FUZZ_EXAMPLES=3000 NAVETTE_FUZZ_UPDATES=$(FUZZ_UPDATES) NAVETTE_HOSTILE_EDITS=40 NAVETTE_MONKEY_STEPS=400 \
	NAVETTE_FAULT_CROWD=500 NAVETTE_FAULT_GEL=200 NAVETTE_FAULT_OFFLINE=2000 NAVETTE_OFFLINE_KEYS=2000 NAVETTE_FAULT_OVERLOAD=600 NAVETTE_FAULT_SILENT=50 NAVETTE_FAULT_WORD=100 NAVETTE_FAULT_PAGES=400 \
	  $(BIN)/python -m pytest -n 2 --dist worksteal tests/integration tests/faults tests/properties/test_update_fuzz.py tests/properties/test_update_storm.py tests/properties/test_word_round_trip.py tests/e2e/test_monkey.py tests/e2e/test_long_absence.py

bench: $(TO_TEST) $(PACKAGE) $(BUILT) ## measure pages and redlines; prints a table, asserts no time
	$(BIN)/python -m bench

lock: $(TO_TEST) ## write the lock files again from requirements*.in (add LOCK_FLAGS=--upgrade for newer versions)
	$(LOCK) $(LOCK_FLAGS) requirements-dev.in -o requirements-dev.txt
	$(LOCK) -c requirements-dev.txt requirements.in -o requirements.txt

clean: ## remove what was built and the caches; leaves .venv and the data
	rm -rf static/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(ENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Navette needs Python 3.11 or later: make PYTHON=/path/to/python3.11 …"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "The module venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@touch $@

$(TO_RUN): requirements.txt | $(ENV)
	@echo "Installing the locked dependencies…"
	@$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(TO_TEST): requirements-dev.txt | $(ENV)
	@echo "Installing the locked dependencies, those of the tests included…"
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

# setuptools comes from the lock, so nothing unlocked is fetched to build the package.
$(PACKAGE): pyproject.toml | $(ENV)
	@test -e $(TO_TEST) || $(MAKE) --silent $(TO_RUN)
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(BUILT): $(FRONT_END) | $(PACKAGE)
	@echo "Building the front end…"
	@$(BIN)/python static/build.py
	@touch $@
