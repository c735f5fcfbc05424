//! Errors on their way to the person at the terminal.

use std::process::ExitCode;

/// Any error, with its causes.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// Prints what failed and why, down to the first cause. Returns the exit code for it.
pub(crate) fn report(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let mut message = format!("passlink: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !message.ends_with(&cause_text) {
            message.push_str(&format!(": {cause_text}"));
        }
        source = cause.source();
    }
    eprintln!("{message}");
    ExitCode::FAILURE
}
