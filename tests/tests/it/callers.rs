//! Who may do what for whom: persons, and services with permissions.

use passlink_tests::{Answer, Api, Caller, Passlink, passkeys::*};
use serde_json::{Value, json};

use crate::{
    passkeys::{methods as call, rows},
    sessions::methods as session,
};

mod attempts;
mod ceremonies;
pub(crate) mod codes;
mod commands;
mod history;
mod observed;
mod races;
mod services;
mod sessions;
pub(crate) mod table;

const WRITE: &str = "user.passkey.write";
const READ: &str = "user.passkey.read";
pub(crate) const PERMISSIONS: [&str; 8] = [
    WRITE,
    READ,
    "user.read",
    "user.write",
    "user.delete",
    "session.read",
    "session.write",
    "session.delete",
];

/// Options of `token create` that give these permissions.
pub(crate) fn permitting<'a>(permissions: &[&'a str]) -> Vec<&'a str> {
    permissions.iter().flat_map(|permission| ["--permission", permission]).collect()
}

/// All permissions but one.
fn all_but(one: &str) -> Vec<&'static str> {
    PERMISSIONS.into_iter().filter(|permission| *permission != one).collect()
}

/// What a service does with links and passkeys for a user.
fn for_user(user: &Caller, token: &str) -> Caller {
    Caller { token: token.to_owned(), ..user.clone() }
}

/// A token of a service that may do all with the passkeys of an organisation's users.
fn service_of(passlink: &Passlink, name: &str, organisation: &str) -> String {
    let permissions = permitting(&[WRITE, READ]);
    passlink.service(name, &[&["--organisation", organisation], &permissions[..]].concat())
}

/// The one line that lists a service's only token.
fn token_of(passlink: &Passlink, service: &str) -> Value {
    let tokens = passlink.cli(&["token", "list", "--service", service]).lines();
    let [token] = &tokens[..] else { panic!("{tokens:?}") };
    token.clone()
}

/// Asks for a link of a user, mailed or returned.
async fn link(passlink: &impl Api, user: &Caller, medium: &str) -> Answer {
    let path = format!("{}/registration_link", passkeys_of(user));
    post(passlink, Some(&user.token), &path, &json!({ medium: {} })).await
}

#[track_caller]
fn assert_denied(answer: &Answer) {
    answer.assert_error(403, 7, "Errors.PermissionDenied", "AUTH-Denied");
}

#[track_caller]
fn assert_invalid(answer: &Answer) {
    answer.assert_error(401, 16, "Errors.Token.Invalid", "AUTH-Invalid");
}

#[track_caller]
fn assert_no_user(answer: &Answer) {
    answer.assert_error(404, 5, "Errors.User.NotFound", "USER-NotFound");
}
