# What a user types; README.md explains. Needs Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
EXTRAS := emulator,dev,copernicus,areas,azure-batch

.PHONY: install azurite benchmark demo demo-areas demo-batch demo-copernicus demo-stop up down browser doctor ledger test test-all test-long lint clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@echo "Installing into .venv (once) ..."
	@if command -v uv >/dev/null; then \
	  uv venv -q --allow-existing --python $(PYTHON) .venv && \
	  uv pip install -q --python $(BIN)/python -c constraints.txt -e '.[$(EXTRAS)]'; \
	else \
	  $(PYTHON) -m venv .venv && $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'; \
	fi
	@touch $(STAMP)

demo: install
	@$(BIN)/geocatalog demo $(if $(KEEP),--keep)

demo-stop: install
	@$(BIN)/geocatalog demo --stop

# make demo-batch [KEEP=1]; then `geocatalog demo-batch --stop`
demo-batch: install
	@$(BIN)/geocatalog demo-batch $(if $(KEEP),--keep)

demo-areas: install
	@$(BIN)/geocatalog demo-areas $(if $(KEEP),--keep)

demo-copernicus: install
	@$(BIN)/geocatalog demo-copernicus $(if $(KEEP),--keep)

# make up [EMULATOR_PORT=8090] [PREFECT_PORT=4200] [DATABASE=postgresql] [SCHEDULES=on] [FRESH=1]
up: install
	@$(BIN)/geocatalog up $(if $(EMULATOR_PORT),--emulator-port $(EMULATOR_PORT)) \
	  $(if $(PREFECT_PORT),--prefect-port $(PREFECT_PORT)) $(if $(DATABASE),--database '$(DATABASE)') \
	  $(if $(SCHEDULES),--schedules $(SCHEDULES)) $(if $(FRESH),--fresh)

down: install
	@$(BIN)/geocatalog down

doctor: install
	@$(BIN)/geocatalog doctor

ledger: install
	@$(BIN)/geocatalog ledger $(ARGS)

test: install
	@$(BIN)/pytest -n auto --dist loadfile $(ARGS)

azurite: install
	@$(BIN)/python -m tests.azurite

test-long: install azurite
	@$(BIN)/pytest -n auto --dist loadfile -m 'long and not live' $(ARGS)

test-all: test test-long

benchmark: install
	@$(BIN)/python -m benchmarks $(ARGS)

# For the test of Prefect's pages, which is left out where there is no Chromium; Debian, and root.
browser:
	@if command -v chromium >/dev/null; then echo "Chromium is there."; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else echo "No Chromium, and no way to install it here: as root, on Debian, apt-get install chromium."; fi

lint: install
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

clean:
	rm -rf .venv .demo .demo-areas .demo-batch .demo-copernicus .up *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
