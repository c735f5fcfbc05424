//! What the person at the terminal is shown.

use std::{io, iter::successors, process::ExitCode};

use anstream::{AutoStream, ColorChoice};

/// Any error, with its causes.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// Prints what failed and why, down to the first cause. Returns the exit code for it.
pub(crate) fn report(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    let mut message = format!("passlink: {error}");
    for cause in successors(error.source(), |cause| cause.source()) {
        let cause = cause.to_string();
        if !message.ends_with(&cause) {
            message += &format!(": {cause}");
        }
    }
    eprintln!("{message}");
    ExitCode::FAILURE
}

/// Whether stderr is a terminal that shows colours, and nobody asks for none, as with `NO_COLOR`.
pub(crate) fn shows_colours() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}
