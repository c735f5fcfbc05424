//! Registering passkeys by the API, with passkeys in software and by hand.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};
use passlink_tests::{Answer, Api, Caller, HandMade, MailServer, Passlink, passkeys::*};
use reqwest::Method;
use serde_json::Value;

mod at_rest;
mod attestation;
mod ceremony;
mod clients;
mod errors;
mod limits;
mod mails;
pub(crate) mod methods;
mod protocols;
mod races;
mod renaming;
mod scanners;
mod secrecy;
mod tokens;

/// Sends the user a link; its id and code, from the mail.
async fn mailed(passlink: &Passlink, mails: &MailServer, user: &Caller) -> Value {
    let before = mails.count();
    passlink.send_link(&user.token).await.sequence();
    let received = mails.until_mails(before + 1).await;
    code_of(&received[before].mail.register_link())
}

/// How many rows each table has.
pub(super) fn rows(passlink: &Passlink) -> BTreeMap<&'static str, u64> {
    const TABLES: [&str; 8] =
        ["users", "tokens", "events", "links", "outbox", "passkeys", "ceremonies", "sessions"];
    let counts = TABLES.map(|table| format!("(SELECT count(*) FROM {table})")).join(", ");
    let counts = passlink.sql(&format!("SELECT {counts}"), &[]).remove(0);
    TABLES.into_iter().zip(counts.iter().map(|count| count.as_u64().unwrap())).collect()
}

/// What stands in bytes.
fn from_base64(text: &Value) -> Value {
    serde_json::from_slice(&BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap()).unwrap()
}
