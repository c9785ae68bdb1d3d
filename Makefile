# `make run` and `make test` are all that a new machine needs: Python 3.11+, pip and make.
PYTHON ?= python3
BIN := .venv/bin
UV := $(shell command -v uv 2>/dev/null)

.PHONY: run setup test check bench faults lock clean

run: setup ## start Citewell: Slack where .env has its tokens, else a chat in the terminal
	@$(BIN)/citewell run

setup: .venv/installed ## create .venv with the program, and start nothing

.venv/installed: requirements.lock pyproject.toml
	@echo "Installing Citewell into .venv (about 800 MB; a minute or two)…"
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) .venv
	@uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements.lock
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@

.venv/installed-dev: .venv/installed requirements-dev.lock
ifdef UV
	@uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r requirements-dev.lock
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
endif
	@touch $@

test: .venv/installed-dev ## install what the tests need and run them all
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

check: .venv/installed-dev ## format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-dev ## measure and print the tables of docs/performance.md
	@$(BIN)/python -m tests.benchmarks

faults: .venv/installed-dev ## kill everything, flood it, and print the tables of docs/reliability.md
	@$(BIN)/python -m tests.faults

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --group models --group build --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --exclude-newer "1 week" -o requirements.lock
	uv pip compile pyproject.toml --group models --group build --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --exclude-newer "1 week" -c requirements.lock -o requirements-dev.lock

clean: ## remove the environment and caches; the data folder .citewell stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
