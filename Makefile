# The two commands of this project are `make dev` and `make test`; both begin with `make setup`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PORT ?= 8080

.PHONY: help setup dev test coverage sdks test-long check format docs site client bench peers lock clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) ## Make .venv with the locked dependencies and the program

$(STAMP): requirements/dev.txt pyproject.toml client/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "stagedoor needs Python 3.11 or newer: make PYTHON=/path/to/python3 setup"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e client
	@touch $(STAMP)

dev: setup ## Serve gateway and emulator on this machine, with a key and a curl that works
	@$(BIN)/stagedoor dev --port $(PORT)

test: check ## Run every check and every test that can run here
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not alone"
	$(BIN)/python -m pytest -m alone

coverage: setup ## Which lines the tests of this process reach, as a page in htmlcov/
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage html

sdks: setup ## Install BytePlus' SDK as well, which one test drives and CI must (18 MB to load, 110 MB on disk)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --no-compile -r requirements/byteplus.txt

test-long: sdks ## Kill the gateway a thousand times and more, move a million assets, load two gateways for a minute (about four hours)
	STAGEDOOR_TEST_LONG=1 STAGEDOOR_TEST_KILLS=150 $(BIN)/python -m pytest --timeout 7200 tests/validation/test_crashes.py tests/validation/test_random_kills.py tests/validation/test_interleavings.py tests/assets/test_crashes.py tests/audit/test_crashes.py tests/audit/test_tampering.py tests/ark/test_answers.py tests/db/test_disk.py tests/db/test_postgres_restart.py tests/scale/test_rolling.py tests/scale/test_stop.py tests/scale/test_soak.py
	STAGEDOOR_TEST_MOVED_ASSETS=1000000 STAGEDOOR_TEST_RUN_SECONDS=3600 $(BIN)/python -m pytest --timeout 7200 tests/cli/test_move.py
	STAGEDOOR_TEST_TIMINGS=10000 $(BIN)/python -m pytest --timeout 7200 tests/test_isolation_routes.py tests/doors/test_action_sdks.py
	STAGEDOOR_TEST_QUOTA_SECONDS=60 $(BIN)/python -m pytest --timeout 300 tests/quotas/test_upstream.py
	STAGEDOOR_TEST_RATE_SECONDS=60 $(BIN)/python -m pytest --timeout 300 tests/quotas/test_rates.py
	STAGEDOOR_TEST_OUTAGE_SECONDS=300 $(BIN)/python -m pytest --timeout 1200 tests/channels/test_fails_fast.py

check: setup ## Lint, format, types, import ladder
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python client/unasync.py --check

format: setup ## Mend what can be mended mechanically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup ## Write the generated pages of docs/reference anew
	$(BIN)/python -m docs.generate

site: setup ## Build the documentation as a site in site/, ready for any web server
	@$(BIN)/python -m docs.site

client: setup ## Write the half of the Python client that waits anew from the other
	$(BIN)/python client/unasync.py

bench: setup ## Measure side by side; writes docs/reference/performance.md
	$(BIN)/python -m bench

peers: ## Install the two gateways that `bench` compares with (740 MB, into bench/.peers)
	$(PYTHON) -m venv bench/.peers/litellm
	bench/.peers/litellm/bin/pip install --quiet --disable-pip-version-check 'litellm[proxy]==1.106.2'
	npm install --silent --no-save --prefix bench/.peers @portkey-ai/gateway@1.15.2

lock: ## Write the lock files anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra emulator --extra mcp --extra media --extra otel --extra s3 --group dev pyproject.toml -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra emulator --extra media --extra s3 pyproject.toml -c requirements/dev.txt -o requirements/run.txt

clean: ## Remove what the other targets made
	rm -rf $(VENV) .stagedoor htmlcov site .mypy_cache .ruff_cache .pytest_cache .hypothesis node_modules
