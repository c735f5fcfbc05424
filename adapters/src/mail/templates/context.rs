//! What the templates of each kind of mail are given.

use passlink_application::{Mail, SecretUrl};
use passlink_domain::Text;
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
pub(super) fn template(mail: &Mail) -> &'static str {
    match mail {
        Mail::PasskeyLink(_) => "passkey_link",
        Mail::PasskeyAdded(_) => "passkey_added",
        Mail::PasskeyRemoved(_) => "passkey_removed",
        Mail::Test { .. } => "test",
    }
}

/// What the templates of a mail are given.
pub(super) fn data(
    mail: &Mail,
    (language, catalogue): (&str, &Catalogue),
    sender: &str,
) -> Result<Value, TemplateError> {
    let own = own(mail, catalogue).map_err(|wrong| wrong.in_language(language))?;
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

fn own<'a>(mail: &'a Mail, catalogue: &Catalogue) -> Result<Own<'a>, Wrong> {
    let date = |at| when::date(at, catalogue);
    Ok(match mail {
        Mail::PasskeyLink(mail) => Own::PasskeyLink {
            person: person(&mail.display_name, &mail.username),
            site: site(&mail.register_url)?,
            requested_with: mail.requested_by.as_ref().map(fit),
            requested: date(mail.requested)?,
            duration: when::duration(mail.expires.duration_since(mail.requested), catalogue)?,
            expires: date(mail.expires)?,
            register_url: mail.register_url.expose(),
            revoke_url: mail.revoke_url.expose(),
        },
        Mail::PasskeyAdded(mail) => Own::PasskeyAdded {
            person: person(&mail.display_name, &mail.username),
            site: site(&mail.undo_url)?,
            passkey: fit(&mail.passkey),
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
    let username = (username != name).then(|| linkless(&username));
    let name = linkless(&name);
    Person { account: Account { shown: name.clone(), username }, name }
}

/// A name that anybody may have chosen, fit to be shown.
fn fit(name: &Text) -> String {
    linkless(&shown(name.as_str()))
}

/// Where a link leads, in the words of an address bar.
fn site(link: &SecretUrl) -> Result<String, Wrong> {
    let url = Url::parse(link.expose()).map_err(|_| Wrong::Link)?;
    match (url.scheme(), url.host_str(), url.port()) {
        ("http" | "https", Some(host), Some(port)) => Ok(format!("{host}:{port}")),
        ("http" | "https", Some(host), None) => Ok(host.to_owned()),
        _ => Err(Wrong::Link),
    }
}

/// Why a mail can't be put into words.
enum Wrong {
    Catalogue(CatalogueError),
    Link,
}

impl From<CatalogueError> for Wrong {
    fn from(error: CatalogueError) -> Self {
        Self::Catalogue(error)
    }
}

impl Wrong {
    fn in_language(self, language: &str) -> TemplateError {
        match self {
            Self::Catalogue(CatalogueError(reason)) => {
                TemplateError::Catalogue { language: language.to_owned(), reason }
            }
            Self::Link => TemplateError::Link,
        }
    }
}
