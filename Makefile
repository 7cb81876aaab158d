# Two commands: `make draft` shows the work on real comments, `make test` checks everything.
# Both build their environment from nothing but Python 3.11 or later.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help draft test test-servers helpdesk schemathesis lint fix clean

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

draft: $(VENV)/.installed ## Draft replies to example comments with the embedded model
	@$(BIN)/aplomo model pull
	@$(BIN)/aplomo draft --input examples/comments.csv

test: $(VENV)/.installed-dev lint ## Every check and every test; offline, no weights, no key
	@$(BIN)/pytest

test-servers: $(VENV)/.installed-dev helpdesk schemathesis ## On real servers started for it; in CI, as root, apt installs them
	@sh .ci/servers
	@REQUIRE_SERVERS="django_helpdesk schemathesis $$REQUIRE_SERVERS" \
		$(BIN)/pytest -m servers --durations=5 tests/adapters tests/embed

# Each in an environment of its own: they are no part of us.
helpdesk: .venv-helpdesk/.installed
schemathesis: .venv-schemathesis/.installed
.venv-helpdesk/.installed: wanted = 'django-helpdesk>=2.6,<3'
.venv-schemathesis/.installed: wanted = 'schemathesis>=4.32,<5'

.venv-helpdesk/.installed .venv-schemathesis/.installed:
	@PYTHON=$(PYTHON) sh .ci/environment $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(wanted)
	@touch $@

lint: $(VENV)/.installed-dev ## Formatting, linting, types, import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports

fix: $(VENV)/.installed-dev ## Format, and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## Remove the environments
	rm -rf $(VENV) .venv-helpdesk .venv-schemathesis

$(VENV)/bin/python:
	@PYTHON=$(PYTHON) sh .ci/environment $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml Makefile
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[embedded]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed pyproject.toml Makefile
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[embedded,evals,imap,otel,postgresql,serve,dev]'
	@touch $@
