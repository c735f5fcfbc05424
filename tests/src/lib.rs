//! The harness: the real binary, a real mail server that is not ours, and the means to look at
//! what they did. It talks to Passlink as an operator and a client would, and depends on none of
//! its crates.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: what is not as expected ends the test"
)]

mod answer;
mod api;
pub mod authenticator;
mod binary;
mod bridge;
mod browser;
mod camera;
pub mod cbor;
mod collector;
mod database;
mod endpoint;
mod expiry;
mod gzip;
mod hand_made_assertion;
pub mod hand_made_passkey;
mod hosts;
pub mod identity_provider;
mod key;
pub mod load;
mod looks;
mod mail_server;
pub mod mime;
pub mod node;
pub mod passkeys;
mod passlink;
pub mod performance;
mod pgbouncer;
mod port;
mod postgres;
mod process;
pub mod python;
pub mod reflection;
pub mod rpc;
mod schema;
mod scripted_mail_server;
pub mod secrets;
pub mod sessions;
mod silent_postgres;
mod site;
mod slow_body;
mod software_passkey;
mod source;
pub mod spam_filter;
mod sql;
mod wait;

pub use answer::{Answer, SEND_LINK, builder as client_builder, client, raw};
pub use api::Api;
pub use binary::binary;
pub use browser::{Browser, Page};
pub use camera::read_code;
pub use collector::Collector;
pub use database::Database;
pub use endpoint::Endpoint;
pub use gzip::gzip;
pub use hand_made_assertion::HandMadeAssertion;
pub use hand_made_passkey::HandMade;
pub use hosts::HOSTS;
pub use identity_provider::IdentityProvider;
pub use key::Key;
pub use mail_server::{Envelope, MailServer, Received, Tls};
pub use passlink::{Caller, Passlink, variable};
pub use pgbouncer::PgBouncer;
pub use port::free_port;
pub use postgres::Postgres;
pub use process::{Output, Process};
pub use rpc::{Call, Detail, Outcome, Protocol};
pub use scripted_mail_server::ScriptedMailServer;
pub use silent_postgres::{Scope, Silence, SilentPostgres};
pub use site::{Located, Site};
pub use slow_body::SlowBody;
pub use software_passkey::{SoftwarePasskey, create_passkey};
pub use source::{connect_from, http2_from};
pub use sql::sql;
pub use wait::{PATIENCE, until, until_within};
