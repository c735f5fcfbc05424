//! The texts of one language, and how it writes dates and durations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why a text is no catalogue.
#[derive(Debug)]
pub(super) struct CatalogueError(pub String);

/// Which way a language is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Direction {
    Ltr,
    Rtl,
}

impl Direction {
    /// The side on which a line begins.
    pub fn start(self) -> &'static str {
        match self {
            Self::Ltr => "left",
            Self::Rtl => "right",
        }
    }
}

/// The forms of a unit of time, by plural category (CLDR).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unit {
    pub one: Text,
    pub other: Text,
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Stands as it is.
    Words(String),
    /// Stands for the value of this name.
    Value(String),
}

/// A text with places for values, written `{name}`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Text(Vec<Piece>);

impl Text {
    /// The parts, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The text with its values put in as they are.
    pub fn fill(&self, values: &[(&str, &str)]) -> Result<String, CatalogueError> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => filled.push_str(words),
                Piece::Value(name) => match values.iter().find(|(known, _)| known == name) {
                    Some((_, value)) => filled.push_str(value),
                    None => return Err(CatalogueError(format!("there is no value {{{name}}}"))),
                },
            }
        }
        Ok(filled)
    }
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = source.as_str();
        while let Some((words, behind)) = rest.split_once('{') {
            let (name, behind) = behind
                .split_once('}')
                .ok_or_else(|| format!("a brace is never closed in {source:?}"))?;
            if !words.is_empty() {
                pieces.push(Piece::Words(words.to_owned()));
            }
            pieces.push(Piece::Value(name.to_owned()));
            rest = behind;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest.to_owned()));
        }
        Ok(Self(pieces))
    }
}

/// Texts by key, and by section before that: the kind of mail, or `common`.
pub(super) type Sections = BTreeMap<String, BTreeMap<String, Text>>;

/// The texts of one language.
#[derive(Debug, Deserialize)]
pub(super) struct Catalogue {
    pub direction: Direction,
    pub date: Text,
    pub months: [String; 12],
    pub minutes: Unit,
    pub hours: Unit,
    pub hours_and_minutes: Text,
    #[serde(flatten)]
    pub sections: Sections,
}

impl Catalogue {
    /// Parses a catalogue file.
    pub fn parse(source: &str) -> Result<Self, CatalogueError> {
        serde_json::from_str(source).map_err(|error| CatalogueError(error.to_string()))
    }

    /// The text of `key` in a section.
    pub fn text(&self, section: &str, key: &str) -> Option<&Text> {
        self.sections.get(section)?.get(key)
    }
}
