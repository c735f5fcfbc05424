//! What the templates of each kind of mail are given.

use passlink_application::mails::{Mail, SecretUrl};
use passlink_domain::Text;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::{TemplateError, catalogue::Catalogue, language::is_rtl, names::shown, when};

/// The values that the texts of a section may hold.
pub(super) fn values(section: &str) -> &'static [&'static str] {
    match section {
        "time" => &["day", "month", "year", "h", "hh", "mm", "hours", "minutes"],
        "minutes" | "hours" => &["n"],
        "common" => &["name", "sender"],
        "passkey_link" => &["name", "sender", "site", "duration", "expires", "requested"],
        "passkey_added" => &["name", "sender", "site", "passkey", "added", "undo_until"],
        "passkey_removed" => &["name", "sender", "site", "passkey", "removed"],
        "test" => &["sender", "requested"],
        _ => &[],
    }
}

/// What every mail is given.
#[derive(Serialize)]
struct Common<'a> {
    kind: &'static str,
    language: &'a str,
    direction: &'static str,
    start: &'static str,
    sender: &'a str,
    #[serde(flatten)]
    own: Own<'a>,
}

/// What each kind of mail is given besides.
#[derive(Serialize)]
#[serde(untagged)]
enum Own<'a> {
    PasskeyLink {
        #[serde(flatten)]
        person: Person,
        site: String,
        requested_with: Option<String>,
        requested: String,
        duration: String,
        expires: String,
        register_url: &'a str,
        revoke_url: &'a str,
    },
    PasskeyAdded {
        #[serde(flatten)]
        person: Person,
        site: String,
        passkey: String,
        synced: bool,
        device: Option<String>,
        added: String,
        undo_url: &'a str,
        undo_until: String,
    },
    PasskeyRemoved {
        #[serde(flatten)]
        person: Person,
        site: &'a str,
        passkey: String,
        removed: String,
    },
    Test {
        requested: String,
    },
}

/// Whom a mail is for.
#[derive(Serialize)]
struct Person {
    name: String,
    account: Account,
}

/// Whose account it is: a name, and the username where that is another.
#[derive(Serialize)]
struct Account {
    shown: String,
    username: Option<String>,
}

/// The name of the templates for a mail, and of its texts.
pub(super) fn kind(mail: &Mail) -> &'static str {
    match mail {
        Mail::PasskeyLink(_) => "passkey_link",
        Mail::PasskeyAdded(_) => "passkey_added",
        Mail::PasskeyRemoved(_) => "passkey_removed",
        Mail::Test { .. } => "test",
    }
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

/// What the templates of a mail are given.
pub(super) fn data(
    mail: &Mail,
    catalogue: &Catalogue,
    sender: &str,
) -> Result<Value, TemplateError> {
    let (direction, start) = match is_rtl(&catalogue.language) {
        true => ("rtl", "right"),
        false => ("ltr", "left"),
    };
    let common = Common {
        kind: kind(mail),
        language: &catalogue.language,
        direction,
        start,
        sender,
        own: own(mail, catalogue)?,
    };
    serde_json::to_value(common).map_err(|error| TemplateError::Render {
        language: catalogue.language.clone(),
        reason: error.to_string(),
    })
}

fn own<'a>(mail: &'a Mail, catalogue: &Catalogue) -> Result<Own<'a>, TemplateError> {
    let date = |at| when::date(at, catalogue);
    Ok(match mail {
        Mail::PasskeyLink(mail) => Own::PasskeyLink {
            person: person(&mail.display_name, &mail.username),
            site: site(&mail.register_url)?,
            requested_with: mail.requested_by.as_ref().map(fit),
            requested: date(mail.requested)?,
            duration: when::duration(mail.left, catalogue)?,
            expires: date(mail.expires)?,
            register_url: mail.register_url.expose(),
            revoke_url: mail.revoke_url.expose(),
        },
        Mail::PasskeyAdded(mail) => Own::PasskeyAdded {
            person: person(&mail.display_name, &mail.username),
            site: site(&mail.undo_url)?,
            passkey: fit(&mail.passkey),
            synced: mail.synced,
            device: mail.device.as_ref().map(fit),
            added: date(mail.added)?,
            undo_url: mail.undo_url.expose(),
            undo_until: date(mail.undo_until)?,
        },
        Mail::PasskeyRemoved(mail) => Own::PasskeyRemoved {
            person: person(&mail.display_name, &mail.username),
            site: &mail.site,
            passkey: fit(&mail.passkey),
            removed: date(mail.removed)?,
        },
        Mail::Test { requested, .. } => Own::Test { requested: date(*requested)? },
    })
}

fn person(display_name: &Text, username: &Text) -> Person {
    let (name, username) = (shown(display_name.as_str()), shown(username.as_str()));
    let username = (username != name).then_some(username);
    Person { account: Account { shown: name.clone(), username }, name }
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
