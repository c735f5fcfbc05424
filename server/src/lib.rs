//! The binary: command line, configuration, wiring, lifecycle. Thin: what it does stands in the application.

pub mod cli;
mod client_address;
mod commands;
mod config;
mod demo;
mod http;
pub mod in_process;
mod lifecycle;
mod observability;
mod preflight;
mod run;
mod serve;
mod terminal;
mod tls;
mod wiring;
mod worker;

pub use run::run;
use terminal::Error;
