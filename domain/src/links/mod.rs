//! Passkey links: their life, their codes, and where they lead.

pub(crate) mod code;
pub(crate) mod link;
pub(crate) mod url_template;
