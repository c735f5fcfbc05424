//! What is made of what: the adapters, and the use cases over them.

mod app;
mod identity;
mod mail;
mod router;
mod use_cases;

pub(crate) use app::{App, Pending};
pub(crate) use identity::configured_issuers;
pub(crate) use mail::{NO_MAIL, configured_mailer, letterhead, templates};
