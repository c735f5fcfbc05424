//! Passlink in the test's own process: what needs neither a binary nor a mail server nor a browser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: what is not as expected ends the test"
)]

mod between;
mod codes;
mod corpus;
mod errors;
#[path = "../../../tests/fuzz/fuzz_targets/router.rs"]
mod fuzzed_router;
mod installation;
mod limits;
mod refusals;
mod requests;
mod rules;
mod send_link;
mod url_templates;
