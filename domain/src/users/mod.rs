//! Users: who they are, where mail reaches them, and how they change.

pub(crate) mod change;
pub(crate) mod email;
pub(crate) mod language;
pub(crate) mod login_name;
pub(crate) mod user;
