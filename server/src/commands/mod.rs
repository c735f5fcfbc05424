//! The commands that do one thing and end. What a script needs goes to stdout, all else to stderr.

use std::{
    fmt,
    io::{self, Write},
};

use serde::Serialize;

use crate::{
    Error,
    config::Config,
    wiring::{App, Pending},
};

pub(crate) mod config;
mod interrupt;
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
    let app = App::open(config, Pending::Migrate).await?;
    if app.is_new() {
        eprintln!("set up a new database: {}", app.whereabouts());
    } else {
        eprintln!("{} is up to date", app.whereabouts());
    }
    Ok(())
}

/// Opens the database, which must be there: a command in the wrong folder must not make another one.
async fn open(config: Config) -> Result<App, Error> {
    App::open(config, Pending::Refuse).await
}

/// Takes what was erased out of the database's journal as well. What a command did is done by then: if
/// this fails, the rest is overwritten in time.
async fn clear_journal(app: &App) {
    if let Err(error) = app.clear_journal().await {
        eprintln!("warning: what was erased is still in the database's journal: {error}");
    }
}

/// Prints a value as one line of JSON.
fn print(value: &impl Serialize) -> Result<(), Error> {
    let line = serde_json::to_string(value)?;
    print_text(&format!("{line}\n"))
}

/// Nobody reads stdout any more, as behind `| head`: whoever did has what they wanted.
#[derive(Debug)]
pub(crate) struct Unread;

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads what is printed")
    }
}

impl std::error::Error for Unread {}

/// Prints a text. [`Unread`] is no failure of a command: `run` ends it in peace.
pub(crate) fn print_text(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    printed.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Unread.into(),
        _ => format!("stdout: {error}").into(),
    })
}
