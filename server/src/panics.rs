//! What is said of a mistake in the program itself.

use std::panic::{PanicHookInfo, set_hook};

/// Has each panic told in the log, in one line.
pub(crate) fn log() {
    set_hook(Box::new(tell));
}

/// Where it is and what the program's text says there. A text that was put together in passing may
/// hold what it was about, which may be secret.
fn tell(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let text = panic.payload().downcast_ref::<&'static str>();
    tracing::error!(place, text, "the program is at fault; please report this");
}

#[cfg(test)]
mod tests;
