//! What the templates of each kind of mail are given.

use passlink_application::mails::{Mail, SecretUrl};
use passlink_domain::Text;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::{catalogue::Catalogue, dates, error::TemplateError, language::is_rtl, names::shown};

#[derive(Serialize)]
struct Common<'a> {
    kind: &'static str,
    language: &'a str,
    direction: &'static str,
    start: &'static str,
    sender: &'a str,
    #[serde(flatten)]
    details: Value,
}

/// The links that a mail is sent for, by the names that its templates have for them.
pub(super) fn links(mail: &Mail) -> Vec<(&'static str, &SecretUrl)> {
    match mail {
        Mail::PasskeyLink(mail) => {
            vec![("register_url", &mail.register_url), ("revoke_url", &mail.revoke_url)]
        }
        Mail::PasskeyAdded(mail) => vec![("undo_url", &mail.undo_url)],
        Mail::PasskeyRemoved(_) | Mail::Test { .. } => Vec::new(),
    }
}

pub(super) fn data(
    mail: &Mail,
    catalogue: &Catalogue,
    sender: &str,
) -> Result<Value, TemplateError> {
    let (direction, start) =
        if is_rtl(&catalogue.language) { ("rtl", "right") } else { ("ltr", "left") };
    let common = Common {
        kind: mail.kind().name(),
        language: catalogue.language.as_str(),
        direction,
        start,
        sender,
        details: details(mail, catalogue)?,
    };
    serde_json::to_value(common).map_err(|error| TemplateError::Render {
        language: catalogue.language.clone(),
        reason: error.to_string(),
    })
}

/// What each kind of mail is given besides.
fn details(mail: &Mail, catalogue: &Catalogue) -> Result<Value, TemplateError> {
    let date = |at| dates::date(at, catalogue);
    Ok(match mail {
        Mail::PasskeyLink(mail) => json!({
            "name": fit(&mail.display_name),
            "account": account(&mail.display_name, &mail.username),
            "site": site(&mail.register_url)?,
            "requested_with": mail.requested_by.as_ref().map(fit),
            "requested": date(mail.requested)?,
            "duration": dates::duration(mail.left, catalogue)?,
            "expires": date(mail.expires)?,
            "register_url": mail.register_url.expose(),
            "revoke_url": mail.revoke_url.expose(),
        }),
        Mail::PasskeyAdded(mail) => json!({
            "name": fit(&mail.display_name),
            "account": account(&mail.display_name, &mail.username),
            "site": site(&mail.undo_url)?,
            "passkey": fit(&mail.passkey),
            "synced": mail.synced,
            "device": mail.device.as_ref().map(fit),
            "added": date(mail.added)?,
            "undo_url": mail.undo_url.expose(),
            "undo_until": date(mail.undo_until)?,
        }),
        Mail::PasskeyRemoved(mail) => json!({
            "name": fit(&mail.display_name),
            "account": account(&mail.display_name, &mail.username),
            "site": mail.site,
            "passkey": fit(&mail.passkey),
            "removed": date(mail.removed)?,
        }),
        Mail::Test { requested, .. } => json!({ "requested": date(*requested)? }),
    })
}

/// Whose account it is: a name, and the username where that is another.
fn account(display_name: &Text, username: &Text) -> Value {
    let (name, username) = (fit(display_name), fit(username));
    let username = (username != name).then_some(username);
    json!({ "shown": name, "username": username })
}

/// A name that anybody may have chosen, fit to be shown.
fn fit(name: &Text) -> String {
    shown(name.as_str())
}

/// Where a link leads, in the words of an address bar.
fn site(link: &SecretUrl) -> Result<String, TemplateError> {
    let url = Url::parse(link.expose()).map_err(|_| TemplateError::Link)?;
    match (url.scheme(), url.host_str(), url.port()) {
        ("http" | "https", Some(host), Some(port)) => Ok(format!("{host}:{port}")),
        ("http" | "https", Some(host), None) => Ok(host.to_owned()),
        _ => Err(TemplateError::Link),
    }
}
