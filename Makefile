# The commands of this project. CI and pre-commit call these and nothing else; each makes .venv where it is
# absent. On a machine without make, the lines below work as they stand.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
export NO_MKDOCS_2_WARNING := 1# a notice about the future of the site builder, see mkdocs.yml
SOURCES := src tests benchmarks tools

.PHONY: setup format check test docs bench lock

setup:  ## install everything of requirements.lock into .venv
	$(PYTHON) tools/install.py --all

format: setup  ## rewrite the code in the project's format
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

check: setup  ## format, lint, types, layers, generated pages, sizes
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/reference.py --check
	$(BIN)/python tools/sizes.py

test: setup  ## every test and every example in a docstring
	$(BIN)/pytest

docs: setup  ## write the reference pages, build the site into site/
	$(BIN)/python tools/reference.py
	$(BIN)/mkdocs build --strict --quiet

bench: setup  ## run every benchmark, write docs/benchmarks.md; QUICK=1 for a small size
	$(BIN)/python benchmarks/run_all.py $(if $(QUICK),--quick)

lock: setup  ## renew requirements.lock; UPGRADE=1 takes the newest versions
	$(BIN)/python tools/lock.py $(if $(UPGRADE),--upgrade)
