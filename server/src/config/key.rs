//! What is known about every key: its name, how its value is written, and what it allows.

use serde::de::DeserializeOwned;
use validator::Validate;

use super::{Database, Limits, Links, Mail, Secrets, Server, Telemetry};

/// What every environment variable of ours begins with.
pub(super) const PREFIX: &str = "PASSLINK_";

/// How the value of a key is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As it is.
    Text,
    /// As it is, and never shown. Can stand in a file of its own.
    Secret,
    /// A number, a flag or a list: JSON in an environment variable.
    Json,
}

/// A key of a section.
pub(super) struct Key {
    /// Its name in the section, which is also the name of its field.
    pub name: &'static str,
    /// What it allows, to follow "must be".
    pub allowed: &'static str,
    kind: Kind,
}

impl Key {
    pub const fn text(name: &'static str, allowed: &'static str) -> Self {
        Self { name, allowed, kind: Kind::Text }
    }

    pub const fn secret(name: &'static str, allowed: &'static str) -> Self {
        Self { name, allowed, kind: Kind::Secret }
    }

    pub const fn json(name: &'static str, allowed: &'static str) -> Self {
        Self { name, allowed, kind: Kind::Json }
    }

    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }

    pub fn is_json(&self) -> bool {
        self.kind == Kind::Json
    }

    /// What a key that names the file of a secret is called.
    pub fn file_name(&self) -> String {
        format!("{}_file", self.name)
    }
}

/// A section of the configuration. Its default holds for every key that no source sets.
pub(super) trait Section: Default + DeserializeOwned + Validate {
    const NAME: &'static str;
    const KEYS: &'static [Key];
}

/// The sections and their keys.
pub(super) const SECTIONS: [(&str, &[Key]); 7] = [
    (Server::NAME, Server::KEYS),
    (Database::NAME, Database::KEYS),
    (Mail::NAME, Mail::KEYS),
    (Links::NAME, Links::KEYS),
    (Secrets::NAME, Secrets::KEYS),
    (Limits::NAME, Limits::KEYS),
    (Telemetry::NAME, Telemetry::KEYS),
];

/// A name that a source may use: `mail.from`, or `mail.smtp_url_file` for the file of a secret.
pub(super) struct Name {
    pub section: &'static str,
    pub name: String,
    /// Whether the value is JSON where it is written as text.
    pub json: bool,
}

impl Name {
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    pub fn variable(&self) -> String {
        variable(self.section, &self.name)
    }
}

/// The environment variable of a key.
pub(super) fn variable(section: &str, name: &str) -> String {
    format!("{PREFIX}{section}__{name}").to_uppercase()
}

/// All names.
pub(super) fn names() -> impl Iterator<Item = Name> {
    SECTIONS.into_iter().flat_map(|(section, keys)| {
        keys.iter().flat_map(move |key| {
            let own = Name { section, name: key.name.to_owned(), json: key.is_json() };
            let file = Name { section, name: key.file_name(), json: false };
            std::iter::once(own).chain(key.is_secret().then_some(file))
        })
    })
}

/// The name that was probably meant: the same key of another section, or one a slip away.
pub(super) fn closest(path: &str) -> Option<Name> {
    let last = path.rsplit('.').next().unwrap_or(path);
    names()
        .map(|name| match name.name == last {
            true => (0, name),
            false => (distance(path, &name.path()), name),
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| is_slip(*distance, path))
        .map(|(_, name)| name)
}

/// The section that was probably meant.
pub(super) fn closest_section(wanted: &str) -> Option<&'static str> {
    SECTIONS
        .into_iter()
        .map(|(section, _)| (distance(wanted, section), section))
        .min()
        .filter(|(distance, _)| is_slip(*distance, wanted))
        .map(|(_, section)| section)
}

fn is_slip(distance: usize, wanted: &str) -> bool {
    distance * 3 <= wanted.chars().count()
}

/// Levenshtein's distance, a row at a time.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (1..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let (mut diagonal, mut left) = (i, i + 1);
        for (cell, y) in row.iter_mut().zip(b.chars()) {
            let replaced = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_else(|| a.chars().count())
}
