# What a user types; README.md explains. Needs Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install benchmark demo demo-stop doctor ledger test test-all lint clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@echo "Installing into .venv (once) ..."
	@if command -v uv >/dev/null; then \
	  uv venv -q --allow-existing --python $(PYTHON) .venv && \
	  uv pip install -q --python $(BIN)/python -c constraints.txt -e '.[emulator,dev]'; \
	else \
	  $(PYTHON) -m venv .venv && $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[emulator,dev]'; \
	fi
	@touch $(STAMP)

demo: install
	@$(BIN)/geocatalog demo $(if $(KEEP),--keep)

demo-stop: install
	@$(BIN)/geocatalog demo --stop

doctor: install
	@$(BIN)/geocatalog doctor

ledger: install
	@$(BIN)/geocatalog ledger $(ARGS)

test: install
	@$(BIN)/pytest -n auto --dist loadfile $(ARGS)

test-all: install
	@$(BIN)/pytest -n auto --dist loadfile -m 'not live' $(ARGS)

benchmark: install
	@$(BIN)/python -m benchmarks $(ARGS)

lint: install
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

clean:
	rm -rf .venv .demo *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
