# Two commands: `make draft` shows the work on real comments, `make test` checks everything.
# Both build their environment from nothing but Python 3.11 or later.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help draft test test-servers helpdesk lint fix clean

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

draft: $(VENV)/.installed ## Draft replies to example comments with the embedded model
	@$(BIN)/aplomo model pull
	@$(BIN)/aplomo draft --input examples/comments.csv

test: $(VENV)/.installed-dev lint ## Every check and every test; offline, no weights, no key
	@$(BIN)/pytest

test-servers: $(VENV)/.installed-dev helpdesk ## The adapters on helpdesks started for it; in CI, as root, apt installs them
	@sh .ci/servers
	@REQUIRE_SERVERS="django_helpdesk $$REQUIRE_SERVERS" $(BIN)/pytest -m servers tests/adapters

# django-helpdesk lives in an environment of its own: it is a server, not a part of us.
helpdesk: .venv-helpdesk/.installed

.venv-helpdesk/.installed:
	@PYTHON=$(PYTHON) sh .ci/environment .venv-helpdesk
	@.venv-helpdesk/bin/python -m pip install --quiet --disable-pip-version-check 'django-helpdesk>=2.6,<3'
	@touch $@

lint: $(VENV)/.installed-dev ## Formatting, linting, types, import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports

fix: $(VENV)/.installed-dev ## Format, and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## Remove the environment
	rm -rf $(VENV) .venv-helpdesk

$(VENV)/bin/python:
	@PYTHON=$(PYTHON) sh .ci/environment $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml Makefile
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[embedded]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed pyproject.toml Makefile
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[embedded,evals,imap,otel,postgresql,serve,dev]'
	@touch $@
