//! Files with a JSON object on each line.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    time::Duration,
};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use passlink_adapters::files::without_mark;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::print;
use crate::Error;

/// Longest line, in octets, its end included.
const MAX_LINE: usize = 64 * 1024;
/// How progress looks where its end is known, and where it is not.
pub(super) const BAR: &str = "{wide_bar} {percent:>3} %  {msg}, {eta} left";
pub(super) const SPINNER: &str = "{spinner} {msg}";
/// The path of what is wrong with the line as a whole.
const WHOLE: &str = ".";
/// How often the time left is shown anew, whatever happens.
const TICK: Duration = Duration::from_millis(200);
/// How many lines are read before the progress is shown anew.
const SHOW_EVERY: u64 = 1000;

/// The lines of a file or, for `-`, of stdin.
pub(super) struct Lines {
    /// How far they have been read.
    pub progress: ProgressBar,
    input: Box<dyn BufRead>,
    name: String,
    line: Vec<u8>,
    number: u64,
    octets: u64,
}

impl Lines {
    /// Opens the file; `progress` shows how far it has been read.
    pub fn open(file: &Path, progress: ProgressBar) -> Result<Self, Error> {
        let is_stdin = file == Path::new("-");
        let name = if is_stdin { "stdin".to_owned() } else { file.display().to_string() };
        let input: Box<dyn BufRead> = if is_stdin {
            progress.set_style(ProgressStyle::with_template(SPINNER)?);
            Box::new(io::stdin().lock())
        } else {
            let opened = File::open(file).map_err(|error| format!("{name}: {error}"))?;
            progress.set_length(opened.metadata()?.len());
            progress.set_style(ProgressStyle::with_template(BAR)?);
            Box::new(BufReader::new(opened))
        };
        progress.enable_steady_tick(TICK);
        Ok(Self { progress, input, name, line: Vec::new(), number: 0, octets: 0 })
    }

    /// The next line that is not blank, and its number.
    pub fn next(&mut self) -> Result<Option<(u64, &[u8])>, Error> {
        loop {
            let read = read_line(&mut *self.input, &mut self.line);
            match read.map_err(|error| format!("nothing was imported: {}: {error}", self.name))? {
                0 => return Ok(None),
                read => self.octets += read,
            }
            self.number += 1;
            if self.number == 1 {
                let bare = without_mark(&self.line);
                let bare = bare.map_err(|error| format!("{} {error}", self.name))?.len();
                self.line.drain(..self.line.len() - bare);
            }
            if self.number.is_multiple_of(SHOW_EVERY) {
                self.progress.set_position(self.octets);
                self.progress.set_message(rate(self.number, "lines", &self.progress));
            }
            if self.line.len() > MAX_LINE || !self.line.trim_ascii().is_empty() {
                return Ok(Some((self.number, &self.line)));
            }
        }
    }

    /// Says how many of the lines were imported, all or none.
    pub fn done(&self, imported: u64) -> Result<(), Error> {
        self.progress.finish_and_clear();
        if imported == 0 {
            eprintln!("{} has no lines: nothing was imported", self.name);
        }
        print(&json!({ "imported": imported }))
    }
}

/// What a line holds, or what is wrong with it; `example` shows what one may look like.
pub(super) fn parse<T: DeserializeOwned>(line: &[u8], example: &str) -> Result<T, String> {
    if line.len() > MAX_LINE {
        return Err(format!("must have at most {MAX_LINE} octets"));
    }
    let text = line.trim_ascii_end();
    // A list would be taken for the values without their keys.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(format!("must be a JSON object, such as {example}"));
    }
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut parser)
        .map_err(|error| json_error(&error.path().to_string(), error.inner()))?;
    parser.end().map_err(|error| json_error(WHOLE, &error))?;
    Ok(value)
}

/// Names the key in the error of its value.
pub(super) fn at_key<T, E: ToString>(key: &str, value: Result<T, E>) -> Result<T, String> {
    value.map_err(|error| format!("{key}: {}", error.to_string()))
}

/// What the parser says and of which key, with the line that it knows: there is but one.
fn json_error(key: &str, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    let key = if key == WHOLE { String::new() } else { format!("{key}: ") };
    format!("{key}{what} (at column {})", error.column())
}

/// How many of `what` there are, and how many came in a second.
pub(super) fn rate(count: u64, what: &str, progress: &ProgressBar) -> String {
    let seconds = progress.elapsed().as_secs_f64().max(0.001);
    let rate = (count as f64 / seconds) as u64;
    format!("{} {what}, {} a second", HumanCount(count), HumanCount(rate))
}

/// Reads a line without more of it than can be used; returns how many octets it has, 0 at the end.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let limit = MAX_LINE as u64 + 1;
    let mut octets = input.take(limit).read_until(b'\n', line)? as u64;
    if octets == limit && !line.ends_with(b"\n") {
        octets += input.skip_until(b'\n')? as u64;
    }
    Ok(octets)
}
