//! What the templates of each kind of mail are given.

use passlink_application::{Mail, PasskeyLinkMail, SecretUrl};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::{
    TemplateError,
    catalogue::{Catalogue, CatalogueError, Direction},
    names::{linkless, shown},
    when,
};

/// What every mail is given.
#[derive(Serialize)]
struct Common<'a> {
    kind: &'static str,
    language: &'a str,
    direction: Direction,
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
        name: String,
        account: Account,
        site: String,
        requested_with: Option<String>,
        requested: String,
        duration: String,
        expires: String,
        register_url: &'a str,
        revoke_url: &'a str,
    },
    Test {
        requested: String,
    },
}

/// Whose account it is: a name, and the username where that is another.
#[derive(Serialize)]
struct Account {
    shown: String,
    username: Option<String>,
}

/// The name of the templates for a mail, and of its texts.
pub(super) fn template(mail: &Mail) -> &'static str {
    match mail {
        Mail::PasskeyLink(_) => "passkey_link",
        Mail::Test { .. } => "test",
    }
}

/// What the templates of a mail are given.
pub(super) fn data(
    mail: &Mail,
    (language, catalogue): (&str, &Catalogue),
    sender: &str,
) -> Result<Value, TemplateError> {
    let own = match mail {
        Mail::PasskeyLink(mail) => passkey_link(mail, (language, catalogue))?,
        Mail::Test { requested, .. } => Own::Test {
            requested: when::date(*requested, catalogue).map_err(in_language(language))?,
        },
    };
    let common = Common {
        kind: template(mail),
        language,
        direction: catalogue.direction,
        start: catalogue.direction.start(),
        sender,
        own,
    };
    serde_json::to_value(common).map_err(|error| TemplateError::Render {
        template: template(mail),
        reason: error.to_string(),
    })
}

fn passkey_link<'a>(
    mail: &'a PasskeyLinkMail,
    (language, catalogue): (&str, &Catalogue),
) -> Result<Own<'a>, TemplateError> {
    let name = shown(mail.display_name.as_str());
    let username = shown(mail.username.as_str());
    let date = |at| when::date(at, catalogue).map_err(in_language(language));
    Ok(Own::PasskeyLink {
        account: Account {
            username: (username != name).then(|| linkless(&username)),
            shown: linkless(&name),
        },
        name: linkless(&name),
        site: site(&mail.register_url)?,
        requested_with: mail.requested_by.as_ref().map(|app| linkless(&shown(app.as_str()))),
        requested: date(mail.requested)?,
        duration: when::duration(mail.expires.duration_since(mail.requested), catalogue)
            .map_err(in_language(language))?,
        expires: date(mail.expires)?,
        register_url: mail.register_url.expose(),
        revoke_url: mail.revoke_url.expose(),
    })
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

fn in_language(language: &str) -> impl Fn(CatalogueError) -> TemplateError {
    move |CatalogueError(reason)| TemplateError::Catalogue { language: language.to_owned(), reason }
}
