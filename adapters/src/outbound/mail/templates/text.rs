//! A text of a catalogue.

use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Words(String),
    /// Stands for the value of this name.
    Value(String),
}

/// A text on one line, with places for values, written `{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Text(pub Vec<Piece>);

impl Text {
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Words(_) => None,
            Piece::Value(name) => Some(name.as_str()),
        })
    }

    /// The text with its values put in as they are; the error names a value that is not there.
    pub fn fill(&self, values: &[(&str, &str)]) -> Result<String, String> {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Words(words) => Ok(words.as_str()),
                Piece::Value(name) => values
                    .iter()
                    .find_map(|(known, value)| (known == name).then_some(*value))
                    .ok_or_else(|| format!("there is no value {{{name}}}")),
            })
            .collect()
    }
}

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        if source.trim().is_empty() {
            return Err("a text must not be empty".to_owned());
        }
        if source.contains(char::is_control) {
            return Err(format!("the text {source:?} must be on one line"));
        }
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
