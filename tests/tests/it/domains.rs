//! Several domains on one installation: each with its own users, passkeys and brand.

use std::fs;

use base64::prelude::{BASE64_STANDARD, Engine};
use passlink_tests::{
    Answer, Api, Call, Caller, HandMade, Located, MailServer, Passlink, Protocol, Site,
    mime::{Link, Mail},
    passkeys::*,
};
use serde_json::{Value, json};

use crate::{
    callers::{
        PERMISSIONS,
        codes::{mail_with, newest_link},
        permitting,
        table::{METHODS, Needs, Target},
    },
    identity::and,
    passkeys::{methods as call, rows},
};

mod apart;
mod before;
mod commands;
mod floods;
mod forwarded;
mod hosts;
mod issuers;
mod links;
mod logos;
mod looks;
mod passkeys;
mod related_origins;

const ACME: &str = "acme.localhost";
/// Another name below Acme's.
const ID_OF_ACME: &str = "id.acme.localhost";
const GLOBEX: &str = "globex.localhost";
/// Where all hosts lead of which nothing is configured.
const UNKNOWN: &str = "unknown.localhost";
/// Looks like a token that was made here.
const WRONG: &str = "passlink_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const NOT_FOUND: (u32, &str) = (5, "INSTANCE-NotFound");

/// A picture of one red pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5Er\
    kJggg==";
const SVG: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><path fill="#b3123f" d="M0 40 20 0 40 40z"/><path fill="#333" d="M50 10h60v20H50z"/></svg>"##;

/// Two organisations with a domain and a user each: Ada of Acme, and Bob of Globex.
struct Estate {
    passlink: Passlink,
    mails: MailServer,
    ada: Caller,
    bob: Caller,
}

impl Estate {
    /// With as many links, attempts and pages as a test likes.
    async fn set() -> Self {
        Self::with(|passlink| passlink).await
    }

    async fn with(more: impl FnOnce(Passlink) -> Passlink) -> Self {
        let mails = MailServer::plain();
        let passlink = more(of_two(Passlink::with_mail_server(&mails)));
        let passlink = passlink.started().await;
        let ada = ada(&passlink);
        let bob = passlink.caller("bob@globex.example", &["--org", "globex"]);
        Self { passlink, mails, ada, bob }
    }

    fn acme(&self) -> Site<'_> {
        self.passlink.at(ACME)
    }

    fn globex(&self) -> Site<'_> {
        self.passlink.at(GLOBEX)
    }

    /// Has a link mailed to a user, and takes it from the mail.
    async fn mail(&self, at: &Site<'_>, user: &Caller) -> Mail {
        at.send_link(&user.token).await.sequence();
        mail_with(&self.mails, &newest_link(&self.passlink, user)).await
    }

    /// A service with all permissions.
    fn service(&self, organisation: &str) -> String {
        let permissions = permitting(&PERMISSIONS);
        self.passlink
            .service("shop", &[&["--organisation", organisation], &permissions[..]].concat())
    }

    /// Fails if one of the texts says a word about Acme or its user.
    #[track_caller]
    fn assert_silent_of_acme(&self, texts: &[&str]) {
        for text in texts {
            let text = text.to_lowercase();
            for word in ["acme", "ada@", "ada example", "b3123f", &self.ada.id] {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    }
}

fn ada(passlink: &Passlink) -> Caller {
    passlink.caller("ada@acme.example", &["--display-name", "Ada Example", "--org", "acme"])
}

/// A domain that browsers on this machine reach.
fn domain(passlink: &Passlink, host: &str, organisation: &str, more: Value) -> Value {
    let url = format!("http://{host}:{}", passlink.port());
    and(json!({ "host": host, "public_url": url, "organisation": organisation }), more)
}

fn with_domains(passlink: Passlink, domains: &[Value]) -> Passlink {
    passlink.set("domains", &json!(domains).to_string())
}

/// Those of Acme and Globex, with a brand each.
fn of_two(passlink: Passlink) -> Passlink {
    let [acme, globex] = both(&passlink);
    with_domains(passlink, &[acme, globex])
        .generous()
        .set("limits.wrong_tokens_per_minute", "10000")
        .set("limits.wrong_codes_per_minute", "10000")
        .set("limits.pages_per_minute", "1000")
        .set("passkeys.max_per_user", "100")
}

fn both(passlink: &Passlink) -> [Value; 2] {
    let file = |name: &str, content: &[u8]| {
        let path = passlink.dir().join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let acme = json!({
        "mail_from": "Acme <no-reply@acme.example>",
        "brand": {
            "name": "Acme Sign-in", "logo": file("acme.svg", SVG.as_bytes()), "accent": "#b3123f",
            "support": "help@acme.example", "home": "https://www.acme.example",
        },
    });
    let png = BASE64_STANDARD.decode(PNG).unwrap();
    let globex = json!({
        "mail_from": "Globex <no-reply@globex.example>",
        "brand": {
            "name": "Globex & Sons", "logo": file("globex.png", &png), "accent": "#ffcc00",
            "support": "https://www.globex.example/help",
        },
    });
    [domain(passlink, ACME, "acme", acme), domain(passlink, GLOBEX, "globex", globex)]
}

/// An answer that verifies, from a page of the site.
fn answer(site: &Site<'_>, begun: &Begun) -> HandMade {
    HandMade::answer(&begun.options, &site.url(), begun.id.as_bytes())
}

/// Registers a passkey at a site; its id.
async fn registered(site: &Site<'_>, user: &Caller) -> String {
    let begun = begin(site, user).await;
    let credential = answer(site, &begun).credential();
    begun.finish(site, Some(&user.token), &credential).await.sequence();
    begun.id
}

/// The link under another host.
fn moved(link: &Link, from: &str, to: &str) -> Link {
    Link::parse(&link.whole.replace(from, to))
}
