//! Commands for people to copy.

use std::{borrow::Cow, path::Path};

/// How this program is called with that configuration file, as a shell reads it.
pub(crate) fn call(config: Option<&Path>) -> String {
    let program = std::env::args_os().next().unwrap_or_else(|| "passlink".into());
    let mut call = quoted(&program.to_string_lossy()).into_owned();
    if let Some(file) = config {
        call.push_str(" --config ");
        call.push_str(&quoted(&file.to_string_lossy()));
    }
    call
}

/// A word as a shell reads it.
pub(crate) fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''")).into()
    }
}
