//! The methods of the API, one file a service, and what they share: who calls, fields, answers, errors.

pub(crate) mod auth;
pub(crate) mod bearer;
pub(crate) mod details;
pub(crate) mod error;
pub(crate) mod fields;
pub(crate) mod health;
pub(crate) mod link;
pub(crate) mod user;
