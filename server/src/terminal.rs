//! What the terminal can show.

use std::io;

use anstream::{AutoStream, ColorChoice};

/// Whether stderr is to have colours: it is a terminal that shows them, and nobody asks for none, as with
/// `NO_COLOR`.
pub(crate) fn shows_colours() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}
