//! What the use cases reach, each by a port: the database, the mail server, identity providers, the key file,
//! the clock.

pub mod identity;
pub mod key_file;
pub mod mail;
pub mod persistence;
pub mod process;
pub mod system;
pub mod webauthn;
