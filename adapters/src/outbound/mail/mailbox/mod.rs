//! The mailbox of a demo: mail stays in this process, and a page shows it. The page stands here and not
//! with the inbound pages: it shows what this transport holds, and inbound knows no outbound.

mod guard;
mod memory;
mod pages;
mod view;

pub use memory::{LocalMail, Mailbox};
