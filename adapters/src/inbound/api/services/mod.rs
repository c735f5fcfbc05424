//! The methods of the API, one file a service, and what they share: who calls, fields, answers, errors.

pub(crate) mod auth;
pub(crate) mod bearer;
pub(crate) mod details;
mod error_rows;
pub(crate) mod error_table;
pub(crate) mod failure;
pub(crate) mod fields;
pub(crate) mod health;
mod last_look;
pub(crate) mod link;
pub(crate) mod passkey;
pub(crate) mod passkey_calls;
pub(crate) mod session;
mod session_messages;
pub(crate) mod user;
