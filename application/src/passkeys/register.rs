//! Registering a passkey: the ceremony, from the challenge to the passkey (WebAuthn, section 7.1).

use crate::{codes::CodeChecker, passkeys::PasskeyRegistry};

pub(crate) mod begin;
pub(crate) mod finish;
mod opener;
mod record;

pub struct RegisterPasskey {
    registry: PasskeyRegistry,
    codes: CodeChecker,
}

impl RegisterPasskey {
    pub fn new(registry: PasskeyRegistry, codes: CodeChecker) -> Self {
        Self { registry, codes }
    }
}

#[cfg(test)]
mod tests;
