//! Registering a passkey: the ceremony, from the challenge to the passkey (WebAuthn, section 7.1).

use crate::{codes::CodeChecker, passkeys::PasskeyRegistry};

pub(crate) mod begin;
pub(crate) mod finish;
mod opener;
mod record;

pub struct RegisterPasskey {
    pub registry: PasskeyRegistry,
    pub codes: CodeChecker,
}

#[cfg(test)]
mod tests;
