//! What a passkey is called.

use crate::{Text, TextError};

/// What a passkey is called when nothing is known of it.
const UNNAMED: &str = "Passkey";

/// The name that a passkey gets: the one that was given; without one that of the authenticator's
/// model, else that of the device.
pub fn name_passkey(
    given: &str,
    model: Option<&str>,
    device: Option<&Text>,
) -> Result<Text, TextError> {
    match given.trim() {
        "" => Text::parse(model.or(device.map(Text::as_str)).unwrap_or(UNNAMED)),
        given => Text::parse(given),
    }
}

#[cfg(test)]
mod tests;
