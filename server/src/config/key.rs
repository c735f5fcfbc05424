//! What is known about every key: its name, how its value is written, and what it allows.

use serde::de::DeserializeOwned;
use validator::Validate;

use super::{Database, Limits, Links, Mail, Passkeys, Secrets, Server, Telemetry, Webauthn};

/// What every environment variable of ours begins with.
pub(super) const PREFIX: &str = "PASSLINK_";

/// How the value of a key is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it is.
    Text,
    /// As it is, and never shown. Can stand in a file of its own.
    Secret,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number, from the first to the second.
    Number(u32, u32),
    /// True or false.
    Flag,
    /// A list of texts.
    Texts,
}

/// A key of a section. Messages, `passlink.example.toml`, the JSON Schema and the table in
/// `docs/configuration.md` all say of it what stands here.
pub(super) struct Key {
    /// Its name in the section, which is also the name of its field.
    pub name: &'static str,
    /// What it is for, in a sentence without its full stop.
    pub meaning: &'static str,
    /// How its value is written.
    pub kind: Kind,
    /// A value, for a key that has none by default.
    pub example: Option<&'static str>,
    allowed: &'static str,
}

impl Key {
    /// A key that holds a text; `allowed` follows "must be".
    pub const fn text(name: &'static str, meaning: &'static str, allowed: &'static str) -> Self {
        Self { name, meaning, kind: Kind::Text, example: None, allowed }
    }

    /// A key that holds a secret; `allowed` follows "must be".
    pub const fn secret(name: &'static str, meaning: &'static str, allowed: &'static str) -> Self {
        Self { kind: Kind::Secret, ..Self::text(name, meaning, allowed) }
    }

    /// A key that holds one of some words.
    pub const fn one_of(
        name: &'static str,
        meaning: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self { kind: Kind::OneOf(words), ..Self::text(name, meaning, "") }
    }

    /// A key that holds a whole number from `min` to `max`.
    pub const fn number(name: &'static str, meaning: &'static str, min: u32, max: u32) -> Self {
        Self { kind: Kind::Number(min, max), ..Self::text(name, meaning, "") }
    }

    /// A key that is true or false.
    pub const fn flag(name: &'static str, meaning: &'static str) -> Self {
        Self { kind: Kind::Flag, ..Self::text(name, meaning, "") }
    }

    /// A key that holds a list of texts; `allowed` follows "must be".
    pub const fn texts(name: &'static str, meaning: &'static str, allowed: &'static str) -> Self {
        Self { kind: Kind::Texts, ..Self::text(name, meaning, allowed) }
    }

    /// The key with an example of its value: needed where there is no default.
    pub const fn such_as(self, example: &'static str) -> Self {
        Self { example: Some(example), ..self }
    }

    /// What it allows, to follow "must be".
    pub fn allowed(&self) -> String {
        match self.kind {
            Kind::Text | Kind::Secret | Kind::Texts => self.allowed.to_owned(),
            Kind::OneOf(words) => words.join(" or "),
            Kind::Number(min, max) => format!("a whole number from {min} to {max}"),
            Kind::Flag => "true or false".to_owned(),
        }
    }

    pub fn is_secret(&self) -> bool {
        self.kind == Kind::Secret
    }

    /// Whether the value is JSON where it is written as text, as in an environment variable.
    pub fn is_json(&self) -> bool {
        matches!(self.kind, Kind::Number(..) | Kind::Flag | Kind::Texts)
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
pub(super) const SECTIONS: [(&str, &[Key]); 9] = [
    (Server::NAME, Server::KEYS),
    (Database::NAME, Database::KEYS),
    (Mail::NAME, Mail::KEYS),
    (Links::NAME, Links::KEYS),
    (Passkeys::NAME, Passkeys::KEYS),
    (Webauthn::NAME, Webauthn::KEYS),
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
