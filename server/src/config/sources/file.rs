//! The file: `passlink.toml`.

use std::{
    io,
    path::{Path, PathBuf},
};

use figment::{
    providers::{Format, Toml},
    value::{Dict, Value},
};
use passlink_adapters::files;
use passlink_adapters::files::text_of;

use super::Origin;
use crate::config::{
    error::Problems,
    key::{self, SECTIONS, closest, closest_section},
    mask,
};

/// What is read where no file is named, if it is there.
const DEFAULT_PATH: &str = "passlink.toml";

/// A configuration file. Its text is kept to find the lines of keys in it.
pub(super) struct File {
    pub path: PathBuf,
    /// Whether all of it could be read.
    pub complete: bool,
    text: String,
}

impl File {
    /// Reads a file, reports what nobody knows in it, and returns the rest.
    pub fn read(named: Option<&Path>, problems: &mut Problems) -> (Self, Dict) {
        let path = named.unwrap_or(Path::new(DEFAULT_PATH)).to_owned();
        let (text, complete) = match files::read_once(&path).and_then(|octets| Ok(text_of(octets)?))
        {
            Ok(text) => (text, true),
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
                (String::new(), true)
            }
            Err(error) => {
                problems.add(format!("{}: can't be read: {error}", path.display()));
                (String::new(), false)
            }
        };
        let mut file = Self { path, complete, text };
        let values = file.parse(problems);
        (file, values)
    }

    fn parse(&mut self, problems: &mut Problems) -> Dict {
        match Toml::from_str::<Dict>(&self.text) {
            Ok(mut values) => {
                values.retain(|section, value| self.is_section(section, value, problems));
                values
            }
            // The error's own text quotes the line, and with it a password.
            Err(error) => {
                self.complete = false;
                let before = error.span().and_then(|span| self.text.get(..span.start));
                let line = before.map(|before| before.matches('\n').count() + 1);
                let message = error.message().lines().collect::<Vec<_>>().join(", ");
                let origin = Origin::file(&self.path, line);
                problems.add(format!("{origin}: is not TOML: {}", mask::text(&message)));
                Dict::new()
            }
        }
    }

    /// Whether an entry is a section that is known; its unknown keys are taken out.
    fn is_section(&self, section: &str, value: &mut Value, problems: &mut Problems) -> bool {
        let known = SECTIONS.into_iter().any(|(name, _)| name == section);
        match value {
            Value::Dict(_, values) if known => {
                values.retain(|name, _| {
                    let known = key::names().any(|n| n.section == section && n.name == *name);
                    if !known {
                        self.report(
                            &format!("{section}.{name}"),
                            &unknown_key(section, name),
                            problems,
                        );
                    }
                    known
                });
                return true;
            }
            Value::Dict(..) => self.report(section, &unknown_section(section), problems),
            _ if known => self.report(section, "must be a table of keys", problems),
            _ => self.report(section, &stray_key(section), problems),
        }
        false
    }

    fn report(&self, path: &str, what: &str, problems: &mut Problems) {
        let origin = Origin::file(&self.path, self.line_of(path));
        problems.add(format!("{origin}: {}: {what}", mask::text(path)));
    }

    /// The line on which a key or a section stands, found without a parser: figment's keeps no
    /// positions.
    pub fn line_of(&self, path: &str) -> Option<usize> {
        let mut header = String::new();
        for (number, line) in (1..).zip(self.text.lines()) {
            if let Some(name) = line.trim().strip_prefix('[') {
                header = bare(name.trim_start_matches('[').split(']').next().unwrap_or_default());
                if header == path || is_within(&header, path) {
                    return Some(number);
                }
            } else if let Some((name, _)) = line.split_once('=') {
                let name = bare(name);
                let full = if header.is_empty() { name } else { format!("{header}.{name}") };
                if full == path || is_within(&full, path) || is_within(path, &full) {
                    return Some(number);
                }
            }
        }
        None
    }
}

/// Whether a key belongs to a table.
fn is_within(key: &str, table: &str) -> bool {
    key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
}

/// A key without quotes and blanks.
fn bare(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect()
}

fn unknown_key(section: &str, name: &str) -> String {
    match closest(&format!("{section}.{name}")) {
        Some(meant) => format!("unknown key; did you mean {}?", meant.path()),
        None => {
            let names = key::names().filter(|n| n.section == section).map(|n| n.name);
            format!("unknown key; [{section}] has {}", names.collect::<Vec<_>>().join(", "))
        }
    }
}

fn unknown_section(section: &str) -> String {
    match closest_section(section) {
        Some(meant) => format!("unknown section; did you mean [{meant}]?"),
        None => format!("unknown section; there are {}", sections()),
    }
}

/// A key before the first section.
fn stray_key(name: &str) -> String {
    match closest(name) {
        Some(meant) => format!("unknown key; did you mean {}?", meant.path()),
        None => format!("unknown key; must stand in one of {}", sections()),
    }
}

fn sections() -> String {
    SECTIONS.map(|(name, _)| format!("[{name}]")).join(", ")
}
