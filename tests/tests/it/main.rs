//! Passlink as its users see it: one file a feature.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is test code: what is not as expected ends the test"
)]

mod absent_database;
mod architecture;
mod callers;
mod clients;
mod commands;
mod configuration;
mod crash;
mod crowds;
mod database_file;
mod database_url;
mod demo;
mod docs;
mod domains;
mod error_table;
mod errors;
mod hostile;
mod identity;
mod import;
mod keys;
mod limits;
mod load;
mod logs;
mod mail;
mod mail_content;
mod mail_templates;
mod mail_turns;
mod mounted_files;
mod nodes;
mod odd_mail_servers;
mod organisations;
mod outages;
mod outbox;
mod pages;
mod passkey_commands;
mod passkeys;
mod performance;
mod pgbouncer;
mod protocols;
mod qr;
mod reference;
mod requests;
mod secrecy;
mod send_link;
mod sessions;
mod shutdown;
mod silence;
mod telemetry;
mod tls;
mod url_templates;
mod users;
