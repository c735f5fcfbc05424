//! Passkeys, and the ceremonies that register them.

pub(crate) mod ceremony;
pub(crate) mod credential;
pub(crate) mod passkey;
