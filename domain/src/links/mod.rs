//! Passkey links: their life, their limits, their codes, and where they lead.

pub(crate) mod code;
pub(crate) mod code_key;
pub(crate) mod link;
pub(crate) mod mailed_minutes;
pub(crate) mod policy;
pub(crate) mod url_template;
