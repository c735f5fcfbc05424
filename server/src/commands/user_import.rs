//! `passlink user import`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use passlink_application::NewUser;
use passlink_domain::{EmailAddress, IdError, OrganisationId, Text, TextError, UserId, UserState};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{open, print, user::LANGUAGE};
use crate::{Error, cli, config::Config};

/// Longest line, in octets, its end included.
const MAX_LINE: usize = 64 * 1024;
/// How many lines are read before the progress is shown anew.
const SHOW_EVERY: u64 = 1000;

/// A user as a line tells of one: with the keys that `user list` prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    id: Option<String>,
    organisation: Option<String>,
    username: Option<String>,
    display_name: Option<String>,
    language: Option<String>,
    email: String,
    email_verified: Option<bool>,
    state: Option<String>,
    #[serde(rename = "sequence")]
    _sequence: Option<IgnoredAny>,
}

impl Line {
    fn parse(line: &[u8]) -> Result<(NewUser, UserState), String> {
        if line.len() > MAX_LINE {
            return Err(format!("must have at most {MAX_LINE} octets"));
        }
        let text = line.trim_ascii_end();
        // A list would be taken for the values without their keys.
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err("must be a JSON object, such as {\"email\": \"ada@example.com\"}".into());
        }
        serde_json::from_slice::<Self>(text).map_err(|error| json_error(&error))?.try_into()
    }
}

/// What the parser says, with the line that it knows: there is but one.
fn json_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    format!("{what} (at column {})", error.column())
}

impl TryFrom<Line> for (NewUser, UserState) {
    type Error = String;

    fn try_from(line: Line) -> Result<Self, String> {
        let id = |key: &str, id: &str| -> Result<_, String> {
            UserId::parse(id).map_err(|error: IdError| format!("{key}: {error}"))
        };
        let text = |key: &str, text: Option<String>| {
            let text = text.map(|text| Text::parse(&text)).transpose();
            text.map_err(|error: TextError| format!("{key}: {error}"))
        };
        let organisation = line.organisation.as_deref().unwrap_or(cli::ORGANISATION);
        let new = NewUser {
            id: line.id.map(|text| id("id", &text)).transpose()?,
            organisation: OrganisationId::parse(organisation)
                .map_err(|error| format!("organisation: {error}"))?,
            email: EmailAddress::parse(&line.email).map_err(|error| format!("email: {error}"))?,
            email_verified: line.email_verified.unwrap_or(true),
            username: text("username", line.username)?,
            display_name: text("displayName", line.display_name)?,
            language: match line.language {
                Some(tag) => cli::language(&tag).map_err(|error| format!("language: {error}"))?,
                None => LANGUAGE.to_owned(),
            },
        };
        let state = match line.state.as_deref() {
            None | Some("active") => UserState::Active,
            Some("deactivated") => UserState::Deactivated,
            Some("locked") => UserState::Locked,
            Some(_) => return Err("state: must be active, deactivated or locked".to_owned()),
        };
        Ok((new, state))
    }
}

/// What was done, as printed.
#[derive(Serialize)]
struct Done {
    imported: u64,
}

pub(crate) async fn run(file: &Path, config: &Config) -> Result<(), Error> {
    let (mut lines, progress) = lines(file)?;
    let house = open(config).await?;
    let mut import = house.import(config).await?;
    let (mut line, mut octets) = (Vec::new(), 0);
    for number in 1.. {
        octets += match read_line(&mut lines, &mut line)? {
            0 => break,
            read => read,
        };
        let blank = line.len() <= MAX_LINE && line.trim_ascii().is_empty();
        if !blank {
            import.take(number, Line::parse(&line)).await?;
        }
        if number % SHOW_EVERY == 0 {
            progress.set_position(octets);
            progress.set_message(rate(number, &progress));
        }
    }
    progress.set_message("all lines are read; adding the users");
    let imported = import.finish().await?;
    house.clear_journal().await?;
    progress.finish_and_clear();
    print(&Done { imported })
}

/// The lines of a file or, for `-`, of stdin, and how far they have been read.
fn lines(file: &Path) -> Result<(Box<dyn BufRead>, ProgressBar), Error> {
    if file == Path::new("-") {
        let style = ProgressStyle::with_template("{spinner} {msg}")?;
        return Ok((Box::new(io::stdin().lock()), ProgressBar::no_length().with_style(style)));
    }
    let opened = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}, {eta} left")?;
    let progress = ProgressBar::new(opened.metadata()?.len()).with_style(style);
    Ok((Box::new(BufReader::new(opened)), progress))
}

fn rate(lines: u64, progress: &ProgressBar) -> String {
    let seconds = progress.elapsed().as_secs_f64().max(0.001);
    let rate = (lines as f64 / seconds) as u64;
    format!("{} lines, {} a second", HumanCount(lines), HumanCount(rate))
}

/// Reads a line without more of it than can be used; returns how many octets it has, 0 at the end.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let limit = MAX_LINE as u64 + 1;
    let mut octets = input.take(limit).read_until(b'\n', line)? as u64;
    if octets == limit && !line.ends_with(b"\n") {
        octets += skip_line(input)?;
    }
    Ok(octets)
}

/// Reads the rest of a line and forgets it.
fn skip_line(input: &mut dyn BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = input.fill_buf()?;
        let (length, ended) = match buffer.iter().position(|octet| *octet == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(length);
        skipped += length as u64;
        if ended {
            return Ok(skipped);
        }
    }
}
