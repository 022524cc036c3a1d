# Every task of the project. `make help` lists them; nothing here needs git, a shell profile or a home with files in it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check tests lint format words lock bench pictures serving machine wheel clean system

PACKAGES := content storage feeds newsletter pressroom
CHECKED := $(PACKAGES) tests bench docs
VENV := .venv
BIN := $(VENV)/bin
# The first Python on the way that is new enough; PYTHON=... chooses another.
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
UV_VERSION := $(shell sed -n 's/^uv==//p' requirements-dev.lock)
# uv does not read pip's settings; a mirror that is named for pip serves for both.
ifneq ($(PIP_INDEX_URL),)
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
# Certificates of an own mirror or proxy are known to the system, if to anybody.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),)
export UV_SYSTEM_CERTS ?= 1
endif
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
POT := content/locale/pressroom.pot
CHROMIUM_TESTS = $(wildcard tests/end_to_end/*chromium*.py)

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 16

demo: $(VENV)/.ready-run  ## the whole main job on the demo newsroom, set-up included
	@$(BIN)/pressroom demo

test: system $(VENV)/.ready-dev  ## everything that must hold: lint, types, tests; set-up included
	@$(MAKE) --no-print-directory check tests

check:
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy

# Chromium's tests have a call of their own: beside others on two cores they time out.
tests:
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests --ignore-glob='tests/end_to_end/*chromium*'
	$(if $(CHROMIUM_TESTS),$(BIN)/python -m pytest $(CHROMIUM_TESTS))

lint: $(VENV)/.ready-dev  ## ruff and mypy, no tests
	@$(MAKE) --no-print-directory check

format: $(VENV)/.ready-dev  ## write the code the way `make lint` wants it
	$(BIN)/ruff check --fix $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

words: $(VENV)/.ready-dev  ## the catalogues anew: what code and templates say, ready to be translated
	$(BIN)/pybabel -q extract -F content/locale/babel.cfg --no-location --omit-header --sort-output --no-wrap -o $(POT) .
	for each in content/locale/*/pressroom.po; do \
		language=$$(basename $$(dirname $$each) | tr - _); \
		$(BIN)/pybabel -q update -i $(POT) -o $$each -l $$language -N --no-wrap --ignore-pot-creation-date; \
	done

bench: $(VENV)/.ready-dev  ## the whole build of 1,000 and 10,000 items beside Hugo
	$(BIN)/python bench/build.py

serving: $(VENV)/.ready-dev  ## the service beside nginx, by wrk: 200, 304, during builds and sending
	$(BIN)/python bench/serving.py

pictures: $(VENV)/.ready-dev  ## docs/pictures/ anew, from a real mail of the demo, by Chromium
	$(BIN)/python docs/pictures/render.py

machine: $(VENV)/.ready-dev  ## the how-to of deployment, word for word on a clean Debian of its own; wants root
	$(BIN)/python -m tests.machine

wheel: $(VENV)/.ready-dev  ## dist/*.whl and the source archive
	$(BIN)/python -m build --no-isolation

lock: $(VENV)/.ready-dev  ## newest versions within the bounds of pyproject.toml
	$(UV) pip compile -q --upgrade --python-version 3.11 pyproject.toml -o requirements.lock
	$(UV) pip compile -q --upgrade --python-version 3.11 pyproject.toml --group dev -o requirements-dev.lock

clean:  ## away with everything that these tasks made
	rm -rf $(VENV) data public demo-output dist build bench/work .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(CHECKED) -name __pycache__ -type d -prune -exec rm -rf {} +

system:
	@.ci/system-packages

# -- set-up: each stamp is made once, and again when what it depends on has changed

$(BIN)/uv: requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "Pressroom needs Python 3.11 or newer, and there is none on the PATH." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || PYTHON=$(PYTHON) .ci/system-packages python3-venv
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(VENV)/.ready-run: requirements.lock pyproject.toml $(BIN)/uv
	@$(UV) pip install --quiet --compile-bytecode -r requirements.lock
	@$(UV) pip install --quiet --no-deps --editable .
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready-run
	@$(UV) pip install --quiet --compile-bytecode -r requirements-dev.lock
	@touch $@
