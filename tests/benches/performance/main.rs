//! What Passlink does in a second and what it takes for that, beside its limits:
//!
//!     cargo build --release && cargo bench -p passlink-tests --bench performance
//!
//! `docs/performance.md` says what each figure means, how to measure with the profile of servers in use, and
//! by which variables of the environment one asks for less or for more.

use passlink_tests::{
    load::benchmark,
    performance::{Settings, run},
};

fn main() {
    benchmark(async { run(&Settings::from_environment()).await });
}
