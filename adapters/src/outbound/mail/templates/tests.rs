mod brands;
mod catalogues;
mod languages;
mod looks;
mod overrides;
mod snapshots;

use jiff::{SignedDuration, Timestamp};
use passlink_application::mails::{Account, Content, Mail, SecretUrl};
use passlink_domain::Text;

use super::*;
use crate::brand::Brand;

/// A short, a long, a right-to-left and a hostile name.
const NAMES: [(&str, &str); 4] = [
    ("short", "Ada"),
    (
        "long",
        "Ada Example with a name that goes on and on and on until there is hardly room for it",
    ),
    ("right-to-left", "\u{202e}\u{5d0}\u{5d3}\u{5d4} \u{639}\u{62f}\u{646}"),
    ("hostile", r#"<img src=x onerror="a()"> https://evil.example {site} {{x}}"#),
];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_500_300 + second).unwrap()
}

fn tag(language: &str) -> LanguageTag {
    language.parse().unwrap()
}

/// A brand with nothing but a name, whose mails are from somebody with another.
fn example() -> Branding {
    Branding::new(&Brand::named("Example Cloud"), "Example")
}

fn text(text: &str) -> Text {
    Text::parse(text).unwrap()
}

/// A mail of each kind, where everything that a person can choose is this name.
fn mails(language: &str, name: &str) -> [Mail; 4] {
    let contents = [
        Content::PasskeyLink {
            register_url: SecretUrl::new(
                "https://id.example.com/passkeys/register?codeID=1&x=2#code=abc",
            ),
            revoke_url: SecretUrl::new("https://id.example.com/passkeys/revoke?codeID=1#code=def"),
            requested_by: Some(text(name)),
            requested: at(0),
            expires: at(2 * 3600 + 5 * 60),
            left: SignedDuration::from_mins(125),
        },
        Content::PasskeyAdded {
            passkey: text(name),
            synced: true,
            device: Some(text(name)),
            added: at(0),
            undo_url: SecretUrl::new("https://id.example.com/passkeys/undo?passkeyID=1#code=ghi"),
            undo_until: at(7 * 24 * 3600),
        },
        Content::PasskeyRemoved { passkey: text(name), removed: at(0) },
        Content::Test { requested: at(0) },
    ];
    let account = || Account { display_name: text(name), username: text("ada") };
    contents.map(|content| Mail {
        to: "ada@example.com".parse().unwrap(),
        language: Some(tag(language)),
        domain: "login.example.com".to_owned(),
        account: (!matches!(content, Content::Test { .. })).then(account),
        content,
    })
}

/// Every kind of mail with every kind of name in every language, rendered.
fn rendered() -> Vec<(Mail, &'static str, Rendered)> {
    let templates = Templates::built_in();
    let mut all = Vec::new();
    for (language, _) in built_in::TEXTS {
        for (_, name) in NAMES {
            for mail in mails(language, name) {
                let rendered = templates.render(&mail, &example()).unwrap();
                assert_eq!(rendered.language.as_str(), language);
                all.push((mail, name, rendered));
            }
        }
    }
    all
}
