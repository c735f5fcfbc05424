//! The binary's parts: command line, configuration, wiring, lifecycle. Thin: what Passlink does
//! stands in the application layer.

pub mod cli;
mod client_address;
mod commands;
mod config;
mod demo;
mod error;
mod expiry;
mod http;
pub mod in_process;
mod lifecycle;
mod observability;
mod preflight;
mod run;
mod serve;
mod terminal;
mod tls;
mod vitals;
mod wiring;
mod worker;

use error::Error;
pub use run::run;
