# Every command sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# A play has a database and a broker of its own, whatever the environment or its files say.
PLAY := env -u DATABASE_URL_FILE -u BROKER_URL_FILE
STAMP := .venv/.ready-$(shell cat requirements/dev.txt | cksum | cut -d' ' -f1)

.PHONY: help setup demo run test faults lint

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: $(STAMP) ## Only the set-up: .venv with everything in it

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=…")'
	@echo "Setting up .venv (once; a minute or two) …"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.txt
	@rm -f .venv/.ready-* && touch $@

demo: $(STAMP) ## The main job, once, end to end, against sandbox providers that fail on purpose
	@mkdir -p var && rm -f var/demo.sqlite3 var/demo.sqlite3-*
	@$(PLAY) DATABASE_URL=sqlite:///var/demo.sqlite3 BROKER_URL= RETRY_BASE_SECONDS=0.2 LOG_LEVEL=WARNING $(BIN)/python manage.py demo

run: $(STAMP) ## The whole service on http://127.0.0.1:8000 (PORT=…), with sandbox providers and demo data
	@mkdir -p var/run && rm -rf var/run/*
	@$(PLAY) DATABASE_URL=sqlite:///var/run/badges.sqlite3 BROKER_URL= DEBUG=1 $(BIN)/python manage.py run_demo --port $(or $(PORT),8000)

test: $(STAMP) ## The whole test suite, on every database and broker that is reachable
	@$(BIN)/python -m tests

faults: $(STAMP) ## 2,000 badges while workers are killed, answers get lost and a key expires (ARGS=--help for more)
	@$(PLAY) $(BIN)/python -m tests.faults $(ARGS)

lint: $(STAMP) ## Style, types, import rules, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
