use serde::Deserialize;
use validator::Validate;

use super::key::{Key, Section};

/// `[telemetry]`: what the server tells about itself.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
#[serde(default)]
pub struct Telemetry {
    /// How log lines are written, `text` or `json`. Default none: `text` where stderr is a
    /// terminal, `json` elsewhere.
    pub log_format: Option<LogFormat>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: a JSON object a line.
    Json,
}

/// By hand: a derived one takes a variant's number, too.
impl TryFrom<String> for LogFormat {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        let formats = [Self::Text, Self::Json];
        formats.into_iter().find(|format| format.name() == name).ok_or("there is no such format")
    }
}

impl LogFormat {
    /// The value as it is written in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl Section for Telemetry {
    const NAME: &'static str = "telemetry";
    const KEYS: &'static [Key] = &[Key::one_of(
        "log_format",
        "How log lines are written; by default as text on a terminal, and as JSON elsewhere",
        &["text", "json"],
    )
    .such_as("json")];
}
