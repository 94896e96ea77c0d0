# The development loop. `make` is the quick one; `make test` is what CI runs. `make help` lists everything.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
BIN := .venv/bin
CODE := crds operator runtime tests $(wildcard benchmarks)
FUZZ_SECONDS ?= 60
.DEFAULT_GOAL := check
.PHONY: check demo test setup tools style types imports generate generated lock fuzz bench format help

check: tools style types imports generated ## the quick loop (default): style, types, imports, generated files, tests without peers
	$(BIN)/pytest -m "not peer and not cluster"

demo: ## set up what is missing, then one logon with a second factor, step by step
	scripts/setup
	$(BIN)/mfa demo

test: setup style types imports generated ## set up what is missing, then everything, with OpenLDAP, Samba AD and the API server
	$(BIN)/pytest -m "not cluster"

setup: ## make this checkout ready for the tests: packages, .venv, the Kubernetes program
	scripts/setup --test

tools: ## the tools and Python packages alone, for the quick loop
	scripts/setup --dev

style: ## formatting and lint
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)

types: ## mypy --strict
	$(BIN)/mypy

imports: ## who may import whom
	$(BIN)/lint-imports

generated: ## compare the generated files with what they are made of
	$(BIN)/python -m mfa_resources.generate --check
	$(BIN)/python -m mfa_server.store.compile_statements --check

generate: ## write the generated files: crds/*.yaml, the fields' reference, the store's statements as text
	$(BIN)/python -m mfa_resources.generate
	$(BIN)/python -m mfa_server.store.compile_statements

format: ## put the code into its form
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix --show-fixes $(CODE)

lock: ## write requirements/*.lock from pyproject.toml (UPGRADE=1 takes the newest versions)
	scripts/lock $(if $(UPGRADE),--upgrade)

fuzz: ## throw bytes at the LDAP codec for FUZZ_SECONDS (60)
	$(BIN)/python -m tests.fuzz.fuzz_ldap --seconds $(FUZZ_SECONDS)

bench: ## memory and time, as the README gives them
	$(BIN)/python -m benchmarks.memory

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1 \2/p' $(MAKEFILE_LIST) | while read -r name words; do printf '%-11s %s\n' "$$name" "$$words"; done
