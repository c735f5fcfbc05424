//! Who calls: bearer tokens, what they permit, and identities at other issuers.

pub(crate) mod identity;
pub(crate) mod organisations;
pub(crate) mod permission;
pub(crate) mod token;
