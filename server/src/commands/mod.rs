//! The commands that do one thing and end. What a script needs goes to stdout, all else to stderr.

use std::io::{self, Write};

use serde::Serialize;

use crate::{
    Error,
    config::Config,
    wiring::{House, Pending},
};

pub(crate) mod config;
mod jsonl;
pub(crate) mod key;
pub(crate) mod link;
pub(crate) mod mail;
pub(crate) mod outbox;
pub(crate) mod passkey;
mod passkey_line;
mod qr;
pub(crate) mod reference;
pub(crate) mod token;
pub(crate) mod user;
mod user_import;

/// How many rows a listing reads at a time.
const PAGE: u64 = 500;

/// `passlink migrate`.
pub(crate) async fn migrate(config: Config) -> Result<(), Error> {
    House::open(&config, Pending::Migrate).await?;
    eprintln!("the database is up to date");
    Ok(())
}

async fn open(config: &Config) -> Result<House, Error> {
    House::open(config, Pending::RefuseUnlessNew).await
}

/// Prints a value as one line of JSON.
fn print(value: &impl Serialize) -> Result<(), Error> {
    let line = serde_json::to_string(value)?;
    print_text(&format!("{line}\n"))
}

/// A pipe that nobody reads any more ends a listing; it isn't a failure worth a panic.
fn print_text(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}
