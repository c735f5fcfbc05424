//! What can be wrong with templates and texts.

use std::path::PathBuf;

use passlink_domain::LanguageTag;

/// Why a mail can't be rendered, or a template not be used. Says nothing of what the mail holds.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("{file}{}: {reason}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    File {
        file: String,
        line: Option<usize>,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// A file or directory can't be read.
    #[error("{}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// A mail has no words in a language.
    #[error("mail in language {language}: {reason}")]
    Render { language: LanguageTag, reason: String },
    /// There are no texts in a language. `known` are the tags of those that there are.
    #[error("there are no mails in {language}; there are {known}")]
    Language { language: LanguageTag, known: String },
    #[error(transparent)]
    BuiltIn(#[from] &'static Self),
}

impl TemplateError {
    pub(in crate::outbound::mail) fn in_file(
        file: impl Into<String>,
        line: Option<usize>,
        reason: impl Into<String>,
    ) -> Self {
        Self::File { file: file.into(), line, reason: reason.into() }
    }
}
