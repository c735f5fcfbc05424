//! The commands that do one thing and end. What a script needs goes to stdout, all else to stderr.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

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
pub(crate) mod reference;
pub(crate) mod token;
pub(crate) mod user;
mod user_import;

/// How many rows a listing reads at a time.
const PAGE: u64 = 500;

pub(crate) async fn migrate(config: Config) -> Result<(), Error> {
    let app = App::open(config, Pending::Migrate).await?;
    if app.is_new {
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

fn print(value: &impl Serialize) -> Result<(), Error> {
    print_text(&format!("{}\n", serde_json::to_string(value)?))
}

/// Prints the rows of a listing, a line each. It is read a page at a time; `page` gets the key of the last
/// row of the page before.
async fn print_pages<R, K, E: Into<Error>, L: Serialize>(
    mut page: impl AsyncFnMut(Option<K>) -> Result<Vec<R>, E>,
    key: impl Fn(&R) -> K,
    line: impl Fn(R) -> L,
) -> Result<(), Error> {
    let mut last = None;
    loop {
        let rows = page(last).await.map_err(Into::into)?;
        last = rows.last().map(&key);
        for row in rows {
            print(&line(row))?;
        }
        if last.is_none() {
            return Ok(());
        }
    }
}

/// A line of JSON with more keys at its end.
fn extended(mut line: Value, more: Value) -> Value {
    if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
        line.extend(more);
    }
    line
}

/// Nobody reads stdout any more, as behind `| head`: whoever did has what they wanted.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads what is printed")]
pub(crate) struct Unread;

/// Prints a text. [`Unread`] is no failure of a command: `run` ends it in peace.
pub(crate) fn print_text(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    printed.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Unread.into(),
        _ => format!("stdout: {error}").into(),
    })
}
