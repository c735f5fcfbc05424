//! Tokens that callers present.

pub(crate) mod token;
