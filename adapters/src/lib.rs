//! How Passlink touches the world. The rooms don't know each other: what two share is a port or
//! stands in the application layer. Only [`place`], which says where in a trace something is done, and
//! [`file`], which reads files, are known to all.

pub mod api;
pub mod file;
pub mod key_file;
pub mod mail;
pub mod persistence;
pub mod place;
pub mod process;
pub mod system;
pub mod telemetry;
pub mod web;
pub mod webauthn;
