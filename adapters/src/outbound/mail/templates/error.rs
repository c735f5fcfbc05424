//! What can be wrong with templates and texts.

use std::{fmt, path::PathBuf};

use passlink_domain::LanguageTag;

/// Why a mail can't be rendered, or a template not be used. Says nothing of what the mail holds.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A file is not what it should be.
    #[error("{file}{}: {reason}", Line(*line))]
    File {
        /// The file.
        file: String,
        /// The line, where it is known.
        line: Option<usize>,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// A file or directory can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A mail has no words in a language.
    #[error("mail in language {language}: {reason}")]
    Render {
        /// The language.
        language: LanguageTag,
        /// What is wrong.
        reason: String,
    },
    /// There are no texts in a language.
    #[error("there are no mails in {language}; there are {known}")]
    Language {
        /// The language.
        language: LanguageTag,
        /// The tags of those that there are.
        known: String,
    },
    /// The mail's link is no URL with a host.
    #[error("the link is not a web address")]
    Link,
}

impl TemplateError {
    pub(super) fn in_file(
        file: impl Into<String>,
        line: Option<usize>,
        reason: impl Into<String>,
    ) -> Self {
        Self::File { file: file.into(), line, reason: reason.into() }
    }
}

struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(line) => write!(f, ", line {line}"),
            None => Ok(()),
        }
    }
}
