# The doors of the project: `make demo` shows it, `make test` checks it.

# One folder for all that is built, so that a fresh clone on the same machine builds little.
CARGO_TARGET_DIR ?= $(HOME)/.cache/floodmark/target
export CARGO_TARGET_DIR
# The Python of the tests, with moto and what checks templates: testing/python/install puts it there.
FLOODMARK_TEST_PYTHON ?= $(CARGO_TARGET_DIR)/python/bin/python
export FLOODMARK_TEST_PYTHON

.PHONY: demo release test lint bench page soak fuzz update

# One selection of packages for everything in this profile: another one would build the dependencies once more.
test:
	testing/python/install
	cargo test --workspace --locked
	web/test

# Generates an incident and walks through it, with the program as the tests build it: that takes a third of the time.
demo:
	cargo test --workspace --locked --no-run
	$(CARGO_TARGET_DIR)/debug/floodmark demo

# The optimised program, in release/ of the target folder.
release:
	cargo build --release --locked --package floodmark

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings

# Compares with DuckDB, Polars, pandas and a hand-written loop. Takes Python packages into bench/.venv.
bench:
	bench/run

# Builds the page anew, into the folder that the server embeds. Needs Node.js.
page:
	cd web && npm ci --ignore-scripts --no-audit --no-fund && npm run build

# Ten clients of Athena's API for five minutes, and whether the state afterwards is right.
soak:
	testing/python/install
	cargo test --workspace --locked --no-run
	$(FLOODMARK_TEST_PYTHON) testing/python/soak.py --program $(CARGO_TARGET_DIR)/debug/floodmark

# Each decoder against random bytes, a minute each. Needs cargo-fuzz and a nightly toolchain.
fuzz:
	fuzz/run

# Writes the snapshots and the generated pages of the manual anew.
update:
	UPDATE=1 INSTA_UPDATE=always cargo test --workspace --locked
