//! The configuration: defaults, then `passlink.toml` (or the file of `--config`), then
//! environment variables `PASSLINK_<SECTION>__<KEY>`; the later wins.
//!
//! One file per section; the two about passkeys share one. A new key is one field there: its type and
//! range, its default, an example, and a doc comment that says what it is for and what it must be. All
//! else is made from the JSON Schema that the fields declare ([`keys`]): messages, `config print`, the
//! example file and the table in `docs/configuration.md`. The last two are written anew by
//! `UPDATE_REFERENCE=1 cargo test -p passlink-server --lib config`.
//!
//! A list of tables is a `Vec` of a struct, the last field of its section or of all. All of this holds for
//! the keys of the struct as well; those that a table can't do without are `required` in its schema. Its
//! last field can be a table of more keys: an `Option` of a struct.
//!
//! An unknown key, a wrong type and a value out of range are refused, all of them together, and no
//! message holds the value of a secret.

mod brand;
mod database;
mod domains;
mod effective;
mod hosts;
mod identity;
mod keys;
mod limits;
mod links;
mod mail;
mod mask;
mod print;
mod problems;
mod rules;
mod secrets;
mod server;
mod sessions;
mod settings;
mod sources;
mod telemetry;
mod values;
mod warnings;
mod webauthn;

pub(crate) use effective::EffectiveDomain;
pub(crate) use hosts::as_browsers_write;
pub(crate) use identity::Issuer;
pub(crate) use keys::schema;
pub(crate) use print::example;
pub(crate) use problems::Problems;
pub(crate) use server::Server;
pub(crate) use settings::Config;
pub(crate) use sources::environment;
pub(crate) use telemetry::{LogFormat, Telemetry};

#[cfg(test)]
mod tests;
