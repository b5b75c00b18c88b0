# Needs python3.11, pip and make; everything else is put into .venv.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080

.DEFAULT_GOAL := help
.PHONY: help serve stop test check archive clean

help: ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

serve: $(VENV)/.serve ## build the archives, start TorchServe, watch it until Ctrl-C
	@$(BIN)/tryon serve --port $(PORT)

stop: $(VENV)/.serve ## stop it from another terminal
	@$(BIN)/tryon stop --port $(PORT)

archive: $(VENV)/.serve ## build the archives into model_store/
	@$(BIN)/tryon archive

test: $(VENV)/.dev ## run the tests
	@$(BIN)/python -m pytest

check: $(VENV)/.dev ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/mypy

clean: ## remove what was built, the environment too
	rm -rf $(VENV) model_store *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# stamps: pip runs again only when pyproject.toml has changed
$(VENV)/.serve: pyproject.toml | $(VENV)/bin/python
	@echo "Installing what serving needs into $(VENV) (torch is large: minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing what serving, training and tests need into $(VENV) (minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,train]'
	@touch $(VENV)/.serve $@

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11, or say make PYTHON=/path/to/it"; exit 1; }
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
