# Porteiro's commands. `make demo` and `make test` do all the set-up themselves.

.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
ARGS ?=
JOBS ?= 5

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what is needed to run: system packages, .venv (instant when it is there)
	@scripts/setup

.PHONY: demo
demo: setup ## Show one visit, live; options in ARGS, as in make demo ARGS="--help"
	@$(BIN)/porteiro demo $(ARGS)

.PHONY: test
test: ## Run all tests, on a real Asterisk too, JOBS at once; pytest's options in ARGS
	@scripts/setup --tests
	@scripts/asterisk >/dev/null || { [ -z "$$CI" ] && echo \
	  "test: no Asterisk can be had here: the tests that need one are skipped" >&2; }
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

.PHONY: test-live
test-live: ## Try real speech services by the same contracts; says which variables lead to which
	@scripts/setup --tests
	@$(BIN)/python -m tests.live $(ARGS)

.PHONY: lint
lint: setup ## Check the code: ruff, mypy, import layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: bench
bench: setup ## Measure the figures of the README
	@for each in endpointing recognition turns whole_call audio_plane stream_path dual_mode dual_calls esl_parser \
	  extensions api; do \
	  echo "== $$each"; $(BIN)/python -m benchmarks.$$each || exit; done

.PHONY: clean
clean: ## Remove what was made here: .venv, caches, the demo's output (data/ stays)
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
	  build dist demo
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
