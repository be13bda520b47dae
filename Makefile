PYTHON ?= python3
BIN := .venv/bin

.PHONY: help env repro test lint bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: .venv/.installed ## Make .venv from the lock file

.venv/.installed: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $@

repro: env ## Build everything that is out of date, then list what was built
	$(BIN)/dvc repro
	$(BIN)/python -m stages.summary

test: env ## Run the tests
	$(BIN)/python -m pytest

lint: env ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: env ## Measure against the alternatives; writes reports/benchmarks/
	$(BIN)/python -m benchmarks

clean: ## Remove the environment and every artifact
	rm -rf .venv data/.work
	git clean -fdXq data
