//! Sessions: who signed in with a passkey, and who is about to.

pub(crate) mod challenge;
pub(crate) mod metadata;
pub(crate) mod session;
pub(crate) mod user_agent;
