PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench translations

help: ## Show these commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)$$/  make \1\t\2/' | expand -t 22

setup: $(BIN)/.installed ## Make the virtual environment, install the locked dependencies, compile translations
	@$(BIN)/pybabel -q compile -d translations

$(BIN)/.installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tidu needs Python 3.11 or newer / 需要 Python 3.11 以上")'
	@echo "正在准备运行环境，约一分钟 / Preparing the environment, about a minute …"
	@scripts/venv "$(PYTHON)"
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: setup ## Set everything up and serve the demonstration at a loopback address
	@DEMO=1 PORT=$(PORT) exec $(BIN)/python -m flask --app app demo

test: setup ## Run every test, on SQLite and on PostgreSQL, and in a browser
	@scripts/browser
	$(BIN)/pytest -n 2

lint: setup ## Style, types, imports, editions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/flask --app app policy check
	$(BIN)/flask --app app incentives check

bench: setup ## Measure pages and imports on 100,000 firms, on SQLite and on PostgreSQL
	$(BIN)/python -m tests.bench

translations: setup ## Gather the texts of the pages into translations/en for translation
	$(BIN)/pybabel -q extract -F pyproject.toml -k _l --ignore-dirs='.*' --no-location --sort-output --project=Tidu --version=0.1 -o translations/messages.pot .
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete -l en -i translations/messages.pot -d translations
	@rm translations/messages.pot
