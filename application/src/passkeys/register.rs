//! Registering a passkey: the ceremony, from the challenge to the passkey (WebAuthn, section 7.1).

use crate::{codes::CodeChecker, passkeys::PasskeyRegistry};

pub(crate) mod begin;
pub(crate) mod finish;
mod opener;
mod record;

/// Begins and finishes registration ceremonies.
pub struct RegisterPasskey {
    registry: PasskeyRegistry,
    codes: CodeChecker,
}

impl RegisterPasskey {
    /// Takes the ports and what checks codes.
    pub fn new(registry: PasskeyRegistry, codes: CodeChecker) -> Self {
        Self { registry, codes }
    }
}

#[cfg(test)]
mod tests;
