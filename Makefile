# The doors of the project: `make demo` shows it, `make test` checks it.

# One folder for all that is built, so that a fresh clone on the same machine builds little.
CARGO_TARGET_DIR ?= $(HOME)/.cache/floodmark/target
export CARGO_TARGET_DIR

.PHONY: demo test lint bench fuzz update

# Generates an incident and walks through it, with the optimised program.
demo:
	cargo run --release --locked --package floodmark -- demo

# One selection of packages for everything in this profile: another one would build the dependencies once more.
test:
	cargo test --workspace --locked

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings

# Compares with DuckDB, Polars, pandas and a hand-written loop. Takes Python packages into bench/.venv.
bench:
	bench/run

# Each decoder against random bytes, a minute each. Needs cargo-fuzz and a nightly toolchain.
fuzz:
	fuzz/run

# Writes the snapshots and the generated pages of the manual anew.
update:
	UPDATE=1 INSTA_UPDATE=always cargo test --workspace --locked
