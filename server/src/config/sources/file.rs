//! The file: `passlink.toml`.

use std::{io, path::Path};

use passlink_adapters::files;
use serde::de::{Deserialize, IntoDeserializer};
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::config::{
    keys::{Key, closest_table, find, heading, sections},
    mask,
    problems::{Found, Origin, Problems},
    sources::found::{all_sections, put, unknown_key},
};

/// What is read where no file is named, if it is there.
const DEFAULT_PATH: &str = "passlink.toml";

pub(super) fn text(path: &Path) -> io::Result<String> {
    Ok(files::text_of(files::read_once(path)?)?)
}

/// Reads a file and reports what nobody knows in it. Also returns whether all of it could be read.
pub(super) fn read(named: Option<&Path>, problems: &mut Problems) -> (Found, bool) {
    let path = named.unwrap_or(Path::new(DEFAULT_PATH));
    let text = match text(path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            problems.add(format!("{}: can't be read: {error}", path.display()));
            return (Found::new(), false);
        }
    };
    let file = File { path, text: &text };
    match DeTable::parse(&text) {
        Ok(table) => (file.found(table.into_inner(), problems), true),
        // The error's own text quotes the line, and with it a password.
        Err(error) => {
            let origin = file.origin(error.span().map_or(usize::MAX, |span| span.start));
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            problems.add(format!("{origin}: is not TOML: {}", mask::text(&message)));
            (Found::new(), false)
        }
    }
}

struct File<'f> {
    path: &'f Path,
    text: &'f str,
}

impl File<'_> {
    fn origin(&self, octet: usize) -> Origin {
        let before = self.text.get(..octet);
        let line = before.map(|before| before.matches('\n').count() + 1);
        Origin::File(self.path.to_owned(), line)
    }

    fn found(&self, table: DeTable<'_>, problems: &mut Problems) -> Found {
        let mut found = Found::new();
        for (section, value) in table {
            let (octet, section) = (section.span().start, section.get_ref().as_ref());
            let is_known = sections().any(|name| name == section);
            if let Some(key) = find("", section) {
                self.put(key, octet, &value, &mut found, problems);
                continue;
            }
            match value.into_inner() {
                DeValue::Table(values) if is_known => {
                    found.extend(self.found_in(section, values, problems));
                }
                DeValue::Table(_) => {
                    self.report(octet, section, &unknown_section(section), problems);
                }
                _ if is_known => self.report(octet, section, "must be a table of keys", problems),
                _ => self.report(octet, section, &unknown_key(None, section), problems),
            }
        }
        found
    }

    fn found_in(&self, section: &str, values: DeTable<'_>, problems: &mut Problems) -> Found {
        let mut found = Found::new();
        for (name, value) in values {
            let octet = name.span().start;
            let path = format!("{section}.{}", name.get_ref());
            if let Some(key) = find(section, name.get_ref()) {
                self.put(key, octet, &value, &mut found, problems);
            } else {
                self.report(octet, &path, &unknown_key(Some(section), &path), problems);
            }
        }
        found
    }

    fn put(
        &self,
        key: &Key,
        octet: usize,
        value: &Spanned<DeValue<'_>>,
        found: &mut Found,
        problems: &mut Problems,
    ) {
        let at = |table: usize, names: &[&str]| {
            let mut inside = value.get_ref().get(table);
            let mut span = inside.map(Spanned::span);
            for name in names {
                let pair = inside.and_then(|it| it.get_ref().as_table()?.get_key_value(*name));
                span = pair.map(|(name, _)| name.span()).or(span);
                inside = pair.map(|(_, value)| value);
            }
            self.origin(span.map_or(octet, |span| span.start))
        };
        // TOML that was parsed always has a value.
        let whole = Value::deserialize(value.clone().into_deserializer()).unwrap_or_default();
        put(key, whole, &self.origin(octet), at, found, problems);
    }

    fn report(&self, octet: usize, path: &str, what: &str, problems: &mut Problems) {
        problems.add(format!("{}: {}: {what}", self.origin(octet), mask::text(path)));
    }
}

fn unknown_section(section: &str) -> String {
    match closest_table(section) {
        Some(meant) => format!("unknown section; did you mean {}?", heading(&meant)),
        None => format!("unknown section; there are {}", all_sections()),
    }
}
