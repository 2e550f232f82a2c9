# Two commands: `make audit` shows the whole product on a sample, `make test` runs every check.
# Both need only python3 (3.11 or newer) and the package registry; all else goes into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q

MEASURE := python -m

.DEFAULT_GOAL := help
.PHONY: help audit test check format lint types contracts tests coverage wheels frameworks clean

help:
	@echo "make audit   see the whole product work on a sample agent and a sample deployment"
	@echo "make test    run every check: formatting, lint, types, import contracts, tests"

audit: $(VENV)/.run
	@$(BIN)/agentaudit audit --demo

test: $(VENV)/.dev
	@$(MAKE) --no-print-directory check

# Tests that watch processes run one after the other, in their own time; all others on all cores.
WATCHED := tests/probes tests/samples tests/frameworks/test_live.py \
	tests/test_entry.py tests/test_markers.py $(patsubst %,tests/cli/test_cli_%.py, \
	audit calibrate doctor endpoint gates hardships live load profile profile_gpu profile_usage \
	samplers selftest spans validate)
WHEELS  := AGENTAUDIT_WHEELS="$${AGENTAUDIT_WHEELS:-$(CURDIR)/.wheels}"

# ---- the one definition of "check"; hooks and CI call it, and nothing else ---------------------

check: format lint types contracts tests

format: $(VENV)/.dev
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

tests: $(VENV)/.dev
	$(WHEELS) $(BIN)/$(MEASURE) pytest -n logical --dist loadfile $(addprefix --ignore=,$(WATCHED))
	$(WHEELS) $(BIN)/$(MEASURE) pytest $(WATCHED)

# The same tests, and which lines none of them reached; it takes half as long again.
coverage: MEASURE = coverage run -m
coverage: $(VENV)/.dev
	$(BIN)/coverage erase
	@$(MAKE) --no-print-directory tests MEASURE='$(MEASURE)'
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --skip-covered --skip-empty

# Packages whose functions the step rules name; tests parse them, nothing installs them.
wheels: $(BIN)/python
	@mkdir -p .wheels
	@grep -v '^#' tests/frameworks/packages.txt $(if $(LATEST),| sed 's/==.*//') > .wheels/wanted.txt
	@$(PIP) download --no-deps --only-binary :all: --python-version 3.11 -d .wheels -r .wheels/wanted.txt

# Frameworks that a test runs and records, each in an environment of its own, outside the tree.
frameworks: $(VENV)/.run
	@$(BIN)/python benchmarks/frameworks.py --install-only openai anthropic langgraph pydantic-ai

clean:
	rm -rf $(VENV) .wheels .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

# ---- installation: once, and again only when pyproject.toml changes ----------------------------

$(VENV)/.run: pyproject.toml | $(BIN)/python
	@echo "installing agentaudit into $(VENV) (once) …"
	@$(PIP) install -e . || { echo "The installation failed: the lines above say why. It needs the package registry and about 400 MB of disk." >&2; exit 2; }
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "installing agentaudit and its development tools into $(VENV) (once) …"
	@$(PIP) install -e '.[dev]' || { echo "The installation failed: the lines above say why. It needs the package registry and about 900 MB of disk." >&2; exit 2; }
	@touch $@ $(VENV)/.run

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "agentaudit needs Python 3.11 or newer, and '$(PYTHON)' is not there. Install it (Debian, Ubuntu: apt install python3 python3-venv), or name yours: make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "agentaudit needs Python 3.11 or newer, and this is %d.%d. Name a newer one: make PYTHON=python3.12" % sys.version_info[:2])' || exit 2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python has no venv module. Install it (Debian, Ubuntu: apt install python3-venv)." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "No virtual environment could be made in $(VENV): the lines above say why." >&2; exit 2; }
