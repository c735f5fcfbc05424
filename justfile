# The everyday commands. `just` lists them.

_default:
    @just --list --unsorted

# Everything at once on this machine: the server, a user, a mailbox
demo *arguments:
    cargo run --release -- demo {{ arguments }}

# Format, lints and dependencies, as CI looks at them
check: && dependencies
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- --deny warnings

# Licences, sources and bans, and dependencies that nothing uses (needs cargo-deny and cargo-shear)
dependencies:
    cargo deny --locked check bans licenses sources
    cargo shear

# All tests, with SQLite and with PostgreSQL
test *arguments:
    ./tests/run {{ arguments }}

# Unit tests, which need nothing but Rust
unit *arguments:
    cargo test --workspace --lib {{ arguments }}

# Tests of the whole in one process, which need nothing but Rust
inside *arguments:
    cargo test --workspace --test in_process {{ arguments }}

# End-to-end tests whose names contain this (once before: `just test --no-run`)
one name *arguments:
    cargo build --workspace --all-targets
    cargo test --workspace --test it {{ name }} {{ arguments }}

# The reference that is made from the code: docs/configuration.md and passlink.example.toml
reference:
    UPDATE_REFERENCE=1 cargo test -p passlink-server --lib config

# The documentation of the crates, in a browser
docs:
    cargo doc --workspace --no-deps --document-private-items --open

# Known vulnerabilities in dependencies (fetches the database of advisories)
audit:
    cargo deny --locked check advisories

# How fast it is (docs/performance.md), how fast users are imported, and what telemetry costs
bench:
    cargo build --release
    cargo bench -p passlink-tests
