//! What can be done with Passlink: one file a use case, and the ports that the use cases need.
//!
//! A use case takes its ports when it is made, does its work in a unit of work that it hands to
//! the [`Store`](ports::Store), and knows nothing of HTTP, SQL or SMTP.

pub mod callers;
pub mod codes;
pub mod domains;
#[cfg(any(test, feature = "fakes"))]
pub mod fakes;
mod ids;
pub mod keys;
pub mod limits;
pub mod links;
pub mod mails;
pub mod passkeys;
pub mod ports;
pub mod sessions;
pub mod users;
