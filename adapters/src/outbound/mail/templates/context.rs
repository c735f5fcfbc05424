//! What the templates of each kind of mail are given.

use std::collections::BTreeMap;

use jiff::Timestamp;
use passlink_application::mails::{Account, Content, Mail};
use passlink_domain::Text;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    branding::{Branding, Values},
    catalogue::Catalogue,
    dates,
    error::TemplateError,
    language::is_rtl,
    names::shown,
};

#[derive(Serialize)]
struct Common<'a> {
    kind: &'static str,
    language: &'a str,
    direction: &'static str,
    start: &'static str,
    sender: &'a str,
    site: &'a str,
    brand: &'a Values,
    #[serde(flatten)]
    account: Option<Value>,
    #[serde(flatten)]
    details: Value,
    #[serde(flatten)]
    links: BTreeMap<&'static str, &'a str>,
}

pub(super) fn data(
    mail: &Mail,
    catalogue: &Catalogue,
    branding: &Branding,
) -> Result<Value, TemplateError> {
    let (direction, start) =
        if is_rtl(&catalogue.language) { ("rtl", "right") } else { ("ltr", "left") };
    let common = Common {
        kind: mail.kind().name(),
        language: catalogue.language.as_str(),
        direction,
        start,
        sender: &branding.sender,
        site: &branding.values.name,
        brand: &branding.values,
        account: mail.account.as_ref().map(named),
        details: details(mail, catalogue)?,
        links: mail.links().into_iter().map(|(name, url)| (name, url.expose())).collect(),
    };
    serde_json::to_value(common).map_err(|error| TemplateError::Render {
        language: catalogue.language.clone(),
        reason: error.to_string(),
    })
}

/// What each kind of mail is given besides.
fn details(mail: &Mail, catalogue: &Catalogue) -> Result<Value, TemplateError> {
    let date = |at: &Timestamp| dates::date(*at, catalogue);
    Ok(match &mail.content {
        Content::PasskeyLink { requested_by, requested, expires, left, .. } => {
            json!({
                "requested_with": requested_by.as_ref().map(fit),
                "requested": date(requested)?,
                "duration": dates::duration(*left, catalogue)?,
                "expires": date(expires)?,
            })
        }
        Content::PasskeyAdded { passkey, synced, device, added, undo_until, .. } => json!({
            "passkey": fit(passkey),
            "synced": synced,
            "device": device.as_ref().map(fit),
            "added": date(added)?,
            "undo_until": date(undo_until)?,
        }),
        Content::PasskeyRemoved { passkey, removed } => {
            json!({ "passkey": fit(passkey), "removed": date(removed)? })
        }
        Content::Test { requested } => json!({ "requested": date(requested)? }),
    })
}

/// Whose account it is: a name, and the username where that is another.
fn named(account: &Account) -> Value {
    let (name, username) = (fit(&account.display_name), fit(&account.username));
    let username = (username != name).then_some(username);
    json!({ "name": name, "account": { "shown": name, "username": username } })
}

/// A name that anybody may have chosen, fit to be shown.
fn fit(name: &Text) -> String {
    shown(name.as_str())
}
