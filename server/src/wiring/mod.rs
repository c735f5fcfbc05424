//! What is made of what: the adapters, and the use cases over them.

mod app;
mod brand;
mod domains;
mod identity;
mod mail;
mod router;
mod use_cases;

pub(crate) use app::{App, Pending};
pub(crate) use brand::brand;
pub(crate) use domains::{Place, one_place};
pub(crate) use identity::configured_issuers;
pub(crate) use mail::{KnownTemplates, NO_MAIL, configured_mailer, letterhead, templates};
