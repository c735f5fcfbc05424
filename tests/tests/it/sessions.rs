//! Sessions: back ends that sign people in with their passkeys.

use passlink_tests::{
    Answer, Api, Caller, Key, MailServer, Passlink, SoftwarePasskey, mime::Mail, passkeys::*,
    sessions::*, until,
};
use serde_json::{Value, json};

mod access;
mod clients;
mod ends;
mod fields;
mod lists;
mod login_names;
pub(crate) mod methods;
mod organisations;
mod protocols;
mod races;
mod refused;
mod secrecy;
mod signing_in;
mod web_applications;

/// Without a limit that tests come to, of links and of wrong tokens.
fn tolerant(passlink: Passlink) -> Passlink {
    passlink.generous().set("limits.wrong_tokens_per_minute", "10000")
}

/// Ada, who has a username beside her address.
fn ada_with_username(passlink: &Passlink) -> Caller {
    let more = ["--display-name", "Ada Example", "--username", "ada"];
    passlink.caller("ada@example.com", &more)
}

/// A user who is named by a login name.
fn named(login_name: &str) -> Option<Value> {
    Some(json!({ "loginName": login_name }))
}

/// A user who is named by id.
fn by_id(user: &Caller) -> Option<Value> {
    Some(json!({ "userId": user.id }))
}

#[track_caller]
fn assert_denied(answer: &Answer) {
    answer.assert_error(403, 7, "Errors.PermissionDenied", "AUTH-Denied");
}

#[track_caller]
fn assert_token_invalid(answer: &Answer) {
    answer.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
}

/// The server, and on PostgreSQL another node over its database. A file has one alone.
async fn nodes(passlink: Passlink) -> Vec<Passlink> {
    let mut nodes = vec![tolerant(passlink).started().await];
    if !nodes[0].is_on_sqlite() {
        nodes.push(nodes[0].another_node().started().await);
    }
    nodes
}

/// The code that undoes the registration of a passkey, from its mail.
async fn undo_code(mails: &MailServer, passkey: &str) -> String {
    let is_it = |mail: &Mail| mail.text().links.iter().any(|it| it.contains(passkey));
    until("the mail of a passkey", async || {
        let mut received = mails.mails().into_iter().map(|it| it.mail);
        received.find(is_it).map(|mail| mail.undo_link().code)
    })
    .await
}
