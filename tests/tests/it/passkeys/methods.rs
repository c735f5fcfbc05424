//! The methods that passkeys have, as calls that each protocol can make.

use passlink_tests::Call;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Caller, OWN, passkeys_of};

/// `AuthService.AddMyPasswordless`.
pub fn add_own() -> Call {
    let rpc = "/zitadel.auth.v1.AuthService/AddMyPasswordless";
    Call::new(rpc, Method::POST, OWN, &json!({}))
}

/// `AuthService.VerifyMyPasswordless`.
pub fn verify_own(credential: &[u8], name: &str) -> Call {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let rpc = "/zitadel.auth.v1.AuthService/VerifyMyPasswordless";
    let credential = BASE64_STANDARD.encode(credential);
    let verification = json!({ "publicKeyCredential": credential, "tokenName": name });
    let path = format!("{OWN}/_verify");
    Call::new(rpc, Method::POST, &path, &json!({ "verification": verification }))
}

/// `AuthService.ListMyPasswordless`.
pub fn list_own() -> Call {
    let rpc = "/zitadel.auth.v1.AuthService/ListMyPasswordless";
    Call::new(rpc, Method::POST, &format!("{OWN}/_search"), &json!({}))
}

/// `AuthService.RemoveMyPasswordless`.
pub fn remove_own(passkey: &str) -> Call {
    let rpc = "/zitadel.auth.v1.AuthService/RemoveMyPasswordless";
    let path = format!("{OWN}/{passkey}");
    Call::new(rpc, Method::DELETE, &path, &json!({ "tokenId": passkey }))
}

/// `UserService.CreatePasskeyRegistrationLink`.
pub fn create_link(user: &Caller, medium: Value) -> Call {
    let rpc = "/zitadel.user.v2.UserService/CreatePasskeyRegistrationLink";
    let path = format!("{}/registration_link", passkeys_of(user));
    Call::new(rpc, Method::POST, &path, &of_user(user, medium))
}

/// `UserService.RegisterPasskey`; `more` is what the request says beside its user.
pub fn register(user: &Caller, more: Value) -> Call {
    let rpc = "/zitadel.user.v2.UserService/RegisterPasskey";
    Call::new(rpc, Method::POST, &passkeys_of(user), &of_user(user, more))
}

/// `UserService.VerifyPasskeyRegistration`; `more` is what the request says beside user and passkey.
pub fn verify(user: &Caller, passkey: &str, more: Value) -> Call {
    let rpc = "/zitadel.user.v2.UserService/VerifyPasskeyRegistration";
    let path = format!("{}/{passkey}", passkeys_of(user));
    let mut request = of_user(user, more);
    request["passkeyId"] = json!(passkey);
    Call::new(rpc, Method::POST, &path, &request)
}

/// `UserService.ListPasskeys`.
pub fn list(user: &Caller) -> Call {
    let rpc = "/zitadel.user.v2.UserService/ListPasskeys";
    let path = format!("{}/_search", passkeys_of(user));
    Call::new(rpc, Method::POST, &path, &of_user(user, json!({})))
}

/// `UserService.RemovePasskey`.
pub fn remove(user: &Caller, passkey: &str) -> Call {
    let rpc = "/zitadel.user.v2.UserService/RemovePasskey";
    let path = format!("{}/{passkey}", passkeys_of(user));
    Call::new(rpc, Method::DELETE, &path, &of_user(user, json!({ "passkeyId": passkey })))
}

/// `PasskeyService.RenamePasskey`.
pub fn rename(user: &Caller, passkey: &str, name: &str) -> Call {
    let rpc = "/passlink.v1.PasskeyService/RenamePasskey";
    let path = format!("/passlink/v1/users/{}/passkeys/{passkey}", user.id);
    let more = json!({ "passkeyId": passkey, "name": name });
    Call::new(rpc, Method::PATCH, &path, &of_user(user, more))
}

/// `LinkService.InspectLink`.
pub fn inspect(link: &str, code: &str) -> Call {
    at_link("/passlink.v1.LinkService/InspectLink", link, "_inspect", code)
}

/// `LinkService.ResendLink`.
pub fn resend(link: &str, code: &str) -> Call {
    at_link("/passlink.v1.LinkService/ResendLink", link, "_resend", code)
}

/// `LinkService.RevokeLink`.
pub fn revoke(link: &str, code: &str) -> Call {
    at_link("/passlink.v1.LinkService/RevokeLink", link, "_revoke", code)
}

/// `LinkService.InspectRevocation`.
pub fn inspect_revocation(link: &str, code: &str) -> Call {
    let rpc = "/passlink.v1.LinkService/InspectRevocation";
    at_link(rpc, link, "_inspect_revocation", code)
}

/// `LinkService.UndoRegistration`.
pub fn undo(passkey: &str, code: &str) -> Call {
    let rpc = "/passlink.v1.LinkService/UndoRegistration";
    let path = format!("/passlink/v1/passkeys/{passkey}/_undo");
    Call::new(rpc, Method::POST, &path, &json!({ "passkeyId": passkey, "code": code }))
}

/// `LinkService.InspectUndo`.
pub fn inspect_undo(passkey: &str, code: &str) -> Call {
    let rpc = "/passlink.v1.LinkService/InspectUndo";
    let path = format!("/passlink/v1/passkeys/{passkey}/_inspect_undo");
    Call::new(rpc, Method::POST, &path, &json!({ "passkeyId": passkey, "code": code }))
}

fn at_link(rpc: &'static str, link: &str, verb: &str, code: &str) -> Call {
    let path = format!("/passlink/v1/links/{link}/{verb}");
    Call::new(rpc, Method::POST, &path, &json!({ "linkId": link, "code": code }))
}

fn of_user(user: &Caller, mut more: Value) -> Value {
    more["userId"] = json!(user.id);
    more
}
